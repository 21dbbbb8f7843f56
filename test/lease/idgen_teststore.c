/*-------------------------------------------------------------------------
 *
 * idgen_teststore.c
 *	  A provider for tests, whose coordination store may lie as far as allowed.
 *
 * The store is a directory, "teststore:///PATH", which the servers of a test
 * share.  A file POOL.pool is a pool's record, POOL.N.worker a worker's, and
 * POOL.N.hold has the end of its hold (in us since 1970) and the nonce.  Copying
 * the directory back restores the store to what it was.
 *
 * A file POOL.NAME.counter has the next number of a counter.
 *
 * Each operation reads the file "behavior".  A line is
 *
 *		BEHAVIOR KIND TIMES VALUE
 *
 * where KIND is that of the operations to which it applies, or "any", TIMES
 * counts down to 0 ("-" is for ever), and BEHAVIOR is one of:
 *
 *		late			the answer takes VALUE ms
 *		unreachable		nothing is applied, and this is known
 *		request-lost	nothing is applied, and this is not known
 *		answer-lost		it is applied, and this is not known
 *		applied-late	... VALUE ms later, if somebody asks for something then
 *		error			it is applied, and then an ERROR is raised
 *		holds-vanish	there are no holds
 *		clock			the store's clock is VALUE us ahead
 *		incarnation		the store's incarnation is VALUE
 *		revision		the store's revision is VALUE less
 *
 * The file "log" gets a line for each operation: when, what, and its outcome.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "fmgr.h"
#include "storage/latch.h"
#include "utils/memutils.h"

#include "lease/lease_provider.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT const LeaseProvider *idgen_lease_provider(void);

#define TEXT_SIZE Max(LEASE_POOL_SIZE, LEASE_RECORD_SIZE)
#define MOST_WORKERS 1100

struct LeaseSession
{
	const char *path;
	const char *pool;
	MemoryContext context;
	bool		is_under_way;
	int64		due_us;			/* when the answer comes */
	LeaseOutcome outcome;
	LeaseAnswer answer;
};

/* What the store does now. */
typedef struct Behavior
{
	int64		late_ms;
	int64		applied_late_ms;	/* -1: at once */
	bool		is_unreachable;
	bool		is_request_lost;
	bool		is_answer_lost;
	bool		is_error;
	bool		is_without_holds;
	int64		clock_us;
	uint64		incarnation;	/* 0: its own */
	uint64		revision;
} Behavior;

static const char *const kind_names[] = {
	[LEASE_PREPARE] = "prepare",
	[LEASE_READ] = "read",
	[LEASE_WRITE_POOL] = "write_pool",
	[LEASE_WRITE] = "write",
	[LEASE_KEEP] = "keep",
	[LEASE_TAKE] = "take",
	[LEASE_MAKE_COUNTER] = "make_counter",
	[LEASE_RETURN] = "return",
};

static int64
now_us(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return (int64) now.tv_sec * 1000000 + now.tv_usec;
}

/* ---------------------------------------------------------------------- files */

static const char *
file_path(const LeaseSession *session, const char *name)
{
	static char path[MAXPGPATH];

	snprintf(path, sizeof(path), "%s/%s", session->path, name);
	return path;
}

/* A file's text, or false if there is none. */
static bool
read_file(const LeaseSession *session, const char *name, char *content, size_t size)
{
	FILE	   *file = fopen(file_path(session, name), "r");

	content[0] = '\0';

	if (file == NULL)
		return false;
	content[fread(content, 1, size - 1, file)] = '\0';

	fclose(file);
	return true;
}

static void
write_file(const LeaseSession *session, const char *name, const char *content)
{
	char		new_path[MAXPGPATH];
	FILE	   *file;

	strlcpy(new_path, file_path(session, "new"), sizeof(new_path));
	file = fopen(new_path, "w");
	if (file == NULL)
		return;
	fputs(content, file);
	fclose(file);
	rename(new_path, file_path(session, name));
}

static int64
read_number(const LeaseSession *session, const char *name)
{
	char		content[32];

	return read_file(session, name, content, sizeof(content)) ? strtoll(content, NULL, 10) : 0;
}

static const char *
pool_file(const LeaseSession *session)
{
	static char name[MAXPGPATH];

	snprintf(name, sizeof(name), "%s.pool", session->pool);
	return name;
}

static const char *
worker_file(const LeaseSession *session, int worker, const char *kind)
{
	static char name[MAXPGPATH];

	snprintf(name, sizeof(name), "%s.%d.%s", session->pool, worker, kind);
	return name;
}

/* ---------------------------------------------------------------------- behavior */

static void
apply_line(Behavior *behavior, const char *name, const char *value)
{
	if (strcmp(name, "late") == 0)
		behavior->late_ms = strtoll(value, NULL, 10);
	else if (strcmp(name, "applied-late") == 0)
		behavior->applied_late_ms = strtoll(value, NULL, 10);
	else if (strcmp(name, "clock") == 0)
		behavior->clock_us = strtoll(value, NULL, 10);
	else if (strcmp(name, "incarnation") == 0)
		behavior->incarnation = strtoull(value, NULL, 10);
	else if (strcmp(name, "revision") == 0)
		behavior->revision = strtoull(value, NULL, 10);
	behavior->is_unreachable |= strcmp(name, "unreachable") == 0;
	behavior->is_request_lost |= strcmp(name, "request-lost") == 0;
	behavior->is_answer_lost |= strcmp(name, "answer-lost") == 0;
	behavior->is_error |= strcmp(name, "error") == 0;
	behavior->is_without_holds |= strcmp(name, "holds-vanish") == 0;
}

/* Read what the store does with an operation, and count it. */
static void
read_behavior(const LeaseSession *session, LeaseOperationKind kind, Behavior *behavior)
{
	char		content[4096];
	char		rest[4096 + 64] = "";
	char	   *state = NULL;
	bool		is_changed = false;

	memset(behavior, 0, sizeof(Behavior));
	behavior->applied_late_ms = -1;
	read_file(session, "behavior", content, sizeof(content));
	for (char *line = strtok_r(content, "\n", &state); line != NULL; line = strtok_r(NULL, "\n", &state))
	{
		char		name[32] = "";
		char		for_kind[32] = "";
		char		times[32] = "";
		char		value[32] = "0";
		bool		is_for_ever;

		if (sscanf(line, "%31s %31s %31s %31s", name, for_kind, times, value) < 3)
			continue;
		is_for_ever = strcmp(times, "-") == 0;
		if ((strcmp(for_kind, "any") == 0 || strcmp(for_kind, kind_names[kind]) == 0) && (is_for_ever || atoi(times) > 0))
		{
			apply_line(behavior, name, value);
			if (!is_for_ever)
				snprintf(times, sizeof(times), "%d", atoi(times) - 1);
			is_changed |= !is_for_ever;
		}
		snprintf(rest + strlen(rest), sizeof(rest) - strlen(rest), "%s %s %s %s\n", name, for_kind, times, value);
	}
	if (is_changed)
		write_file(session, "behavior", rest);
}

/* ---------------------------------------------------------------------- operations */

/* Compare two texts, each of which may be absent. */
static bool
is_same(const char *expected, bool is_there, const char *content)
{
	return expected == NULL ? !is_there : is_there && strcmp(expected, content) == 0;
}

static void
read_worker(const LeaseSession *session, const Behavior *behavior, int number, LeaseWorker *worker)
{
	char		hold[LEASE_NONCE_SIZE + 32];
	char	   *nonce;

	worker->worker = number;
	worker->has_record = read_file(session, worker_file(session, number, "worker"), worker->record, LEASE_RECORD_SIZE);
	worker->is_held = !behavior->is_without_holds &&
		read_file(session, worker_file(session, number, "hold"), hold, sizeof(hold)) &&
		strtoll(hold, &nonce, 10) > now_us();
	strlcpy(worker->hold_nonce, worker->is_held ? nonce + 1 : "", LEASE_NONCE_SIZE);
}

static void
write_hold(const LeaseSession *session, const LeaseOperation *operation)
{
	char		hold[LEASE_NONCE_SIZE + 32];

	snprintf(hold, sizeof(hold), INT64_FORMAT " %s", now_us() + operation->ttl_ms * INT64CONST(1000), operation->hold_nonce);
	write_file(session, worker_file(session, operation->worker, "hold"), hold);
}

static void
count_revision(const LeaseSession *session)
{
	char		content[32];

	snprintf(content, sizeof(content), INT64_FORMAT, read_number(session, "revision") + 1);
	write_file(session, "revision", content);
}

static LeaseOutcome
prepare(const LeaseSession *session)
{
	char		content[32];

	if (read_number(session, "incarnation") == 0)
	{
		snprintf(content, sizeof(content), INT64_FORMAT, now_us());
		write_file(session, "incarnation", content);
	}
	return LEASE_APPLIED;
}

static LeaseOutcome
read_all(LeaseSession *session, const Behavior *behavior)
{
	LeaseAnswer *answer = &session->answer;
	DIR		   *directory = opendir(session->path);
	size_t		length = strlen(session->pool);
	struct dirent *entry;

	answer->workers = MemoryContextAlloc(session->context, sizeof(LeaseWorker) * MOST_WORKERS);
	while (directory != NULL && (entry = readdir(directory)) != NULL && answer->worker_count < MOST_WORKERS)
	{
		char	   *end;
		long		number;

		if (strncmp(entry->d_name, session->pool, length) != 0 || entry->d_name[length] != '.')
			continue;
		number = strtol(entry->d_name + length + 1, &end, 10);
		if (strcmp(end, ".worker") == 0)
			read_worker(session, behavior, (int) number, &answer->workers[answer->worker_count++]);
	}
	if (directory != NULL)
		closedir(directory);
	return LEASE_APPLIED;
}

static LeaseOutcome
write_worker(const LeaseSession *session, const LeaseOperation *operation, const LeaseAnswer *answer)
{
	const LeaseWorker *found = &answer->found;

	if (!is_same(operation->pool, answer->has_pool, answer->pool) ||
		!is_same(operation->record, found->has_record, found->record) ||
		(operation->hold == LEASE_HOLD_TAKE && found->is_held))
		return LEASE_REFUSED;
	write_file(session, worker_file(session, operation->worker, "worker"), operation->new_record);
	if (operation->hold == LEASE_HOLD_TAKE)
		write_hold(session, operation);
	if (operation->hold == LEASE_HOLD_DROP && found->is_held && strcmp(found->hold_nonce, operation->hold_nonce) == 0)
		unlink(file_path(session, worker_file(session, operation->worker, "hold")));
	count_revision(session);
	return LEASE_APPLIED;
}

static const char *
counter_file(const LeaseSession *session, const char *counter)
{
	static char name[MAXPGPATH];

	snprintf(name, sizeof(name), "%s.%s.counter", session->pool, counter);
	return name;
}

static void
write_counter(const LeaseSession *session, const char *counter, int64 next)
{
	char		content[32];

	snprintf(content, sizeof(content), INT64_FORMAT, next);
	write_file(session, counter_file(session, counter), content);
}

static LeaseOutcome
take(const LeaseSession *session, const LeaseOperation *operation, LeaseAnswer *answer)
{
	for (int i = 0; i < operation->take_count; i++)
	{
		const LeaseTake *wanted = &operation->takes[i];
		int64		next = read_number(session, counter_file(session, wanted->counter));

		answer->taken[i].result = next == 0 ? LEASE_NO_COUNTER : LEASE_TAKEN;
		answer->taken[i].first = next;
		if (next != 0)
			write_counter(session, wanted->counter, next + wanted->count);
	}
	count_revision(session);
	return LEASE_APPLIED;
}

static LeaseOutcome
make_counter(const LeaseSession *session, const LeaseOperation *operation)
{
	const char *next = strstr(operation->counter_text, " next=");

	if (next == NULL || read_number(session, counter_file(session, operation->counter)) != 0)
		return LEASE_REFUSED;
	write_counter(session, operation->counter, strtoll(next + strlen(" next="), NULL, 10));
	return LEASE_APPLIED;
}

/* Do an operation as an honest store does. */
static LeaseOutcome
apply(LeaseSession *session, const LeaseOperation *operation, const Behavior *behavior)
{
	LeaseAnswer *answer = &session->answer;

	answer->has_pool = read_file(session, pool_file(session), answer->pool, LEASE_POOL_SIZE);
	if (operation->kind == LEASE_WRITE || operation->kind == LEASE_KEEP)
		read_worker(session, behavior, operation->worker, &answer->found);
	switch (operation->kind)
	{
		case LEASE_PREPARE:
			return prepare(session);
		case LEASE_READ:
			return read_all(session, behavior);
		case LEASE_WRITE:
			return write_worker(session, operation, answer);
		case LEASE_WRITE_POOL:
			if (!is_same(operation->pool, answer->has_pool, answer->pool))
				return LEASE_REFUSED;
			write_file(session, pool_file(session), operation->new_pool);
			count_revision(session);
			return LEASE_APPLIED;
		case LEASE_KEEP:
			if (!answer->found.is_held || strcmp(answer->found.hold_nonce, operation->hold_nonce) != 0)
				return LEASE_REFUSED;
			write_hold(session, operation);
			return LEASE_APPLIED;
		case LEASE_TAKE:
			return take(session, operation, answer);
		case LEASE_MAKE_COUNTER:
			return make_counter(session, operation);
		case LEASE_RETURN:
			return LEASE_REFUSED;
	}
	return LEASE_UNREACHABLE;
}

/* ---------------------------------------------------------------------- what is applied late */

#define LATE_FIELDS 10

/* Put an operation into the queue: a file with a field a line, "-" if it is absent. */
static void
put_off(const LeaseSession *session, const LeaseOperation *operation, int64 due_us)
{
	static int	count;
	char		content[4 * TEXT_SIZE];
	char		name[64];

#define FIELD(value) ((value) == NULL ? "-" : (value))
	snprintf(content, sizeof(content), "%d\n%d\n%s\n%s\n%s\n%s\n%d\n%s\n%d\n%s\n", operation->kind, operation->worker,
			 FIELD(operation->pool), FIELD(operation->new_pool), FIELD(operation->record), FIELD(operation->new_record),
			 operation->hold, FIELD(operation->hold_nonce), operation->ttl_ms, session->pool);
	snprintf(name, sizeof(name), "late-" INT64_FORMAT "-%d-%d", due_us, (int) getpid(), ++count);
	write_file(session, name, content);
}

static const char *
absent_or(const char *field)
{
	return strcmp(field, "-") == 0 ? NULL : field;
}

/* Apply an operation from the queue. */
static void
catch_up_with(LeaseSession *session, const char *name)
{
	char		content[4 * TEXT_SIZE];
	char	   *fields[LATE_FIELDS];
	char	   *state = NULL;
	Behavior	honest = {.applied_late_ms = -1};
	LeaseSession owner = *session;
	LeaseOperation operation;

	if (!read_file(session, name, content, sizeof(content)))
		return;
	unlink(file_path(session, name));
	for (int i = 0; i < LATE_FIELDS; i++)
		if ((fields[i] = strtok_r(i == 0 ? content : NULL, "\n", &state)) == NULL)
			return;
	operation = (LeaseOperation)
	{
		.kind = atoi(fields[0]),
			.worker = atoi(fields[1]),
			.pool = absent_or(fields[2]),
			.new_pool = absent_or(fields[3]),
			.record = absent_or(fields[4]),
			.new_record = absent_or(fields[5]),
			.hold = atoi(fields[6]),
			.hold_nonce = absent_or(fields[7]),
			.ttl_ms = atoi(fields[8]),
	};
	owner.pool = fields[9];
	(void) apply(&owner, &operation, &honest);
}

/* Apply all operations that have been put off until now, in their order. */
static void
catch_up(LeaseSession *session)
{
	for (;;)
	{
		DIR		   *directory = opendir(session->path);
		char		first[64] = "";
		struct dirent *entry;

		/*
		 * The numbers have as many digits, so the names are in the order of
		 * time.
		 */
		while (directory != NULL && (entry = readdir(directory)) != NULL)
			if (strncmp(entry->d_name, "late-", 5) == 0 && strtoll(entry->d_name + 5, NULL, 10) <= now_us() &&
				(first[0] == '\0' || strcmp(entry->d_name, first) < 0))
				strlcpy(first, entry->d_name, sizeof(first));
		if (directory != NULL)
			closedir(directory);
		if (first[0] == '\0')
			return;
		catch_up_with(session, first);
	}
}

/* ---------------------------------------------------------------------- the provider */

static LeaseOutcome
operate(LeaseSession *session, const LeaseOperation *operation, Behavior *behavior)
{
	LeaseOutcome outcome;

	catch_up(session);
	read_behavior(session, operation->kind, behavior);
	if (behavior->is_unreachable)
		return LEASE_UNREACHABLE;
	if (behavior->is_request_lost)
		return LEASE_UNKNOWN;
	if (behavior->applied_late_ms >= 0)
	{
		put_off(session, operation, now_us() + behavior->applied_late_ms * 1000);
		return LEASE_UNKNOWN;
	}
	outcome = apply(session, operation, behavior);
	return behavior->is_answer_lost ? LEASE_UNKNOWN : outcome;
}

/* Note an operation and its outcome, and what the store tells of itself. */
static void
describe(LeaseSession *session, const LeaseOperation *operation, const Behavior *behavior)
{
	static const char *const outcomes[] = {"pending", "applied", "refused", "unknown", "unreachable"};
	LeaseAnswer *answer = &session->answer;
	FILE	   *log = fopen(file_path(session, "log"), "a");

	if (log != NULL)
	{
		fprintf(log, INT64_FORMAT " %d %s %d %s\n", now_us(), (int) getpid(), kind_names[operation->kind], operation->worker,
				outcomes[session->outcome]);
		fclose(log);
	}
	if (session->outcome == LEASE_UNKNOWN || session->outcome == LEASE_UNREACHABLE)
	{
		memset(answer, 0, sizeof(LeaseAnswer));
		strlcpy(answer->error, "the test says so", sizeof(answer->error));
		return;
	}
	answer->incarnation = behavior->incarnation != 0 ? behavior->incarnation : (uint64) read_number(session, "incarnation");
	answer->revision = (uint64) read_number(session, "revision") + 1000000 - behavior->revision;
	answer->store_clock_us = now_us() + behavior->clock_us;
	answer->store_clock_error_us = 1000;
}

static LeaseSession *
teststore_open(const LeaseAddress *address)
{
	static const char scheme[] = "teststore://";
	LeaseSession *session = palloc0(sizeof(LeaseSession));

	if (strncmp(address->store, scheme, strlen(scheme)) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("not an address of a test's store"));
	session->path = pstrdup(address->store + strlen(scheme));
	session->pool = pstrdup(address->pool);
	session->context = AllocSetContextCreate(CurrentMemoryContext, "teststore", ALLOCSET_DEFAULT_SIZES);
	return session;
}

/* The operation is done at once, and the answer kept. */
static void
teststore_start(LeaseSession *session, const LeaseOperation *operation)
{
	Behavior	behavior = {.applied_late_ms = -1};
	FILE	   *lock;

	if (operation->kind == LEASE_PREPARE)
		(void) mkdir(session->path, S_IRWXU);
	MemoryContextReset(session->context);
	memset(&session->answer, 0, sizeof(LeaseAnswer));
	lock = fopen(file_path(session, "lock"), "a");
	if (lock != NULL)
		(void) flock(fileno(lock), LOCK_EX);
	session->outcome = operate(session, operation, &behavior);
	describe(session, operation, &behavior);
	if (lock != NULL)
		fclose(lock);
	if (behavior.is_error)
		ereport(ERROR,
				errmsg("the test says so"));
	session->due_us = now_us() + behavior.late_ms * 1000;
	session->is_under_way = true;
}

static int
teststore_sockets(LeaseSession *session, LeaseSocket *sockets, int64 *timeout_ms)
{
	*timeout_ms = session->is_under_way ? Max(0, (session->due_us - now_us() + 999) / 1000) : PG_INT32_MAX;
	return 0;
}

static LeaseOutcome
teststore_step(LeaseSession *session, LeaseAnswer *answer)
{
	if (!session->is_under_way || now_us() < session->due_us)
		return LEASE_PENDING;
	session->is_under_way = false;
	*answer = session->answer;
	return session->outcome;
}

static void
teststore_close(LeaseSession *session)
{
	MemoryContextDelete(session->context);
}

const LeaseProvider *
idgen_lease_provider(void)
{
	static const LeaseProvider provider = {
		.version = LEASE_PROVIDER_VERSION,
		.name = "test store",
		.open = teststore_open,
		.start = teststore_start,
		.sockets = teststore_sockets,
		.step = teststore_step,
		.close = teststore_close,
	};

	return &provider;
}
