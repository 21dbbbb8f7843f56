/*-------------------------------------------------------------------------
 *
 * check_timelines.h
 *	  What idgen_check() finds about timelines: how far they are, and whether they can
 *	  continue.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_TIMELINES_H
#define IDGEN_CHECK_TIMELINES_H

#include "nodes/execnodes.h"

#include "bits/layout.h"
#include "engine/shmem.h"

extern void check_timelines(ReturnSetInfo *result, const SnowflakeLayout *layout);
extern void check_can_continue(ReturnSetInfo *result, const char *subject, const SnowflakeLayout *layout,
							   Timeline *timeline);

#endif							/* IDGEN_CHECK_TIMELINES_H */
