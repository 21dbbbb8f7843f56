/*-------------------------------------------------------------------------
 *
 * random.c
 *	  A pool of random words for each process.
 *
 * All randomness comes from pg_strong_random().  A word is used once and wiped
 * when it is handed out, so that no later bug that leaks memory reveals it.
 * The pool lies in the state of the process, so a child starts without one and
 * fills its own, and core files do not contain unused words.  One case cannot
 * be noticed here: if a running machine is cloned, both copies continue with
 * the same pool and, for a while, with the same state of the system's random
 * number generator.
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

/*
 * 64 random bits.  ERROR INTERNAL_ERROR if the system provides none, and the
 * errors of process_state().
 */
uint64
random_word(void)
{
	ProcessState *state = process_state();
	uint64		word;

	if (unlikely(state->words_left == 0))
		refill_pool(state);

	/*
	 * The pool is visible to pg_strong_random(), so the compiler does not
	 * elide this store.
	 */
	word = state->words[--state->words_left];
	state->words[state->words_left] = 0;
	return word;
}
