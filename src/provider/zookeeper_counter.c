/*-------------------------------------------------------------------------
 *
 * zookeeper_counter.c
 *	  Counters in ZooKeeper: taking ranges of numbers from them.
 *
 *		PATH/idgen/POOL/counter-NAME	the counter's record: see counter_record.h
 *
 * It is a plain node; those with numbers of ZooKeeper's own count with 32 bits.
 * An operation reads the records, and then replaces each on the version that it
 * has read, in transactions that are sent together.  Each of them checks the
 * marker, too: a node of a store that was wiped and set up anew may come to have
 * the same version.  If somebody else was faster, the record is read again.
 *
 * Nothing is remembered from one operation to the next.  A store that was
 * restored has other texts under the same versions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/store_answer.h"
#include "provider/zookeeper_counter.h"

/* Requests of a look that come before those for counters. */
#define LOOK_CHILDREN 1
#define LOOK_COUNTERS 2

typedef char CounterPath[ZOOKEEPER_PATH_SIZE];

static void
counter_path(CounterPath path, const ZookeeperPool *pool, const char *name)
{
	snprintf(path, ZOOKEEPER_PATH_SIZE, "%s/counter-%.*s", pool->base, COUNTER_LONGEST_NAME, name);
}

bool
zookeeper_counter_is_about(const LeaseOperation *operation)
{
	return operation->kind == LEASE_TAKE || operation->kind == LEASE_RETURN || operation->kind == LEASE_MAKE_COUNTER;
}

/* A take has come to its end. */
static void
close_take(ZookeeperTakes *takes, int take, LeaseAnswer *answer, LeaseTakeResult result, const char *error)
{
	takes->is_open[take] = false;
	store_answer_take_range(&answer->taken[take], result, 0, 0, error);
}

/* The counter that an operation is about, unless it is a take. */
static const char *
single_counter(const LeaseOperation *operation)
{
	return operation->kind == LEASE_MAKE_COUNTER ? operation->counter : operation->returned.counter;
}

/* How many takes are under way. */
static int
count_takes(const LeaseOperation *operation)
{
	return operation->kind == LEASE_TAKE ? operation->take_count : 0;
}

/* Before the first look of an operation that is about counters. */
void
zookeeper_counter_begin(ZookeeperTakes *takes, const LeaseOperation *operation, LeaseAnswer *answer)
{
	memset(takes, 0, sizeof(*takes));
	for (int i = 0; i < count_takes(operation); i++)
	{
		takes->is_open[i] = true;
		store_answer_take_range(&answer->taken[i], LEASE_NOT_TAKEN, 0, 0, STORE_COUNTER_RACE_ERROR);
		if (!counter_name_is_valid(operation->takes[i].counter))
			close_take(takes, i, answer, LEASE_NOT_TAKEN, STORE_COUNTER_NAME_ERROR);
	}
}

/* Has each take come to its end? */
bool
zookeeper_counter_is_done(const ZookeeperTakes *takes, const LeaseOperation *operation)
{
	for (int i = 0; i < count_takes(operation); i++)
		if (takes->is_open[i])
			return false;
	return true;
}

/* ---------------------------------------------------------------------- looking */

/*
 * Read the marker and the records.  What is old, as read from a leader that
 * others have replaced, is not written by it either.
 */
ZookeeperBatch *
zookeeper_counter_look(zhandle_t *handle, const ZookeeperPool *pool, ZookeeperTakes *takes,
					   const LeaseOperation *operation)
{
	ZookeeperBatch *batch = zookeeper_batch_create(LOOK_COUNTERS + LEASE_MOST_TAKES);
	CounterPath path;

	if (batch == NULL)
		return NULL;
	zookeeper_sync(handle, batch, pool->base);
	zookeeper_get_children(handle, batch, pool->base);
	if (operation->kind != LEASE_TAKE)
	{
		counter_path(path, pool, single_counter(operation));
		zookeeper_get(handle, batch, path);
	}
	for (int i = 0; i < count_takes(operation); i++)
	{
		counter_path(path, pool, operation->takes[i].counter);
		if (takes->is_open[i])
			zookeeper_get(handle, batch, path);
	}
	return batch;
}

static void
see_take(const ZookeeperRequest *node, ZookeeperTakes *takes, int take, const LeaseOperation *operation,
		 LeaseAnswer *answer)
{
	int64		first;

	takes->versions[take] = node->stat.version;
	if (node->data == NULL)
		close_take(takes, take, answer, LEASE_NO_COUNTER, "");
	else if (!counter_record_read(node->data, &takes->wanted[take]))
		close_take(takes, take, answer, LEASE_NOT_TAKEN, STORE_COUNTER_RECORD_ERROR);
	else if (!counter_record_take(&takes->wanted[take], operation->takes[take].count, operation->takes[take].token, &first))
		close_take(takes, take, answer, LEASE_EXHAUSTED, "");
}

/* Can the numbers be returned to a counter whose record was read? */
static bool
see_return(const ZookeeperRequest *node, ZookeeperTakes *takes, const LeaseReturn *returned)
{
	takes->versions[0] = node->stat.version;
	return node->data != NULL && counter_record_read(node->data, &takes->wanted[0]) &&
		counter_record_return(&takes->wanted[0], returned->first, returned->last, returned->token);
}

/* Read a batch of zookeeper_counter_look(). */
void
zookeeper_counter_see(const ZookeeperBatch *batch, ZookeeperTakes *takes, const LeaseOperation *operation,
					  LeaseAnswer *answer)
{
	int			request = LOOK_COUNTERS;

	zookeeper_pool_find_marker(&batch->requests[LOOK_CHILDREN], takes->marker);
	answer->incarnation = zookeeper_pool_incarnation(takes->marker);
	if (operation->kind == LEASE_MAKE_COUNTER)
		takes->is_refused = batch->requests[request].data != NULL;
	if (operation->kind == LEASE_RETURN)
		takes->is_refused = !see_return(&batch->requests[request], takes, &operation->returned);
	for (int i = 0; i < count_takes(operation); i++)
		if (takes->is_open[i])
			see_take(&batch->requests[request++], takes, i, operation, answer);
}

/* ---------------------------------------------------------------------- writing */

/* Send a transaction of a check of the marker and one more part. */
static void
transact(zhandle_t *handle, ZookeeperBatch *batch, const ZookeeperPool *pool, const ZookeeperTakes *takes,
		 const zoo_op_t *part)
{
	CounterPath marker;
	zoo_op_t	parts[2];

	snprintf(marker, sizeof(marker), "%s/%s", pool->base, takes->marker);
	zoo_check_op_init(&parts[0], marker, -1);
	parts[1] = *part;
	zookeeper_transact(handle, zookeeper_next_request(batch), lengthof(parts), parts);
}

/* Send what the operation writes; there is a marker. */
ZookeeperBatch *
zookeeper_counter_write(zhandle_t *handle, const ZookeeperPool *pool, const ZookeeperTakes *takes,
						const LeaseOperation *operation)
{
	ZookeeperBatch *batch = zookeeper_batch_create(LEASE_MOST_TAKES);
	CounterPath path;
	char		record[COUNTER_RECORD_SIZE];
	zoo_op_t	part;

	if (batch == NULL)
		return NULL;
	if (operation->kind == LEASE_MAKE_COUNTER)
	{
		counter_path(path, pool, operation->counter);
		zoo_create_op_init(&part, path, operation->counter_text, strlen(operation->counter_text), &pool->node_rights, 0,
						   NULL, 0);
		transact(handle, batch, pool, takes, &part);
	}
	if (operation->kind == LEASE_RETURN)
	{
		counter_path(path, pool, single_counter(operation));
		counter_record_write(&takes->wanted[0], record);
		zoo_set_op_init(&part, path, record, strlen(record), takes->versions[0], NULL);
		transact(handle, batch, pool, takes, &part);
	}
	for (int i = 0; i < count_takes(operation); i++)
	{
		if (!takes->is_open[i])
			continue;
		counter_path(path, pool, operation->takes[i].counter);
		counter_record_write(&takes->wanted[i], record);
		zoo_set_op_init(&part, path, record, strlen(record), takes->versions[i], NULL);
		transact(handle, batch, pool, takes, &part);
	}
	return batch;
}

/*
 * Read a batch of zookeeper_counter_write().  Returns true if the operation is
 * complete, and false if it has to look again.
 */
bool
zookeeper_counter_take(const ZookeeperBatch *batch, ZookeeperTakes *takes, const LeaseOperation *operation,
					   LeaseAnswer *answer)
{
	int			request = 0;

	if (operation->kind != LEASE_TAKE)
		return batch->requests[0].result == ZOK;
	for (int i = 0; i < count_takes(operation); i++)
	{
		const CounterRecord *record = &takes->wanted[i];

		if (!takes->is_open[i] || batch->requests[request++].result != ZOK)
			continue;
		takes->is_open[i] = false;
		store_answer_take_range(&answer->taken[i], LEASE_TAKEN, record->next - operation->takes[i].count,
								counter_identity(record->identity), "");
		answer->taken[i].token = operation->takes[i].token;
	}
	return zookeeper_counter_is_done(takes, operation);
}
