/*-------------------------------------------------------------------------
 *
 * origin.h
 *	  A number that outlives the server: the progress of a replication origin.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ORIGIN_H
#define IDGEN_ORIGIN_H

#include "access/xlogdefs.h"
#include "fmgr.h"

#include "base/compat.h"

#define ORIGIN_NAME "idgen"

typedef enum OriginStatus
{
	ORIGIN_ACQUIRED,			/* locked against being dropped */
	ORIGIN_MISSING,
	ORIGIN_LOCKED,				/* by another transaction */
	ORIGIN_IN_CREATION,			/* by another session */
	ORIGIN_NO_WORKER,			/* no background worker to create it */
} OriginStatus;

/* Why origin_try_write() failed, for a message. */
typedef struct OriginFailure
{
	char		reason[256];
} OriginFailure;

extern bool origin_try_read(uint64 *value);
extern OriginStatus origin_probe(void);
extern OriginStatus origin_acquire(ReplOriginId *origin);
pg_noreturn extern void origin_report(OriginStatus status);
extern void origin_release(ReplOriginId origin);
extern XLogRecPtr origin_write(ReplOriginId origin, uint64 value, bool backward);
extern bool origin_try_write(ReplOriginId origin, uint64 known_value, uint64 value,
							 XLogRecPtr *wal_end, OriginFailure *failure);

extern PGDLLEXPORT void idgen_create_origin(Datum database);

#endif							/* IDGEN_ORIGIN_H */
