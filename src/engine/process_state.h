/*-------------------------------------------------------------------------
 *
 * process_state.h
 *	  State that belongs to one process alone: the random words that it has not
 *	  used yet, and what its last IDs were.
 *
 * No other process may continue from this state, or two would issue the same
 * IDs, and nothing needs to read it in a core file.  So it lies in memory of
 * its own, which a child finds full of zeros after any fork(), including forks
 * that PostgreSQL does not know of.
 *
 * For every member, zero means "none yet", and no pointer to a member is kept
 * in a variable that outlives a call.  Only one process uses the state, so no
 * lock guards it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_PROCESS_STATE_H
#define IDGEN_PROCESS_STATE_H

#include "bits/uuid_bits.h"

/* Nearly 4 kB: spreads the cost of a system call, and leaves room for the rest in one page. */
#define RANDOM_WORDS 496

/* The last UUID of version 7. */
typedef struct UuidV7State
{
	int64		unix_ns;
	uint64		tail;			/* below 2^UUID_TAIL_BITS */
} UuidV7State;

/* The last UUID of version 1 or 6 with a node of this process.  Such a node is never 0. */
typedef struct GregorianState
{
	UuidGregorian last;
	uint16		first_sequence; /* the node's first clock sequence */
} GregorianState;

typedef struct ProcessState
{
	uint64		words[RANDOM_WORDS];
	int			words_left;		/* unused words: words[0 .. words_left - 1] */
	UuidV7State uuidv7;
	UuidBits	ulid;
	GregorianState gregorian;
} ProcessState;

StaticAssertDecl(sizeof(ProcessState) <= 4096, "the state of a process fits the smallest page");

/* NULL until process_state() is first called. */
extern ProcessState *process_state_mapped;

extern void process_state_map(void);

/*
 * The state of this process.  ERROR OUT_OF_MEMORY if it cannot be mapped, at
 * the first call only.
 */
static inline ProcessState *
process_state(void)
{
	if (unlikely(process_state_mapped == NULL))
		process_state_map();
	return process_state_mapped;
}

#endif							/* IDGEN_PROCESS_STATE_H */
