/*-------------------------------------------------------------------------
 *
 * network.c
 *	  Messages between servers and the store, what befalls them, and a store that
 *	  forgets.
 *
 * Between the moment when the store went back and the one when its pool gets
 * another identity, nothing is promised of what the store grants: a server that
 * has no memory of the lost history can know nothing of it.  IDs under such grants
 * are marked.  A holder that has such a memory must come soon.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "simulator.h"

#define USUAL_LATENCY_US (2 * US_PER_MS)
#define LATEST_US (5 * US_PER_S)
#define TIMEOUT_US (1 * US_PER_S)

/* By then, one of many holders must have noticed that the store has gone back. */
#define LONGEST_UNNOTICED_US (10 * US_PER_S)

/* Moments to which the store can go back. */
#define SNAPSHOTS 8
#define SNAPSHOT_INTERVAL_US (3 * US_PER_S)

static ModelStore snapshots[SNAPSHOTS];
static int64 snapshots_taken;
static int64 next_snapshot_us;
static char identity_before[LEASE_NONCE_SIZE];	/* of the pool, when the store
												 * went back */
static bool has_gone_back;
static int64 went_back_us;

/* ------------------------------------------------------------------ messages */

static const char *
copy_text(const char *text, char *copy, size_t size)
{
	if (text == NULL)
		return NULL;
	strlcpy(copy, text, size);
	return copy;
}

static Message *
copy_operation(const LeaseOperation *operation, int64 number)
{
	Message    *message = calloc(1, sizeof(Message));

	message->operation = *operation;
	message->operation.pool = copy_text(operation->pool, message->pool, sizeof(message->pool));
	message->operation.new_pool = copy_text(operation->new_pool, message->new_pool, sizeof(message->new_pool));
	message->operation.record = copy_text(operation->record, message->record, sizeof(message->record));
	message->operation.new_record = copy_text(operation->new_record, message->new_record, sizeof(message->new_record));
	message->operation.hold_nonce = copy_text(operation->hold_nonce, message->hold_nonce, sizeof(message->hold_nonce));
	message->number = number;
	return message;
}

void
drop_message(Message *message)
{
	if (message == NULL)
		return;
	free(message->answer.workers);
	free(message);
}

/* When a message that is sent now arrives; 0: never. */
static int64
arrival(const Server *server, int64 *lost, int64 *late)
{
	int64		latency_us = 1 + random_upto(USUAL_LATENCY_US);

	if (options.faults && (chance(0.01) || server->cut_until_us > now_us))
	{
		/* What is sent to a network that is cut may still arrive later. */
		if (chance(0.8))
		{
			(*lost)++;
			return 0;
		}
		latency_us = Max(0, server->cut_until_us - now_us) + random_upto(LATEST_US);
		(*late)++;
	}
	else if (options.faults && chance(0.02))
	{
		latency_us = random_upto(LATEST_US);
		(*late)++;
	}
	return now_us + latency_us;
}

/* The server sends an operation, and waits for its answer for a while. */
void
send_request(Server *server, const LeaseOperation *operation)
{
	Event		event = {
		.kind = EVENT_REQUEST,
		.server = server,
		.life = server->life,
		.number = ++server->operation,
	};

	event.at_us = arrival(server, &counts.lost_requests, &counts.late_requests);
	if (event.at_us != 0)
	{
		event.message = copy_operation(operation, event.number);
		plan_event(event);
	}
	event.message = NULL;
	event.kind = EVENT_TIMEOUT;
	event.at_us = now_us + TIMEOUT_US;
	plan_event(event);
}

/* ------------------------------------------------------------------ the store */

#ifdef FAULT_BLIND_PUT
/* An extension compares the nonce alone. */
static void
compare_nonce_only(Message *message)
{
	const ModelWorker *worker = &store.workers[message->operation.worker - store.first_worker];
	LeaseRecord stored;
	LeaseRecord wanted;

	if (message->operation.kind == LEASE_WRITE && message->operation.hold == LEASE_HOLD_LEAVE && worker->has_record &&
		lease_record_read(worker->record, &stored) && lease_record_read(message->new_record, &wanted) &&
		strcmp(stored.nonce, wanted.nonce) == 0)
		strlcpy(message->record, worker->record, LEASE_RECORD_SIZE);
}
#endif

static void
copy_store(ModelStore *to, const ModelStore *from)
{
	ModelWorker *workers = to->workers != NULL ? to->workers : malloc(from->worker_count * sizeof(ModelWorker));

	memcpy(workers, from->workers, from->worker_count * sizeof(ModelWorker));
	*to = *from;
	to->workers = workers;
}

static void
take_snapshot(void)
{
	if (!options.restores || !store.has_pool || now_us < next_snapshot_us)
		return;
	copy_store(&snapshots[snapshots_taken++ % SNAPSHOTS], &store);
	next_snapshot_us = now_us + SNAPSHOT_INTERVAL_US;
}

static void
read_identity(char *identity)
{
	LeasePool	pool;

	identity[0] = '\0';
	if (store.has_pool && lease_pool_read(store.pool, &pool))
		strlcpy(identity, pool.identity, LEASE_NONCE_SIZE);
}

/* Has the store not gone back, or does its pool tell? */
static bool
is_promised(void)
{
	char		identity[LEASE_NONCE_SIZE];

	if (!has_gone_back)
		return true;
	read_identity(identity);
	if (strcmp(identity, identity_before) != 0 || now_us > went_back_us + LONGEST_UNNOTICED_US)
		has_gone_back = false;
	return !has_gone_back || options.tells == TELLS_INCARNATION;
}

static void
go_back(const ModelStore *to)
{
	int64		writes = store.writes;
	int64		keeps = store.keeps;
	uint64		incarnation = store.incarnation + 1;

	copy_store(&store, to);
	store.writes = writes;
	store.keeps = keeps;
	store.incarnation = incarnation;
	read_identity(identity_before);
	has_gone_back = true;
	went_back_us = now_us;
}

/* The store is restored from one of its snapshots. */
void
restore_store(void)
{
	int64		count = Min(snapshots_taken, SNAPSHOTS);

	if (count == 0)
		return;
	counts.restores++;
	go_back(&snapshots[random_upto(count - 1)]);
}

/* The store is made anew, and its pool a while later. */
void
wipe_store(void)
{
	counts.wipes++;
	store.has_pool = false;
	store.revision = 0;
	store.incarnation++;
	memset(store.workers, 0, store.worker_count * sizeof(ModelWorker));
	snapshots_taken = 0;
	plan_simple_event(EVENT_CREATE_POOL, now_us + 1 + random_upto(10 * US_PER_S));
}

/* What idgen_lease_create_pool() does; floor_us is that after a loss, or 0. */
void
create_pool(int64 floor_us)
{
	LeasePool	pool = {
		.first_worker = 0,
		.last_worker = options.workers - 1,
		.reach_us = options.reach_us,
	};

	if (store.has_pool)
		return;
	fresh_nonce(pool.identity);
	pool.floor_us = floor_us;
	pool.incarnation = options.tells == TELLS_INCARNATION ? store.incarnation : 0;
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	lease_pool_write(&pool, store.pool);
	store.has_pool = true;
}

/* A request arrives: the store does it, and sends the answer. */
void
receive_request(Event *event)
{
	Message    *message = event->message;

	take_snapshot();
#ifdef FAULT_BLIND_PUT
	compare_nonce_only(message);
#endif
	if (message->operation.kind == LEASE_READ)
		message->answer.workers = calloc(options.workers, sizeof(LeaseWorker));
	store.clock_us = now_us;
	message->is_promised = is_promised();
	message->outcome = model_store_do(&store, &message->operation, now_us, &message->answer);
	event->kind = EVENT_ANSWER;
	event->at_us = arrival(event->server, &counts.lost_answers, &counts.late_answers);
	if (event->at_us != 0)
		plan_event(*event);
	else
		drop_message(message);
}
