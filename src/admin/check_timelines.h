/*-------------------------------------------------------------------------
 *
 * check_timelines.h
 *	  What idgen_check() finds about timelines: where IDs are, and whether they can go on.
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
