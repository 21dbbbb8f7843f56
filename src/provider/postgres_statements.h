/*-------------------------------------------------------------------------
 *
 * postgres_statements.h
 *	  What is said to a PostgreSQL that is a coordination store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_POSTGRES_STATEMENTS_H
#define IDGEN_POSTGRES_STATEMENTS_H

#include "bits/lease_operation.h"

/* The columns of an answer.  There are none after LEASE_PREPARE. */
typedef enum AnswerColumn
{
	ANSWER_APPLIED,				/* t or f */
	ANSWER_POOL,				/* the pool's record, or null */
	ANSWER_WORKER,				/* null in the first row after LEASE_READ, and
								 * where no worker is meant */
	ANSWER_RECORD,				/* the worker's record, or null */
	ANSWER_NONCE,				/* of the worker's hold, or null */
	ANSWER_SYSTEM,				/* the system identifier */
	ANSWER_TIMELINE,			/* 0 if a standby has all that was answered */
	ANSWER_REVISION,			/* of the WAL, or 0 if the answer is not
								 * flushed */
	ANSWER_CLOCK,				/* in us since 1970 */
	ANSWER_COLUMNS
} AnswerColumn;

#define STATEMENT_MOST_PARAMETERS 8

/*
 * Which history the store's data is of: system identifier and timeline.
 * pg_control_checkpoint() would tell of a promotion only after a checkpoint.
 */
#define POSTGRES_HISTORY_SQL \
	" (SELECT system_identifier FROM pg_control_system())," \
	" (SELECT CASE current_setting('synchronous_standby_names') WHEN ''" \
	" THEN ('x'::text || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint ELSE 0 END)"

/* A statement with its parameters. */
typedef struct Statement
{
	const char *text;
	int			count;
	const char *parameters[STATEMENT_MOST_PARAMETERS];
	char		worker[12];
	char		ttl_ms[12];
} Statement;

extern void statement_of_session(const LeaseOperation *operation, int timeout_ms, char *text, size_t size);
extern void statement_of_operation(const LeaseOperation *operation, const char *pool, Statement *statement);

#endif							/* IDGEN_POSTGRES_STATEMENTS_H */
