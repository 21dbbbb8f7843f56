/*-------------------------------------------------------------------------
 *
 * lease_choice.c
 *	  Choosing a worker ID to claim.
 *
 * Best is the one that this server had last; then one that was never used; then
 * any whose IDs can begin at the clock.  A worker ID whose last holder wrote a
 * fence that is ahead rests until then: nobody would get IDs from it.  Among
 * equals, a nonce decides, so that servers that start together do not all try
 * the same one.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/lease_choice.h"
#include "bits/seeded_random.h"

/* How good a worker ID is for a claim, best first. */
typedef enum ChoiceRank
{
	CHOICE_OUR_LAST,			/* its last holder was this server */
	CHOICE_NEVER_USED,
	CHOICE_FREE,
	CHOICE_IMPOSSIBLE,
} ChoiceRank;

typedef struct Candidate
{
	ChoiceRank	rank;
	uint64		lot;			/* among equals, the least one wins */
	int			worker;
	const LeaseWorker *stored;	/* NULL: nothing is stored of it */
	LeaseRecord record;
} Candidate;

/* A search for the best candidate. */
typedef struct Choosing
{
	const LeasePool *pool;
	const LeaseTerms *terms;
	const LeaseNeeds *needs;
	uint64		seed;
	char		holder[LEASE_HOLDER_SIZE];	/* our name, as records have it */
	Candidate	best;
	int64		first_rested_us;
} Choosing;

static bool
is_better(const Candidate *one, const Candidate *other)
{
	return one->rank < other->rank || (one->rank == other->rank && one->lot < other->lot);
}

static void
consider(Choosing *choosing, int worker, const LeaseWorker *stored)
{
	const LeaseNeeds *needs = choosing->needs;
	Candidate	candidate = {
		.rank = CHOICE_NEVER_USED,
		.worker = worker,
		.stored = stored,
	};
	uint64		lot = choosing->seed + worker;
	int64		start_us;

	if (stored != NULL && stored->is_held)
		return;
	if (stored != NULL && stored->has_record)
	{
		if (!lease_record_read(stored->record, &candidate.record))
			return;
		candidate.rank = strcmp(candidate.record.holder, choosing->holder) == 0 ? CHOICE_OUR_LAST : CHOICE_FREE;
	}
	start_us = lease_start_us(choosing->pool, candidate.record.fence_us);
	if (start_us > needs->latest_start_us)
		return;
	if (start_us > lease_add_time(needs->now_us, choosing->terms->drift_us))
	{
		choosing->first_rested_us = Min(choosing->first_rested_us, start_us - choosing->terms->drift_us);
		return;
	}
	candidate.lot = seeded_word(&lot);
	if (is_better(&candidate, &choosing->best))
		choosing->best = candidate;
}

static int
compare_workers(const void *a, const void *b)
{
	int			one = ((const LeaseWorker *) a)->worker;
	int			other = ((const LeaseWorker *) b)->worker;

	return (one > other) - (one < other);
}

/* Sort the workers of an answer by their numbers. */
void
lease_sort_workers(const LeaseAnswer *answer)
{
	qsort(answer->workers, answer->worker_count, sizeof(LeaseWorker), compare_workers);
}

/* Consider each worker ID of the pool with what the answer stores of it. */
static void
consider_all(Choosing *choosing, const LeaseAnswer *answer)
{
	const LeasePool *pool = choosing->pool;
	int			next = pool->first_worker;

	lease_sort_workers(answer);
	for (int i = 0; i < answer->worker_count; i++)
	{
		const LeaseWorker *stored = &answer->workers[i];

		if (stored->worker < next || stored->worker > pool->last_worker)
			continue;
		for (; next < stored->worker; next++)
			consider(choosing, next, NULL);
		consider(choosing, next++, stored);
	}
	for (; next <= pool->last_worker; next++)
		consider(choosing, next, NULL);
}

/* The first 16 digits of a nonce as a number. */
static uint64
seed_of_nonce(const char *nonce)
{
	uint64		seed = 0;

	for (int i = 0; i < 16; i++)
		seed = seed << 4 | (nonce[i] <= '9' ? nonce[i] - '0' : nonce[i] - 'a' + 10);
	return seed;
}

/*
 * Choose a worker ID of the pool, as an answer to LEASE_READ has it.  Returns
 * false if none can be claimed now.  The workers of the answer are sorted.
 */
bool
lease_choose(const LeasePool *pool, const LeaseTerms *terms, const LeaseNeeds *needs, const LeaseAnswer *answer,
			 LeaseChoice *choice)
{
	Choosing	choosing = {
		.pool = pool,
		.terms = terms,
		.needs = needs,
		.seed = seed_of_nonce(needs->nonce),
		.best.rank = CHOICE_IMPOSSIBLE,
		.first_rested_us = PG_INT64_MAX,
	};
	const Candidate *best = &choosing.best;

	lease_holder_clean(terms->holder, choosing.holder);
	consider_all(&choosing, answer);
	memset(choice, 0, sizeof(LeaseChoice));
	choice->worker = best->worker;
	choice->record = best->record;
	choice->first_rested_us = choosing.first_rested_us;
	if (best->stored != NULL && best->stored->has_record)
		strlcpy(choice->record_text, best->stored->record, LEASE_RECORD_SIZE);
	return best->rank != CHOICE_IMPOSSIBLE;
}
