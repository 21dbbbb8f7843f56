/*-------------------------------------------------------------------------
 *
 * uuid_time.h
 *	  Timestamps as 48 bits of ms since 1970, which UUIDs of version 7 and ULIDs hold.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_TIME_H
#define IDGEN_UUID_TIME_H

#include "datatype/timestamp.h"

extern int64 timestamptz_to_uuid_us(TimestampTz moment, bool is_shifted, const char *kind);

#endif							/* IDGEN_UUID_TIME_H */
