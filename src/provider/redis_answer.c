/*-------------------------------------------------------------------------
 *
 * redis_answer.c
 *	  What a Redis that is a coordination store answers.
 *
 * Replies come from outside: nothing is taken of one that does not have the
 * form that it should have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "bits/counter_record.h"
#include "provider/redis_answer.h"
#include "provider/redis_scripts.h"
#include "provider/store_answer.h"

/* In an answer, fields of a worker, and of a counter. */
#define WORKER_FIELDS 3
#define COUNTER_FIELDS 3

/* A setting of Redis, and the only value with which it does not forget what it has answered. */
typedef struct RequiredSetting
{
	const char *name;
	const char *value;
} RequiredSetting;

static const RequiredSetting required_settings[] = {
	{"appendonly", "yes"},
	{"appendfsync", "always"},
	{"no-appendfsync-on-rewrite", "no"},
	{"maxmemory-policy", "noeviction"},
};

static bool
is_text(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

static bool
is_text_or_nil(const redisReply *reply)
{
	return is_text(reply) || reply->type == REDIS_REPLY_NIL;
}

/* Does an error begin with a code, such as "NOSCRIPT"? */
bool
redis_answer_is(const redisReply *reply, const char *code)
{
	size_t		length = strlen(code);

	return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, code, length) == 0 &&
		(reply->str[length] == ' ' || reply->str[length] == '\0');
}

/* Does an error say that no record has been changed, nor will be? */
bool
redis_answer_is_harmless(const redisReply *reply)
{
	static const char *const codes[] = {
		"LOADING", "READONLY", "MASTERDOWN", "NOTMASTER", "NOREPLICAS", "OOM", "MISCONF", "NOAUTH", "NOPERM", "BUSY",
		"NOSCRIPT", "MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN",
	};

	for (int i = 0; i < lengthof(codes); i++)
		if (redis_answer_is(reply, codes[i]))
			return true;
	return false;
}

/* ---------------------------------------------------------------------- what Redis may forget */

/* The name of a setting that has to be asked for; NULL: there are no more. */
const char *
redis_answer_setting(int number)
{
	return number < lengthof(required_settings) ? required_settings[number].name : NULL;
}

/*
 * The reply to CONFIG GET for a setting: why Redis cannot be relied on, in text,
 * or NULL.
 */
const char *
redis_answer_objection(const redisReply *reply, int number, char *text, size_t size)
{
	const RequiredSetting *required = &required_settings[number];

	/* It would say the same to everything. */
	if (redis_answer_is_harmless(reply) && !redis_answer_is(reply, "NOPERM"))
		return reply->str;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !is_text(reply->element[0]) ||
		!is_text(reply->element[1]) || strcmp(reply->element[0]->str, required->name) != 0)
		snprintf(text, size, "Redis does not tell its setting \"%s\", so it may forget what it has confirmed; see \"idgen.lease_accept_loss\"%s%.200s",
				 required->name, reply->type == REDIS_REPLY_ERROR ? ": " : "", reply->type == REDIS_REPLY_ERROR ? reply->str : "");
	else if (strcmp(reply->element[1]->str, required->value) != 0)
		snprintf(text, size, "Redis may forget what it has confirmed, as its setting \"%s\" is \"%.50s\" and not \"%s\"; see \"idgen.lease_accept_loss\"",
				 required->name, reply->element[1]->str, required->value);
	else
		return NULL;
	return text;
}

/* ---------------------------------------------------------------------- answers of scripts */

/* Take record and hold of a worker, unless they are nil. */
static void
take_worker(const redisReply *record, const redisReply *hold, LeaseWorker *worker)
{
	if (record->type != REDIS_REPLY_NIL)
		store_answer_take_record(worker, record->str);
	if (hold->type != REDIS_REPLY_NIL)
		store_answer_take_hold(worker, hold->str);
}

/*
 * A number for the run of the server and the history of its data.
 *
 * After a restart, Redis has another history, although it has lost nothing if
 * each write was flushed; so has a replica that is promoted, which may lack
 * writes; and if that is restarted before anybody asks, nothing tells the one
 * from the other: replicas have copies of all that is stored, also of any mark
 * of ours.  So each new run, and each new history, is taken for a loss.  To be
 * wrong costs a wait of a reach; to be wrong about the opposite costs IDs that
 * come twice.
 */
static uint64
incarnation(const redisReply *run, const redisReply *history)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) run->str, run->len,
										   hash_bytes_extended((const unsigned char *) history->str, history->len, 0));

	return Max(hash, 1);
}

static bool
read_worker(redisReply *const *fields, LeaseWorker *worker)
{
	char	   *end;
	long		number;

	if (!is_text(fields[0]) || !is_text(fields[1]) || !is_text_or_nil(fields[2]))
		return false;
	number = strtol(fields[0]->str, &end, 10);
	if (end == fields[0]->str || *end != '\0' || number < 0 || number > LEASE_MAX_WORKER)
		return false;
	worker->worker = (int) number;
	take_worker(fields[1], fields[2], worker);
	return true;
}

/* False if out of memory. */
static bool
read_workers(const redisReply *reply, MemoryContext context, LeaseAnswer *answer)
{
	size_t		count = reply->elements / WORKER_FIELDS;

	answer->worker_count = 0;
	answer->workers = MemoryContextAllocExtended(context, sizeof(LeaseWorker) * Max(count, 1),
												 MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM | MCXT_ALLOC_ZERO);
	if (answer->workers == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (read_worker(&reply->element[WORKER_FIELDS * i], &answer->workers[answer->worker_count]))
			answer->worker_count++;
	return true;
}

static void
read_taken(redisReply *const *fields, LeaseTaken *taken)
{
	const char *state = fields[0]->str;
	int64		first = strtoi64(fields[1]->str, NULL, 10);

	if (strcmp(state, "taken") == 0 && first > 0 && strlen(fields[2]->str) == LEASE_NONCE_SIZE - 1)
		store_answer_take_range(taken, LEASE_TAKEN, first, counter_identity(fields[2]->str), "");
	else if (strcmp(state, "absent") == 0)
		store_answer_take_range(taken, LEASE_NO_COUNTER, 0, 0, "");
	else if (strcmp(state, "declined") == 0 && strstr(fields[1]->str, "overflow") != NULL)
		store_answer_take_range(taken, LEASE_EXHAUSTED, 0, 0, "");
	else
		store_answer_take_range(taken, LEASE_NOT_TAKEN, 0, 0,
								strcmp(state, "declined") == 0 ? fields[1]->str : STORE_COUNTER_RECORD_ERROR);
}

/* LEASE_PENDING if it is malformed. */
static LeaseOutcome
read_takes(const redisReply *reply, const LeaseOperation *operation, LeaseAnswer *answer)
{
	if (reply->elements != (size_t) operation->take_count * COUNTER_FIELDS)
		return LEASE_PENDING;
	for (size_t i = 0; i < reply->elements; i++)
		if (!is_text(reply->element[i]))
			return LEASE_PENDING;
	for (int i = 0; i < operation->take_count; i++)
	{
		read_taken(&reply->element[COUNTER_FIELDS * i], &answer->taken[i]);
		if (!counter_name_is_valid(operation->takes[i].counter))
			store_answer_take_range(&answer->taken[i], LEASE_NOT_TAKEN, 0, 0, STORE_COUNTER_NAME_ERROR);
		if (answer->taken[i].result == LEASE_TAKEN)
			answer->taken[i].token = operation->takes[i].token;
	}
	return LEASE_APPLIED;
}

static bool
is_well_formed(const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != REDIS_ANSWER_FIELDS)
		return false;
	for (int i = REDIS_RUN_ID; i <= REDIS_MICROSECONDS; i++)
		if (!is_text(reply->element[i]))
			return false;
	for (int i = REDIS_POOL; i <= REDIS_HOLD; i++)
		if (!is_text_or_nil(reply->element[i]))
			return false;
	return reply->element[REDIS_APPLIED]->type == REDIS_REPLY_INTEGER && reply->element[REDIS_RUN_ID]->len > 0 &&
		reply->element[REDIS_HISTORY]->len > 0 && reply->element[REDIS_WORKERS]->type == REDIS_REPLY_ARRAY;
}

/* Read what a script has answered; LEASE_PENDING if it is malformed, or there is no memory for it. */
LeaseOutcome
redis_answer_read(const redisReply *reply, const LeaseOperation *operation, MemoryContext context, LeaseAnswer *answer)
{
	redisReply *const *fields = reply->element;
	LeaseOperationKind kind = operation->kind;

	if (!is_well_formed(reply))
		return LEASE_PENDING;
	answer->incarnation = incarnation(fields[REDIS_RUN_ID], fields[REDIS_HISTORY]);
	answer->revision = strtou64(fields[REDIS_REVISION]->str, NULL, 10);
	answer->store_clock_us = strtoi64(fields[REDIS_SECONDS]->str, NULL, 10) * INT64CONST(1000000) +
		strtoi64(fields[REDIS_MICROSECONDS]->str, NULL, 10);
	if (fields[REDIS_POOL]->type != REDIS_REPLY_NIL)
		store_answer_take_pool(answer, fields[REDIS_POOL]->str);
	if (kind == LEASE_TAKE)
		return read_takes(fields[REDIS_WORKERS], operation, answer);
	if (kind == LEASE_READ)
		return read_workers(fields[REDIS_WORKERS], context, answer) ? LEASE_APPLIED : LEASE_PENDING;
	if (kind == LEASE_WRITE || kind == LEASE_KEEP)
		take_worker(fields[REDIS_RECORD], fields[REDIS_HOLD], &answer->found);
	return fields[REDIS_APPLIED]->integer == 1 ? LEASE_APPLIED : LEASE_REFUSED;
}
