/*-------------------------------------------------------------------------
 *
 * uuid_moment.h
 *	  Moments that 48 bits of ms since 1970 can hold, as in UUIDs of version 7 and ULIDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_MOMENT_H
#define IDGEN_UUID_MOMENT_H

#include "datatype/timestamp.h"

extern int64 timestamptz_to_uuid_us(TimestampTz moment, const char *moment_is, const char *kind);

#endif							/* IDGEN_UUID_MOMENT_H */
