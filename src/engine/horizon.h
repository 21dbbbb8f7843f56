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

/* For readers. */
extern uint64 horizon_read(PositionSource *source, bool all_databases);
extern bool horizon_holds(PositionSource *source, uint64 id);

/* For processes that issue IDs. */
extern void horizon_join(PositionSource *source, bool is_server);

/* For others of this folder. */
extern bool horizon_is_beyond(const PositionSource *source, uint64 position);
extern void horizon_count_reset(void);
extern void horizon_forget_from(Timeline *timeline, const SnowflakeLayout *layout, int64 start_us);
extern uint64 horizon_timeline_id(const Timeline *timeline, const SnowflakeLayout *layout, uint64 position);
extern uint64 horizon_server_id(SharedArea *area, uint64 position);

#endif							/* IDGEN_HORIZON_H */
