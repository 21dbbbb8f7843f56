/*-------------------------------------------------------------------------
 *
 * etcd_counter.c
 *	  Counters in etcd: taking ranges of numbers from them.
 *
 *		PREFIX/POOL/counter/NAME	the counter's record: see counter_record.h
 *
 * A range is taken by replacing the record if it is what was seen last.  The
 * comparison is of the text and not of a revision, since revisions come a second
 * time after a store has been restored.  If somebody else was faster, etcd tells
 * the record, and the next request builds on that.  So a session that is alone
 * with its counters takes ranges in one round trip, once it has seen them.
 *
 * Each counter has a transaction of its own within the one of the request, so
 * that they do not depend on each other.
 *
 * Numbers are returned by two requests: one reads the record, and the other
 * replaces it, if the take that it names is the one whose numbers these are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/etcd_counter.h"
#include "provider/store_answer.h"

#define PATH_TXN "/v3/kv/txn"

static EtcdCounter *
find_known(EtcdCounters *counters, const char *name)
{
	for (int i = 0; i < lengthof(counters->known); i++)
		if (strcmp(counters->known[i].name, name) == 0)
			return &counters->known[i];
	return NULL;
}

/* What was seen of a counter; an empty text if it is not known. */
static const char *
last_seen(EtcdCounters *counters, const char *name)
{
	const EtcdCounter *counter = find_known(counters, name);

	return counter == NULL ? "" : counter->seen;
}

/* What is remembered of one operation's counters is not forgotten in it, as there is room for twice as many. */
static void
remember(EtcdCounters *counters, const char *name, const char *seen)
{
	EtcdCounter *counter = find_known(counters, name);

	if (counter == NULL)
	{
		counter = &counters->known[counters->next_known];
		counters->next_known = (counters->next_known + 1) % lengthof(counters->known);
	}
	strlcpy(counter->name, name, sizeof(counter->name));
	strlcpy(counter->seen, seen, sizeof(counter->seen));
}

static char *
counter_key(const char *base, const char *name)
{
	return psprintf("%s/counter/%s", base, name);
}

/* A take has come to its end. */
static void
close_take(EtcdCounters *counters, int take, LeaseAnswer *answer, LeaseTakeResult result, const char *error)
{
	counters->is_open[take] = false;
	store_answer_take_range(&answer->taken[take], result, 0, 0, error);
}

/* Before the first request of LEASE_TAKE or LEASE_RETURN. */
void
etcd_counter_begin(EtcdCounters *counters, const LeaseOperation *operation, LeaseAnswer *answer)
{
	counters->is_open[0] = operation->kind == LEASE_RETURN;
	counters->wanted[0][0] = '\0';
	for (int i = 0; i < operation->take_count && operation->kind == LEASE_TAKE; i++)
	{
		counters->is_open[i] = true;
		store_answer_take_range(&answer->taken[i], LEASE_NOT_TAKEN, 0, 0, STORE_COUNTER_RACE_ERROR);
		if (!counter_name_is_valid(operation->takes[i].counter))
			close_take(counters, i, answer, LEASE_NOT_TAKEN, STORE_COUNTER_NAME_ERROR);
	}
}

/* Has each take, or the return, come to its end? */
bool
etcd_counter_is_done(const EtcdCounters *counters, const LeaseOperation *operation)
{
	if (operation->kind == LEASE_RETURN)
		return !counters->is_open[0];
	for (int i = 0; i < operation->take_count; i++)
		if (counters->is_open[i])
			return false;
	return true;
}

/* ---------------------------------------------------------------------- requests */

/* What the record is to become; an empty text if it has to be read first. */
static void
prepare_take(EtcdCounters *counters, const LeaseOperation *operation, int take, LeaseAnswer *answer)
{
	const char *seen = last_seen(counters, operation->takes[take].counter);
	CounterRecord record;
	int64		first;

	counters->wanted[take][0] = '\0';
	if (seen[0] == '\0')
		return;
	if (!counter_record_read(seen, &record))
		close_take(counters, take, answer, LEASE_NOT_TAKEN, STORE_COUNTER_RECORD_ERROR);
	else if (!counter_record_take(&record, operation->takes[take].count, operation->takes[take].token, &first))
		close_take(counters, take, answer, LEASE_EXHAUSTED, "");
	else
		counter_record_write(&record, counters->wanted[take]);
}

static void
write_take(EtcdCounters *counters, const char *base, const LeaseOperation *operation, int take, StringInfo json)
{
	const char *name = operation->takes[take].counter;
	char	   *key = counter_key(base, name);

	if (counters->wanted[take][0] == '\0')
	{
		etcd_write_range(json, key);
		return;
	}
	appendStringInfoString(json, "{\"request_txn\":{\"compare\":[");
	etcd_write_compare(json, key, last_seen(counters, name));
	appendStringInfoString(json, "],\"success\":[");
	etcd_write_put(json, key, counters->wanted[take], 0);
	appendStringInfoString(json, "],\"failure\":[");
	etcd_write_range(json, key);
	appendStringInfoString(json, "]}}");
}

static void
write_takes(EtcdCounters *counters, const char *base, const LeaseOperation *operation, LeaseAnswer *answer,
			StringInfo json)
{
	const char *separator = "";

	appendStringInfoString(json, "{\"compare\":[],\"success\":[");
	for (int i = 0; i < operation->take_count; i++)
	{
		if (counters->is_open[i])
			prepare_take(counters, operation, i, answer);
		if (!counters->is_open[i])
			continue;
		appendStringInfoString(json, separator);
		write_take(counters, base, operation, i, json);
		separator = ",";
	}
	appendStringInfoString(json, "]}");
}

static void
write_creation(const char *base, const LeaseOperation *operation, StringInfo json)
{
	char	   *key = counter_key(base, operation->counter);

	appendStringInfoString(json, "{\"compare\":[");
	etcd_write_compare(json, key, NULL);
	appendStringInfoString(json, "],\"success\":[");
	etcd_write_put(json, key, operation->counter_text, 0);
	appendStringInfoString(json, "],\"failure\":[]}");
}

/* Read the record of a counter to which numbers are returned, or replace what was read. */
static void
write_return(EtcdCounters *counters, const char *base, const LeaseOperation *operation, StringInfo json)
{
	const char *name = operation->returned.counter;
	char	   *key = counter_key(base, name);

	appendStringInfoString(json, "{\"compare\":[");
	if (counters->wanted[0][0] != '\0')
		etcd_write_compare(json, key, last_seen(counters, name));
	appendStringInfoString(json, "],\"success\":[");
	if (counters->wanted[0][0] != '\0')
		etcd_write_put(json, key, counters->wanted[0], 0);
	else
		etcd_write_range(json, key);
	appendStringInfoString(json, "],\"failure\":[]}");
}

/* Write the request of LEASE_TAKE, LEASE_RETURN or LEASE_MAKE_COUNTER, and return its path. */
const char *
etcd_counter_request(EtcdCounters *counters, const char *base, const LeaseOperation *operation, LeaseAnswer *answer,
					 StringInfo json)
{
	if (operation->kind == LEASE_MAKE_COUNTER)
		write_creation(base, operation, json);
	else if (operation->kind == LEASE_RETURN)
		write_return(counters, base, operation, json);
	else
		write_takes(counters, base, operation, answer, json);
	return PATH_TXN;
}

/* ---------------------------------------------------------------------- answers */

/* The record was read.  Returns false if the answer is malformed. */
static bool
take_record(EtcdCounters *counters, const LeaseOperation *operation, int take, const JsonbContainer *part,
			LeaseAnswer *answer)
{
	const char *name = operation->takes[take].counter;
	const JsonbContainer *kv;
	const char *value;

	if (!etcd_pool_read_part(part, &kv))
		return false;
	value = kv == NULL ? NULL : etcd_base64(kv, "value");
	remember(counters, name, value == NULL ? "" : value);
	if (kv == NULL)
		close_take(counters, take, answer, LEASE_NO_COUNTER, "");
	else if (value == NULL || strlen(value) >= COUNTER_RECORD_SIZE)
		close_take(counters, take, answer, LEASE_NOT_TAKEN, STORE_COUNTER_RECORD_ERROR);
	return true;
}

/* Returns false if the answer is malformed. */
static bool
answer_take(EtcdCounters *counters, const LeaseOperation *operation, int take, const JsonbContainer *part,
			LeaseAnswer *answer)
{
	const JsonbContainer *inner = etcd_object(part, "response_txn");
	const LeaseTake *wanted = &operation->takes[take];
	CounterRecord record;

	if (counters->wanted[take][0] == '\0')
		return take_record(counters, operation, take, part, answer);
	if (inner == NULL)
		return false;
	if (!etcd_is_true(inner, "succeeded"))
		return take_record(counters, operation, take, etcd_element(etcd_array(inner, "responses"), 0), answer);
	remember(counters, wanted->counter, counters->wanted[take]);
	if (!counter_record_read(counters->wanted[take], &record))
		return false;
	counters->is_open[take] = false;
	store_answer_take_range(&answer->taken[take], LEASE_TAKEN, record.next - wanted->count,
							counter_identity(record.identity), "");
	answer->taken[take].token = wanted->token;
	return true;
}

/*
 * The record of a counter to which numbers are returned was read, or replaced if it
 * still was what had been read.
 */
static EtcdVerdict
answer_return(EtcdCounters *counters, const LeaseOperation *operation, const JsonbContainer *root)
{
	const LeaseReturn *returned = &operation->returned;
	const JsonbContainer *kv;
	const char *value;
	CounterRecord record;

	if (counters->wanted[0][0] != '\0')
	{
		counters->is_open[0] = false;
		remember(counters, returned->counter, "");
		return etcd_is_true(root, "succeeded") ? ETCD_APPLIED : ETCD_REFUSED;
	}
	if (!etcd_pool_read_part(etcd_element(etcd_array(root, "responses"), 0), &kv))
		return ETCD_MALFORMED;
	value = kv == NULL ? NULL : etcd_base64(kv, "value");
	if (value == NULL || strlen(value) >= COUNTER_RECORD_SIZE || !counter_record_read(value, &record) ||
		!counter_record_return(&record, returned->first, returned->last, returned->token))
		return ETCD_REFUSED;
	remember(counters, returned->counter, value);
	counter_record_write(&record, counters->wanted[0]);
	return ETCD_APPLIED;
}

/*
 * Read the answer to the request of LEASE_TAKE, LEASE_RETURN or LEASE_MAKE_COUNTER.
 * After the first two, another request follows unless etcd_counter_is_done().
 */
EtcdVerdict
etcd_counter_answer(EtcdCounters *counters, const LeaseOperation *operation, const JsonbContainer *root,
					LeaseAnswer *answer)
{
	const JsonbContainer *responses = etcd_array(root, "responses");
	int			part = 0;

	if (operation->kind == LEASE_MAKE_COUNTER)
		return etcd_is_true(root, "succeeded") ? ETCD_APPLIED : ETCD_REFUSED;
	if (operation->kind == LEASE_RETURN)
		return answer_return(counters, operation, root);
	if (!etcd_is_true(root, "succeeded"))
		return ETCD_MALFORMED;
	for (int i = 0; i < operation->take_count; i++)
		if (counters->is_open[i] &&
			!answer_take(counters, operation, i, etcd_element(responses, part++), answer))
			return ETCD_MALFORMED;
	return ETCD_APPLIED;
}
