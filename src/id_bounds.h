/*-------------------------------------------------------------------------
 *
 * id_bounds.h
 *	  Moments as bounds on IDs of the default layout.
 *
 * An ID's time is the start of its tick.  So IDs whose time is at or before a
 * moment are those up to the last of the moment's tick, and all comparisons
 * with times come down to "up to the last ID before" and "up to the last ID at"
 * a moment.  There is no such ID before the epoch: that is -1, so that no ID is
 * up to it and all are above it.  Past the end of the layout it is the last of
 * all IDs.  Infinities are moments like others, and nothing is an error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ID_BOUNDS_H
#define IDGEN_ID_BOUNDS_H

#include "datatype/timestamp.h"

extern int64 first_id_at(TimestampTz moment);
extern int64 last_id_at(TimestampTz moment);
extern int64 last_id_before(TimestampTz moment);

#endif							/* IDGEN_ID_BOUNDS_H */
