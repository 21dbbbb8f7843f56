/*-------------------------------------------------------------------------
 *
 * lease_needs.h
 *	  What the machine of leases is told: the terms of this server, and what is
 *	  needed now.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_NEEDS_H
#define IDGEN_LEASE_NEEDS_H

#include "bits/lease_record.h"

/* What the server's configuration says.  Times in us. */
typedef struct LeaseTerms
{
	const char *layout;			/* of the server's IDs, in words */
	int			datacenter;		/* of the server; 0 if the layout has none */
	const char *holder;			/* a name for this server, the same after a
								 * restart */
	int			ttl_ms;			/* how long a hold outlives its last keeping */
	int64		reach_us;		/* how far a fence may be ahead */
	int64		drift_us;		/* a claimed worker's IDs may begin this far
								 * ahead of the clock */
	int64		doubt_us;		/* how far IDs may be ahead of the clock
								 * anywhere */
	int64		max_skew_us;	/* claims are refused if the store's clock
								 * differs by more */
} LeaseTerms;

/* What is wanted of the machine now.  Times in us since 1970. */
typedef struct LeaseNeeds
{
	int64		now_us;			/* the system clock */
	bool		worker;			/* hold a worker ID, if none is held */
	bool		extension;		/* put the fence beyond wanted_us */
	int64		wanted_us;		/* end of the IDs that have been asked for; 0:
								 * none */
	bool		keep;			/* the hold has to be kept */
	bool		release;		/* give up the worker ID: the server issues no
								 * more under it ... */
	int64		used_until_us;	/* ... and has issued none at or after this
								 * time */
	int64		latest_start_us;	/* claim a worker ID only if its IDs can
									 * begin here; PG_INT64_MAX: any */
	char		nonce[LEASE_NONCE_SIZE];	/* random, and never given before */
} LeaseNeeds;

#endif							/* IDGEN_LEASE_NEEDS_H */
