/*-------------------------------------------------------------------------
 *
 * process_state.h
 *	  What belongs to one process alone: the random words that it has not used yet, and
 *	  what its last IDs were.
 *
 * No other process may go on from these, or two would issue the same IDs, and none needs
 * to read them in a core file.  So they lie in memory of their own, which a child finds
 * full of zeros after any fork(), also one that PostgreSQL does not know of.
 *
 * Every member is "none yet" when it is zero, and no pointer to a member is kept in a
 * variable that lasts.  One process uses it, so nothing guards it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_PROCESS_STATE_H
#define IDGEN_PROCESS_STATE_H

#include "bits/uuid_bits.h"

/* Nearly 4 kB, to spread the cost of a call to the system, with room for the rest in a page. */
#define RANDOM_WORDS 496

/* The last UUID of version 7. */
typedef struct UuidV7State
{
	int64		unix_ns;
	uint64		tail;			/* below 2^UUID_TAIL_BITS */
} UuidV7State;

/* The last UUID of version 1 or 6 with a node of the process's own.  A node is never 0. */
typedef struct GregorianState
{
	UuidGregorian last;
	uint16		first_sequence; /* clock sequence that the node began with */
} GregorianState;

typedef struct ProcessState
{
	uint64		words[RANDOM_WORDS];
	int			words_left;		/* unused words: words[0 .. words_left - 1] */
	UuidV7State	uuidv7;
	UuidBits	ulid;
	GregorianState gregorian;
} ProcessState;

StaticAssertDecl(sizeof(ProcessState) <= 4096, "the state of a process fits the smallest page");

/* NULL until it is first asked for. */
extern ProcessState *process_state_mapped;

extern void process_state_map(void);

/* The state of this process.  OUT_OF_MEMORY if there is no room for it, at the first call only. */
static inline ProcessState *
process_state(void)
{
	if (unlikely(process_state_mapped == NULL))
		process_state_map();
	return process_state_mapped;
}

#endif							/* IDGEN_PROCESS_STATE_H */
