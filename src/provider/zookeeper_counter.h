/*-------------------------------------------------------------------------
 *
 * zookeeper_counter.h
 *	  Counters in ZooKeeper: taking ranges of numbers from them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ZOOKEEPER_COUNTER_H
#define IDGEN_ZOOKEEPER_COUNTER_H

#include "bits/counter_record.h"
#include "provider/zookeeper_pool.h"

/* The takes of an operation that is under way. */
typedef struct ZookeeperTakes
{
	bool		is_open[LEASE_MOST_TAKES];	/* neither taken nor declined yet */
	char		marker[ZOOKEEPER_MARKER_SIZE];	/* empty: there is none */
	CounterRecord wanted[LEASE_MOST_TAKES]; /* what records are to become */
	int			versions[LEASE_MOST_TAKES]; /* of what they replace */
	bool		is_refused;		/* LEASE_MAKE_COUNTER, LEASE_RETURN: nothing
								 * is to be written */
} ZookeeperTakes;

extern bool zookeeper_counter_is_about(const LeaseOperation *operation);
extern void zookeeper_counter_begin(ZookeeperTakes *takes, const LeaseOperation *operation, LeaseAnswer *answer);
extern ZookeeperBatch *zookeeper_counter_look(zhandle_t *handle, const ZookeeperPool *pool, ZookeeperTakes *takes,
											  const LeaseOperation *operation);
extern void zookeeper_counter_see(const ZookeeperBatch *batch, ZookeeperTakes *takes, const LeaseOperation *operation,
								  LeaseAnswer *answer);
extern bool zookeeper_counter_is_done(const ZookeeperTakes *takes, const LeaseOperation *operation);
extern ZookeeperBatch *zookeeper_counter_write(zhandle_t *handle, const ZookeeperPool *pool,
											   const ZookeeperTakes *takes, const LeaseOperation *operation);
extern bool zookeeper_counter_take(const ZookeeperBatch *batch, ZookeeperTakes *takes,
								   const LeaseOperation *operation, LeaseAnswer *answer);

#endif							/* IDGEN_ZOOKEEPER_COUNTER_H */
