/*-------------------------------------------------------------------------
 *
 * id_bounds.h
 *	  Moments as bounds on IDs of the default layout.
 *
 * An ID's time is the start of its tick.  So IDs whose time is at or before a
 * moment are those up to the last of the moment's tick, and IDs whose time is at
 * or after it are those from the first of the first tick that starts then.
 * Before the epoch the last one is -1, so that no ID is up to it.  Past the end of
 * the layout both are the largest of all IDs: there is no number that all IDs
 * are below.  Infinities are moments like others, and nothing is an error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ID_BOUNDS_H
#define IDGEN_ID_BOUNDS_H

#include "datatype/timestamp.h"

extern int64 first_id_at(TimestampTz moment);
extern int64 first_id_from(TimestampTz moment);
extern int64 last_id_at(TimestampTz moment);
extern int64 last_id_before(TimestampTz moment);

#endif							/* IDGEN_ID_BOUNDS_H */
