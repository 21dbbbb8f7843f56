/*-------------------------------------------------------------------------
 *
 * random.c
 *	  A pool of random words for each process.
 *
 * All randomness comes from pg_strong_random().  A word is handed out once and
 * wiped as it is handed out, so no later bug that leaks memory shows what was used.
 * The pool lies in the state of the process, so a child has none and draws its own,
 * and a core file does not show what is still to be used.  What nobody here can notice
 * is a running machine that is cloned: both go on with the same pool, and with the same
 * state of the system's generator for a while.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/process_state.h"
#include "engine/random.h"

static void
refill_pool(ProcessState *state)
{
	if (!pg_strong_random(state->words, sizeof(state->words)))
		ereport(ERROR,
				errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	state->words_left = RANDOM_WORDS;
}

/* 64 random bits.  INTERNAL_ERROR if the system gives none, and the errors of process_state(). */
uint64
random_word(void)
{
	ProcessState *state = process_state();
	uint64		word;

	if (unlikely(state->words_left == 0))
		refill_pool(state);

	/* The pool is visible to pg_strong_random(), so this store is not elided. */
	word = state->words[--state->words_left];
	state->words[state->words_left] = 0;
	return word;
}
