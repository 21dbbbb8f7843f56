/*-------------------------------------------------------------------------
 *
 * ulid_time.h
 *	  The time of a ULID, and back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ULID_TIME_H
#define IDGEN_ULID_TIME_H

#include "datatype/timestamp.h"

extern int64 timestamptz_to_ulid_ms(TimestampTz moment);

#endif							/* IDGEN_ULID_TIME_H */
