/*-------------------------------------------------------------------------
 *
 * state.h
 *	  A state of two servers and a store, and the steps to others, for search.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_STATE_H
#define IDGEN_STATE_H

#include "small.h"

#define SERVERS 2
#define REQUESTS 2				/* under way at a time */
#define TIMES 2					/* 0 .. TIMES - 1 may be issued */

/* All is bytes, so that equal states have equal bytes. */
typedef struct Server
{
	SmallMachine machine;
	uint8		is_published;
	uint8		start;			/* as published */
	uint8		until;
	uint8		next;			/* the worker's timeline */
} Server;

/* An operation under way, or its answer. */
typedef struct Pending
{
	uint8		is_used;
	uint8		is_applied;		/* the answer is under way */
	uint8		is_given_up;	/* nobody waits for the answer */
	uint8		server;			/* that waits */
	uint8		outcome;
	SmallRequest request;
	SmallStore	found;
} Pending;

typedef struct State
{
	Server		servers[SERVERS];
	Pending		pending[REQUESTS];
	SmallStore	store;
	uint8		issued;			/* a bit for each time */
	uint8		is_broken;		/* one was issued twice */
} State;

extern int	state_steps(void);
extern bool state_take_step(State *state, int most_claims, int step);
extern void state_sort(State *state);
extern void state_print(const State *state, int step);

#endif							/* IDGEN_STATE_H */
