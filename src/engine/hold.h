/*-------------------------------------------------------------------------
 *
 * hold.h
 *	  From which positions on a transaction may have taken some, for readers of
 *	  horizons.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HOLD_H
#define IDGEN_HOLD_H

#include "engine/shmem.h"

/* keys[0] of a hold with more generators than it has room for. */
#define HOLD_KEY_MANY PG_UINT32_MAX

/* So many slots are fetched ahead of the one that is read. */
#define HOLDS_AHEAD 16

/*
 * What a source has stored in the hold of a transaction: it may take positions
 * from here on.
 */
typedef struct HeldBySource
{
	uint32		transaction;	/* compat_local_transaction(); 0: none */
	uint64		position;
} HeldBySource;

/* A copy of a hold, with positions as the timelines have them. */
typedef struct HoldView
{
	bool		has_server;
	bool		has_unique_times;
	bool		has_many;		/* generators: all those with bits in keys */
	int			generators;
	uint64		server;
	uint64		unique_times;
	uint64		generator[HOLD_GENERATORS];
	uint32		key[HOLD_GENERATORS];
	uint64		many;
} HoldView;

extern uint32 hold_transaction(void);
extern void hold_stop_readers(void);
extern void hold_from(HeldBySource *held, Timeline *timeline, uint64 position);
extern void hold_fetch(SharedArea *area, int number);
extern bool hold_read(SharedArea *area, int number, HoldView *view);
extern bool hold_read_own(HoldView *view);
extern uint64 hold_many_bit(uint32 key);

#endif							/* IDGEN_HOLD_H */
