/*-------------------------------------------------------------------------
 *
 * reset.h
 *	  Setting the timelines by hand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RESET_H
#define IDGEN_RESET_H

#include "engine/shmem.h"

/* Where IDs are to begin. */
typedef struct ResetRequest
{
	uint64		start_us;		/* start of a tick, in us since 1970 */
	bool		is_asked;		/* if not, start_us is the clock's, and gets where IDs begin */
	bool		force;			/* even if IDs might repeat */

	/* Is a timeline one for the node that the server has now?  Raises nothing. */
	bool		(*is_of_present_node) (const Timeline *timeline);
} ResetRequest;

/* Which IDs could be issued again.  They lie below these times, in us since 1970. */
typedef struct IssuedBefore
{
	uint64		loaded_us;		/* those issued before the server was last started */
	uint64		present_end_us; /* those of the node that the server has now */
	uint64		kept_end_us;	/* those of generators that keep their node */
} IssuedBefore;

extern bool reset_timelines(ResetRequest *request, IssuedBefore *issued);

#endif							/* IDGEN_RESET_H */
