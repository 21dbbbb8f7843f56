/*-------------------------------------------------------------------------
 *
 * prepared_hold.h
 *	  From which IDs on prepared transactions may have some.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_PREPARED_HOLD_H
#define IDGEN_PREPARED_HOLD_H

#include "engine/hold.h"
#include "engine/shmem.h"

/* A copy of a record. */
typedef struct PreparedView
{
	TransactionId xid;
	Oid			database;
	Oid			role;
	TimestampTz since;
	uint16		tags[PREPARED_IDS];
	uint64		ids[PREPARED_IDS];
} PreparedView;

/* Tags of IDs; those of a layout have another one. */
#define PREPARED_UNIQUE_TIMES 0x4902	/* positions of 128-bit IDs */
#define PREPARED_ALL 0x4903		/* all snowflake IDs */

extern void prepared_hold_init(void);
extern bool prepared_hold_regards(uint16 tag, Timeline *timeline, uint64 node_bits);
extern void prepared_hold_convert(SharedArea *area, const HoldView *hold, Oid database, PreparedView *view);
extern bool prepared_hold_load(SharedArea *area);
extern bool prepared_hold_read(SharedArea *area, int number, PreparedView *view);

#endif							/* IDGEN_PREPARED_HOLD_H */
