/*-------------------------------------------------------------------------
 *
 * reset.h
 *	  Setting the timelines back or forward by hand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RESET_H
#define IDGEN_RESET_H

#include "engine/shmem.h"

/* The time at which IDs are to begin. */
typedef struct ResetRequest
{
	uint64		start_us;		/* start of a tick, in us since 1970 */
	bool		is_asked;		/* false: start_us is the clock's, and is set
								 * to where IDs begin */
	bool		force;			/* even if IDs might repeat */

	/* Does a timeline belong to the server's present node?  Must not raise. */
	bool		(*is_of_present_node) (const Timeline *timeline);
} ResetRequest;

/* The IDs that could be issued again lie below these times, in us since 1970. */
typedef struct IssuedBefore
{
	uint64		loaded_us;		/* IDs issued before the last start */
	uint64		present_end_us; /* IDs of the server's present node */
	uint64		kept_end_us;	/* IDs of generators that keep their node */
} IssuedBefore;

extern bool reset_timelines(ResetRequest *request, IssuedBefore *issued);

#endif							/* IDGEN_RESET_H */
