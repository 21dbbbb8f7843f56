/*-------------------------------------------------------------------------
 *
 * small.h
 *	  A machine, a request and a store in a few bytes, for search.c.
 *
 * Only what can matter later is kept, and in bytes alone, so that equal ones have equal
 * bytes.  A nonce is a number from 1 on; 0 stands for none.  There is one worker ID.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SMALL_H
#define IDGEN_SMALL_H

#include "bits/lease_machine.h"

typedef struct SmallRecord
{
	uint8		nonce;			/* 0: there is no record */
	uint8		epoch;
	uint8		fence;
} SmallRecord;

typedef struct SmallMachine
{
	uint8		is_held;
	uint8		is_attached;
	uint8		has_pool;
	uint8		is_in_doubt;
	uint8		has_choice;
	uint8		step;
	uint8		start;
	uint8		claim_fence;
	SmallRecord record;
	SmallRecord old_record;
	SmallRecord new_record;
} SmallMachine;

typedef struct SmallRequest
{
	uint8		kind;
	uint8		hold;
	uint8		hold_nonce;
	SmallRecord record;
	SmallRecord new_record;
} SmallRequest;

typedef struct SmallStore
{
	SmallRecord record;
	uint8		is_held;
	uint8		hold_nonce;
} SmallStore;

/* What a server wants of its machine. */
typedef struct SmallNeeds
{
	uint8		wanted;			/* 0: no extension */
	uint8		keep;
	uint8		release;
	uint8		used_until;
	uint8		nonce;			/* that no other has */
} SmallNeeds;

extern void small_begin(void);
extern bool small_next(SmallMachine *machine, const SmallNeeds *needs, SmallRequest *request);
extern void small_answer(SmallMachine *machine, LeaseOutcome outcome, const SmallStore *found);
extern LeaseOutcome small_apply(SmallStore *store, const SmallRequest *request);

#endif							/* IDGEN_SMALL_H */
