/*-------------------------------------------------------------------------
 *
 * postgres_answer.h
 *	  What a PostgreSQL that is a coordination store answers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_POSTGRES_ANSWER_H
#define IDGEN_POSTGRES_ANSWER_H

#include <libpq-fe.h>

#include "bits/lease_operation.h"

extern LeaseOutcome postgres_answer_read(const PGresult *result, LeaseOperationKind kind, MemoryContext context,
										 LeaseAnswer *answer);
extern LeaseOutcome postgres_answer_read_error(const PGresult *result, const LeaseOperation *operation,
											   LeaseAnswer *answer);
extern bool postgres_answer_is_race(const PGresult *result, LeaseOperationKind kind);
extern bool postgres_answer_is_read_only(const PGresult *result);
extern bool postgres_answer_ended_session(const PGresult *result);
extern void postgres_answer_add_error(LeaseAnswer *answer, const char *message);
extern uint64 postgres_answer_incarnation(const char *system, const char *timeline);

#endif							/* IDGEN_POSTGRES_ANSWER_H */
