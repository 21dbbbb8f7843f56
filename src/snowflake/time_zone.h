/*-------------------------------------------------------------------------
 *
 * time_zone.h
 *	  When the clock of a time zone first shows a time, and when its hours begin.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TIME_ZONE_H
#define IDGEN_TIME_ZONE_H

#include "datatype/timestamp.h"
#include "pgtime.h"

extern Timestamp zone_clock_at(pg_tz *zone, TimestampTz moment);
extern TimestampTz zone_first_shows(pg_tz *zone, Timestamp local);
extern TimestampTz zone_next_hour(pg_tz *zone, TimestampTz moment);

#endif							/* IDGEN_TIME_ZONE_H */
