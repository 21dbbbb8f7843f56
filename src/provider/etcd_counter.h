/*-------------------------------------------------------------------------
 *
 * etcd_counter.h
 *	  Counters in etcd: taking ranges of numbers from them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ETCD_COUNTER_H
#define IDGEN_ETCD_COUNTER_H

#include "bits/counter_record.h"
#include "provider/etcd_pool.h"

/* A counter's record as it was last seen; empty: not known. */
typedef struct EtcdCounter
{
	char		name[COUNTER_LONGEST_NAME + 1];
	char		seen[COUNTER_RECORD_SIZE];
} EtcdCounter;

/* What a session knows of counters, and what it asks for now. */
typedef struct EtcdCounters
{
	EtcdCounter known[2 * LEASE_MOST_TAKES];
	int			next_known;		/* of known, to be forgotten next */

	/* Of the operation under way. */
	bool		is_open[LEASE_MOST_TAKES];	/* neither taken nor declined yet */
	char		wanted[LEASE_MOST_TAKES][COUNTER_RECORD_SIZE];	/* is written if the
																 * record is what was
																 * seen */
} EtcdCounters;

extern void etcd_counter_begin(EtcdCounters *counters, const LeaseOperation *operation, LeaseAnswer *answer);
extern const char *etcd_counter_request(EtcdCounters *counters, const char *base, const LeaseOperation *operation,
										LeaseAnswer *answer, StringInfo json);
extern EtcdVerdict etcd_counter_answer(EtcdCounters *counters, const LeaseOperation *operation,
									   const JsonbContainer *root, LeaseAnswer *answer);
extern bool etcd_counter_is_done(const EtcdCounters *counters, const LeaseOperation *operation);

#endif							/* IDGEN_ETCD_COUNTER_H */
