/*-------------------------------------------------------------------------
 *
 * ulid_type.h
 *	  Timestamps as times of ULIDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ULID_TYPE_H
#define IDGEN_ULID_TYPE_H

#include "datatype/timestamp.h"

extern int64 timestamptz_to_ulid_ms(TimestampTz moment);

#endif							/* IDGEN_ULID_TYPE_H */
