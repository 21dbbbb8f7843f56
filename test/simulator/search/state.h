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
#define MOST_REQUESTS 3
#define MOST_TIMES 3

/* What is searched. */
typedef struct Bounds
{
	int			claims;			/* that are applied */
	int			requests;		/* under way at a time */
	int			times;			/* 0 .. times - 1 may be issued */
} Bounds;

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
	Pending		pending[MOST_REQUESTS];
	SmallStore	store;
	uint8		issued;			/* a bit for each time */
	uint8		is_broken;		/* one was issued twice */
} State;

/* Of each server. */
typedef enum ServerStep
{
	STEP_CLAIM,
	STEP_KEEP,
	STEP_RELEASE,
	STEP_GIVE_UP,
	STEP_RESTART,
	STEP_EXTEND,				/* beyond each time */
	STEP_ISSUE = STEP_EXTEND + MOST_TIMES,	/* with each clock */
	SERVER_STEPS = STEP_ISSUE + MOST_TIMES,
} ServerStep;

/* Of each request. */
typedef enum MessageStep
{
	STEP_APPLY,
	STEP_DELIVER,
	STEP_LOSE,
	MESSAGE_STEPS,
} MessageStep;

/* The last one is that a hold expires. */
#define STATE_STEPS (SERVERS * SERVER_STEPS + MOST_REQUESTS * MESSAGE_STEPS + 1)

extern bool state_take_step(State *state, const Bounds *bounds, int step);
extern void state_sort(State *state);
extern void state_print(const State *state, int step);

#endif							/* IDGEN_STATE_H */
