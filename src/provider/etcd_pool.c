/*-------------------------------------------------------------------------
 *
 * etcd_pool.c
 *	  What a pool is in etcd, and the transactions that read and write it.
 *
 *		PREFIX/POOL/pool			the pool's record
 *		PREFIX/POOL/fence/WORKER	the worker's record; the worker ID has 8 digits
 *		PREFIX/POOL/hold/WORKER		the nonce of the worker's hold, with a lease of etcd
 *
 * Comparisons are of values: they contain nonces, while revisions come a second
 * time after a store has been restored.  Each operation is one transaction, or
 * one range, and all of them are linearizable, as nothing says "serializable".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/etcd_pool.h"
#include "provider/store_answer.h"

#define PATH_TXN "/v3/kv/txn"
#define PATH_RANGE "/v3/kv/range"

/* The keys that an operation is about. */
typedef struct PoolKeys
{
	char	   *pool;
	char	   *record;
	char	   *hold;
} PoolKeys;

static PoolKeys
pool_keys(const char *base, int worker)
{
	return (PoolKeys)
	{
		.pool = psprintf("%s/pool", base),
			.record = psprintf("%s/fence/%0*d", base, STORE_WORKER_DIGITS, worker),
			.hold = psprintf("%s/hold/%0*d", base, STORE_WORKER_DIGITS, worker),
	};
}

/* ---------------------------------------------------------------------- requests */

/* Everything below base: keys from "base/" to "base0", as "0" comes after "/". */
static void
write_read(StringInfo json, const char *base)
{
	appendStringInfoChar(json, '{');
	etcd_write_key(json, psprintf("%s/", base));
	appendStringInfoString(json, ",\"range_end\":");
	etcd_write_base64(json, psprintf("%s0", base));
	appendStringInfoChar(json, '}');
}

static void
write_pool_change(StringInfo json, const PoolKeys *keys, const LeaseOperation *operation)
{
	appendStringInfoString(json, "{\"compare\":[");
	etcd_write_compare(json, keys->pool, operation->pool);
	appendStringInfoString(json, "],\"success\":[");
	etcd_write_put(json, keys->pool, operation->new_pool, 0);
	appendStringInfoString(json, "],\"failure\":[");
	etcd_write_range(json, keys->pool);
	appendStringInfoString(json, "]}");
}

/* What a refusal tells of a worker. */
static void
write_refusal(StringInfo json, const PoolKeys *keys)
{
	appendStringInfoString(json, "],\"failure\":[");
	etcd_write_range(json, keys->pool);
	appendStringInfoChar(json, ',');
	etcd_write_range(json, keys->record);
	appendStringInfoChar(json, ',');
	etcd_write_range(json, keys->hold);
	appendStringInfoString(json, "]}");
}

/* A transaction within the transaction, since the record is written whether the hold is there or not. */
static void
write_drop(StringInfo json, const PoolKeys *keys, const LeaseOperation *operation)
{
	appendStringInfoString(json, "{\"request_txn\":{\"compare\":[");
	etcd_write_compare(json, keys->hold, operation->hold_nonce);
	appendStringInfoString(json, "],\"success\":[{\"request_delete_range\":{");
	etcd_write_key(json, keys->hold);
	appendStringInfoString(json, ",\"prev_kv\":true}}]}}");
}

static void
write_worker_change(StringInfo json, const PoolKeys *keys, const LeaseOperation *operation, uint64 grant)
{
	appendStringInfoString(json, "{\"compare\":[");
	etcd_write_compare(json, keys->pool, operation->pool);
	appendStringInfoChar(json, ',');
	etcd_write_compare(json, keys->record, operation->record);
	if (operation->hold == LEASE_HOLD_TAKE)
	{
		appendStringInfoChar(json, ',');
		etcd_write_compare(json, keys->hold, NULL);
	}
	appendStringInfoString(json, "],\"success\":[");
	etcd_write_put(json, keys->record, operation->new_record, 0);
	if (operation->hold != LEASE_HOLD_LEAVE)
		appendStringInfoChar(json, ',');
	if (operation->hold == LEASE_HOLD_TAKE)
		etcd_write_put(json, keys->hold, operation->hold_nonce, grant);
	if (operation->hold == LEASE_HOLD_DROP)
		write_drop(json, keys, operation);
	write_refusal(json, keys);
}

/* Find the lease of etcd that a hold vanishes with. */
static void
write_keep(StringInfo json, const PoolKeys *keys, const LeaseOperation *operation)
{
	appendStringInfoString(json, "{\"compare\":[");
	etcd_write_compare(json, keys->hold, operation->hold_nonce);
	appendStringInfoString(json, "],\"success\":[");
	etcd_write_range(json, keys->hold);
	write_refusal(json, keys);
}

/* Write the request that does an operation, and return its path. */
const char *
etcd_pool_request(const char *base, const LeaseOperation *operation, uint64 grant, StringInfo json)
{
	PoolKeys	keys = pool_keys(base, operation->worker);

	switch (operation->kind)
	{
		case LEASE_PREPARE:
			/* There is nothing to create; see whether we may read. */
			appendStringInfoChar(json, '{');
			etcd_write_key(json, keys.pool);
			appendStringInfoChar(json, '}');
			return PATH_RANGE;
		case LEASE_READ:
			write_read(json, base);
			return PATH_RANGE;
		case LEASE_WRITE_POOL:
			write_pool_change(json, &keys, operation);
			return PATH_TXN;
		case LEASE_WRITE:
			write_worker_change(json, &keys, operation, grant);
			return PATH_TXN;
		case LEASE_KEEP:
			write_keep(json, &keys, operation);
			return PATH_TXN;
		case LEASE_TAKE:
		case LEASE_RETURN:
		case LEASE_MAKE_COUNTER:
			break;				/* etcd_counter.c */
	}
	elog(ERROR, "unrecognized operation: %d", (int) operation->kind);
}

/* ---------------------------------------------------------------------- answers */

/* The value of a key that was found; etcd leaves out one that is empty. */
static const char *
value_of(const JsonbContainer *kv)
{
	const char *value = etcd_base64(kv, "value");

	return value == NULL ? "" : value;
}

/* The rest of a key after base and part ("/fence/"); NULL if it does not begin with them. */
static const char *
after(const char *key, const char *base, const char *part)
{
	size_t		length = strlen(base);

	if (key == NULL || strncmp(key, base, length) != 0 || strncmp(key + length, part, strlen(part)) != 0)
		return NULL;
	return key + length + strlen(part);
}

/* Take one key of a pool, whatever it is. */
static void
take_key(const char *base, const JsonbContainer *kv, LeaseAnswer *answer)
{
	const char *key = etcd_base64(kv, "key");
	LeaseWorker *worker = &answer->workers[answer->worker_count];
	const char *rest = after(key, base, "/pool");

	if (rest != NULL && *rest == '\0')
		store_answer_take_pool(answer, value_of(kv));
	else if (store_answer_read_worker(after(key, base, "/fence/"), &worker->worker))
	{
		store_answer_take_record(worker, value_of(kv));
		answer->worker_count++;
	}
	else if (store_answer_read_worker(after(key, base, "/hold/"), &worker->worker))
	{
		store_answer_take_hold(worker, value_of(kv));
		answer->worker_count++;
	}
}

static EtcdVerdict
answer_to_read(const char *base, const JsonbContainer *root, LeaseAnswer *answer)
{
	const JsonbContainer *kvs = etcd_array(root, "kvs");
	int			count = etcd_array_length(kvs);

	if (etcd_number(root, "count") != count || etcd_is_true(root, "more"))
		return ETCD_MALFORMED;
	answer->workers = palloc_extended(sizeof(LeaseWorker) * (count + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < count; i++)
		take_key(base, etcd_element(kvs, i), answer);
	store_answer_merge_workers(answer);
	return ETCD_APPLIED;
}

/*
 * Find the key that a part of a transaction has read, *kv, which is NULL if
 * there was none.  Returns false if the answer is malformed.
 */
bool
etcd_pool_read_part(const JsonbContainer *part, const JsonbContainer **kv)
{
	const JsonbContainer *range = etcd_object(part, "response_range");
	const JsonbContainer *kvs = etcd_array(range, "kvs");

	*kv = etcd_element(kvs, 0);
	return range != NULL && etcd_array_length(kvs) <= 1 && etcd_number(range, "count") == etcd_array_length(kvs);
}

static bool
read_part(const JsonbContainer *responses, int part, const JsonbContainer **kv)
{
	return etcd_pool_read_part(etcd_element(responses, part), kv);
}

static EtcdVerdict
refusal(const LeaseOperation *operation, const JsonbContainer *responses, LeaseAnswer *answer)
{
	bool		has_worker = operation->kind != LEASE_WRITE_POOL;
	const JsonbContainer *pool;
	const JsonbContainer *record = NULL;
	const JsonbContainer *hold = NULL;

	if (etcd_array_length(responses) != (has_worker ? 3 : 1) || !read_part(responses, 0, &pool))
		return ETCD_MALFORMED;
	if (has_worker && (!read_part(responses, 1, &record) || !read_part(responses, 2, &hold)))
		return ETCD_MALFORMED;
	answer->found.worker = operation->worker;
	if (pool != NULL)
		store_answer_take_pool(answer, value_of(pool));
	if (record != NULL)
		store_answer_take_record(&answer->found, value_of(record));
	if (hold != NULL)
		store_answer_take_hold(&answer->found, value_of(hold));
	return ETCD_REFUSED;
}

/* The lease of etcd with which the hold would have vanished that the operation has deleted; 0: none. */
static uint64
dropped_grant(const JsonbContainer *responses)
{
	const JsonbContainer *inner = etcd_object(etcd_element(responses, 1), "response_txn");
	const JsonbContainer *deleted = etcd_element(etcd_array(inner, "responses"), 0);

	return etcd_number(etcd_element(etcd_array(etcd_object(deleted, "response_delete_range"), "prev_kvs"), 0), "lease");
}

/* Read what each answer tells of the store; false if it does not. */
bool
etcd_pool_read_header(const JsonbContainer *root, LeaseAnswer *answer)
{
	const JsonbContainer *header = etcd_object(root, "header");

	answer->incarnation = etcd_number(header, "cluster_id");
	answer->revision = etcd_number(header, "revision");
	return answer->incarnation != 0 && answer->revision != 0;
}

/*
 * Read the answer to the request of an operation.  *grant becomes the lease of
 * etcd that LEASE_KEEP has to keep, and LEASE_HOLD_DROP has no more use for; 0:
 * there is none.
 */
EtcdVerdict
etcd_pool_answer(const char *base, const LeaseOperation *operation, const JsonbContainer *root,
				 LeaseAnswer *answer, uint64 *grant)
{
	const JsonbContainer *responses = etcd_array(root, "responses");
	const JsonbContainer *hold;

	answer->has_pool = false;
	answer->worker_count = 0;
	memset(&answer->found, 0, sizeof(LeaseWorker));
	*grant = 0;
	if (!etcd_pool_read_header(root, answer))
		return ETCD_MALFORMED;
	if (operation->kind == LEASE_PREPARE)
		return ETCD_APPLIED;
	if (operation->kind == LEASE_READ)
		return answer_to_read(base, root, answer);
	if (!etcd_is_true(root, "succeeded"))
		return refusal(operation, responses, answer);
	if (operation->kind == LEASE_WRITE && operation->hold == LEASE_HOLD_DROP)
		*grant = dropped_grant(responses);
	if (operation->kind == LEASE_KEEP)
	{
		if (!read_part(responses, 0, &hold) || hold == NULL)
			return ETCD_MALFORMED;
		*grant = etcd_number(hold, "lease");
	}
	return ETCD_APPLIED;
}
