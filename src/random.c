/*-------------------------------------------------------------------------
 *
 * random.c
 *	  A pool of random words for each process.
 *
 * All randomness comes from pg_strong_random().  A word is handed out once and
 * wiped as it is handed out, so neither a later bug that leaks memory nor a
 * core file shows what was used (it does show what is still to be used).  A
 * process that inherits a pool through fork() throws it away.  What nobody here
 * can notice is a virtual machine that is resumed twice from one snapshot: both go
 * on with the same pool.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "random.h"

/* 4 kB: large enough to spread the cost of a call to the system. */
#define POOL_WORDS 512

static uint64 pool[POOL_WORDS];
static int	pool_left = 0;		/* unused words: pool[0 .. pool_left - 1] */
static int	pool_pid = 0;		/* process that drew the pool */

static void
refill_pool(void)
{
	pool_left = 0;
	if (!pg_strong_random(pool, sizeof(pool)))
		ereport(ERROR,
				errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	pool_pid = MyProcPid;
	pool_left = POOL_WORDS;
}

/* 64 random bits.  ERROR if the system gives none. */
uint64
random_word(void)
{
	uint64		word;

	if (unlikely(pool_left == 0 || pool_pid != MyProcPid))
		refill_pool();

	/* The pool is visible to pg_strong_random(), so this store is not elided. */
	word = pool[--pool_left];
	pool[pool_left] = 0;
	return word;
}
