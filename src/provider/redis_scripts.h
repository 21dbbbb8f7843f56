/*-------------------------------------------------------------------------
 *
 * redis_scripts.h
 *	  What is said to a Redis that is a coordination store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REDIS_SCRIPTS_H
#define IDGEN_REDIS_SCRIPTS_H

#include "lease/lease_provider.h"

/* What a script answers: an array of these. */
typedef enum RedisAnswerField
{
	REDIS_APPLIED,				/* 1 or 0 */
	REDIS_RUN_ID,
	REDIS_HISTORY,				/* master_replid */
	REDIS_REVISION,
	REDIS_SECONDS,				/* the clock ... */
	REDIS_MICROSECONDS,
	REDIS_POOL,					/* a text, or nil ... */
	REDIS_RECORD,
	REDIS_HOLD,
	REDIS_WORKERS,				/* worker ID, record, hold or nil, ...; after
								 * LEASE_TAKE, for each counter "taken",
								 * "absent" or "declined", its next number or
								 * an error, and its identity, ... */
	REDIS_ANSWER_FIELDS
} RedisAnswerField;

#define REDIS_SHA_SIZE 41

/* The names of the scripts by which a session calls them. */
typedef struct RedisScripts
{
	char		shas[LEASE_OPERATION_KINDS][REDIS_SHA_SIZE];	/* empty: unknown */
} RedisScripts;

#define REDIS_FIXED_KEYS 4
#define REDIS_MOST_KEYS (REDIS_FIXED_KEYS + LEASE_MOST_TAKES)
#define REDIS_MOST_ARGUMENTS (16 + 3 * LEASE_MOST_TAKES)

/* A command, and room for its parts. */
typedef struct RedisCommand
{
	int			count;
	const char *arguments[REDIS_MOST_ARGUMENTS];
	char		keys[REDIS_MOST_KEYS][192];
	int			key_count;
	char		keys_text[12];	/* of key_count */
	char		counts[LEASE_MOST_TAKES][24];
	char		tokens[LEASE_MOST_TAKES][24];
	char		worker[12];
	char		ttl_ms[12];
	char		pool[LEASE_POOL_SIZE + 1];
	char		record[LEASE_RECORD_SIZE + 1];
} RedisCommand;

extern void redis_scripts_prepare(RedisScripts *scripts);
extern void redis_scripts_call(const RedisScripts *scripts, const LeaseOperation *operation, const char *pool,
							   bool is_text_needed, RedisCommand *command);

#endif							/* IDGEN_REDIS_SCRIPTS_H */
