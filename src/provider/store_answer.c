/*-------------------------------------------------------------------------
 *
 * store_answer.c
 *	  Filling answers with what a store that has keys has said.
 *
 * What is too long is cut off, and then is no record.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/store_answer.h"

/* Read a worker ID of a key; false if it is none. */
bool
store_answer_read_worker(const char *digits, int *worker)
{
	if (digits == NULL || strlen(digits) != STORE_WORKER_DIGITS || strspn(digits, "0123456789") != STORE_WORKER_DIGITS)
		return false;
	*worker = atoi(digits);
	return *worker <= LEASE_MAX_WORKER;
}

void
store_answer_take_pool(LeaseAnswer *answer, const char *text)
{
	answer->has_pool = true;
	strlcpy(answer->pool, text, LEASE_POOL_SIZE);
}

void
store_answer_take_record(LeaseWorker *worker, const char *text)
{
	worker->has_record = true;
	strlcpy(worker->record, text, LEASE_RECORD_SIZE);
}

void
store_answer_take_hold(LeaseWorker *worker, const char *text)
{
	worker->is_held = true;
	strlcpy(worker->hold_nonce, text, LEASE_NONCE_SIZE);
}

static int
compare_workers(const void *left, const void *right)
{
	return ((const LeaseWorker *) left)->worker - ((const LeaseWorker *) right)->worker;
}

/* Make one of the record and the hold of each worker. */
void
store_answer_merge_workers(LeaseAnswer *answer)
{
	int			merged = 0;

	qsort(answer->workers, answer->worker_count, sizeof(LeaseWorker), compare_workers);
	for (int i = 0; i < answer->worker_count; i++)
	{
		LeaseWorker *next = &answer->workers[i];
		LeaseWorker *last = merged == 0 ? NULL : &answer->workers[merged - 1];

		if (last == NULL || last->worker != next->worker)
			answer->workers[merged++] = *next;
		else if (next->has_record)
			store_answer_take_record(last, next->record);
		else
			store_answer_take_hold(last, next->hold_nonce);
	}
	answer->worker_count = merged;
}

/* Note what became of a take. */
void
store_answer_take_range(LeaseTaken *taken, LeaseTakeResult result, int64 first, uint64 identity, const char *error)
{
	taken->result = result;
	taken->first = first;
	taken->identity = identity;
	taken->token = 0;
	taken->epoch = 0;
	taken->is_free = false;
	taken->count = 0;
	strlcpy(taken->error, error, LEASE_TAKE_ERROR_SIZE);
	store_answer_clean(taken->error);
}

/* Make ASCII in one line of a text for people. */
void
store_answer_clean(char *error)
{
	for (char *byte = error; *byte != '\0'; byte++)
		if (*byte < ' ' || *byte > '~')
			*byte = '?';
}

void
store_answer_clean_error(LeaseAnswer *answer)
{
	store_answer_clean(answer->error);
}
