/*-------------------------------------------------------------------------
 *
 * horizon.h
 *	  The least ID that an open transaction may still commit.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HORIZON_H
#define IDGEN_HORIZON_H

#include "engine/timeline.h"

extern uint64 horizon_read(PositionSource *source, bool all_databases);
extern bool horizon_is_own(PositionSource *source, uint64 id);
extern uint64 horizon_greatest(Timeline *timeline);
extern int64 horizon_end_us(Timeline *timeline);
extern void horizon_join(PositionSource *source, bool is_server);

#endif							/* IDGEN_HORIZON_H */
