/*-------------------------------------------------------------------------
 *
 * lease_record.h
 *	  What a coordination store keeps of leased worker IDs, as text.
 *
 * A pool is a range of worker IDs that servers share.  For each worker ID the
 * store keeps a record, which is never deleted: the worker ID's holder, and the
 * fence below which the holder may issue IDs.  One more record is the pool's.
 *
 * Records are text, so that people can read them in the store.  A store
 * compares them byte for byte, and knows nothing of what they mean.
 *
 * No fmgr, no shared memory, no allocation, no errors raised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_RECORD_H
#define IDGEN_LEASE_RECORD_H

#include "bits/layout_text.h"

/* Holds any record, with the terminating zero byte. */
#define LEASE_RECORD_SIZE 320

/* Holds the record of any pool. */
#define LEASE_POOL_SIZE (2 * LAYOUT_TEXT_SIZE + 512)

/* Holds a nonce as 32 hexadecimal digits. */
#define LEASE_NONCE_SIZE 33

/* Holds the name of a holder, which is for people. */
#define LEASE_HOLDER_SIZE 128

/* The largest worker ID. */
#define LEASE_MAX_WORKER ((1 << 24) - 1)

/* A nonce is 128 random bits as 32 hexadecimal digits. */
typedef struct LeaseRecord
{
	char		nonce[LEASE_NONCE_SIZE];	/* new for each claim */
	int64		epoch;			/* counts claims, 1 .. */
	int64		fence_us;		/* the holder issues below it, and the next
								 * one from it on; us since 1970 */
	int64		acknowledged;	/* number of the last proposed layout that the
								 * holder has seen */
	char		holder[LEASE_HOLDER_SIZE];
} LeaseRecord;

typedef struct LeasePool
{
	char		identity[LEASE_NONCE_SIZE]; /* new when the store may have
											 * lost data */
	int			datacenter;		/* of all holders */
	int			first_worker;
	int			last_worker;
	int64		reach_us;		/* the most that a holder lets a fence be
								 * ahead of its IDs and its clock */
	int64		floor_us;		/* claims begin here, or at a fence that is
								 * later; us since 1970 */
	uint64		incarnation;	/* of the store, as its provider reports it;
								 * 0: unknown */
	int64		proposal;		/* number of the last proposed layout; 0: none
								 * yet */
	char		layout[LAYOUT_TEXT_SIZE];
	char		proposed[LAYOUT_TEXT_SIZE]; /* a layout, or empty if none is
											 * proposed now */
} LeasePool;

extern bool lease_record_read(const char *str, LeaseRecord *record);
extern void lease_record_write(const LeaseRecord *record, char *str);
extern bool lease_pool_read(const char *str, LeasePool *pool);
extern void lease_pool_write(const LeasePool *pool, char *str);
extern void lease_holder_clean(const char *holder, char *clean);
extern void lease_nonce_write(const uint8 *random16, char *nonce);

#endif							/* IDGEN_LEASE_RECORD_H */
