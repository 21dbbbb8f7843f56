/*-------------------------------------------------------------------------
 *
 * store_answer.h
 *	  Filling answers with what a store that has keys has said.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_STORE_ANSWER_H
#define IDGEN_STORE_ANSWER_H

#include "bits/lease_operation.h"

/* Digits of a worker ID in keys. */
#define STORE_WORKER_DIGITS 8

/* Errors of takes. */
#define STORE_COUNTER_NAME_ERROR "the name of a counter must be 1 to 64 letters, digits, \"_\", \"-\" and \".\""
#define STORE_COUNTER_RACE_ERROR "other sessions were faster too often"
#define STORE_COUNTER_RECORD_ERROR "the record of the counter is malformed"

extern bool store_answer_read_worker(const char *digits, int *worker);
extern void store_answer_take_pool(LeaseAnswer *answer, const char *text);
extern void store_answer_take_record(LeaseWorker *worker, const char *text);
extern void store_answer_take_hold(LeaseWorker *worker, const char *text);
extern void store_answer_merge_workers(LeaseAnswer *answer);
extern void store_answer_take_range(LeaseTaken *taken, LeaseTakeResult result, int64 first, uint64 identity,
									const char *error);
extern void store_answer_clean(char *error);
extern void store_answer_clean_error(LeaseAnswer *answer);

#endif							/* IDGEN_STORE_ANSWER_H */
