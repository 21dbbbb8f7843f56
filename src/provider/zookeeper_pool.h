/*-------------------------------------------------------------------------
 *
 * zookeeper_pool.h
 *	  Pools in ZooKeeper: their nodes, and what operations do with them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ZOOKEEPER_POOL_H
#define IDGEN_ZOOKEEPER_POOL_H

#include "bits/lease_operation.h"
#include "provider/zookeeper_address.h"
#include "provider/zookeeper_requests.h"

/* Holds the path of any node. */
#define ZOOKEEPER_PATH_SIZE (ZOOKEEPER_LONGEST_PATH + 128)

/* Holds the name of a marker. */
#define ZOOKEEPER_MARKER_SIZE 32

typedef struct ZookeeperPool
{
	char		parent[ZOOKEEPER_PATH_SIZE];	/* of all pools */
	char		base[ZOOKEEPER_PATH_SIZE];	/* of this one */
	struct ACL	node_acl;
	struct ACL	holds_acl;
	struct ACL_vector node_rights;
	struct ACL_vector holds_rights; /* children may be deleted, too */
} ZookeeperPool;

/* What has been read for an operation. */
typedef struct ZookeeperView
{
	char		marker[ZOOKEEPER_MARKER_SIZE];	/* empty: there is none */
	const ZookeeperRequest *pool;
	const ZookeeperRequest *written;	/* "changes", by the write before;
										 * NULL: none */
	const ZookeeperRequest *changes;
	const ZookeeperRequest *record; /* of the worker, or the names of all */
	const ZookeeperRequest *hold;	/* likewise; NULL: not asked for */
	bool		is_steady;		/* pool and record were as they are while the
								 * hold was read */
} ZookeeperView;

/* What a view means for an operation. */
typedef enum ZookeeperVerdict
{
	ZOOKEEPER_IS_DONE,			/* applied, without a write */
	ZOOKEEPER_MUST_WRITE,		/* a transaction has to be sent */
	ZOOKEEPER_IS_REFUSED,
	ZOOKEEPER_IS_UNCLEAR,		/* pool or record changed in between, so that
								 * its parts may never have been there
								 * together */
	ZOOKEEPER_IS_NOT_PREPARED,	/* a transaction would have to be sent, but
								 * there is no marker */
} ZookeeperVerdict;

extern void zookeeper_pool_init(ZookeeperPool *pool, const ZookeeperAddress *address, const LeaseAddress *lease);
extern ZookeeperBatch *zookeeper_pool_prepare(zhandle_t *handle, const ZookeeperPool *pool, uint64 random);
extern bool zookeeper_pool_is_prepared(const ZookeeperBatch *batch, LeaseAnswer *answer);
extern ZookeeperBatch *zookeeper_pool_look(zhandle_t *handle, const ZookeeperPool *pool,
										   const LeaseOperation *operation, bool with_write);
extern void zookeeper_pool_view(const ZookeeperBatch *batch, const LeaseOperation *operation, bool with_write,
								ZookeeperView *view);
extern ZookeeperVerdict zookeeper_pool_judge(const ZookeeperView *view, const LeaseOperation *operation, int64 session);
extern ZookeeperBatch *zookeeper_pool_write(zhandle_t *handle, const ZookeeperPool *pool, const ZookeeperView *view,
											const LeaseOperation *operation);
extern void zookeeper_pool_answer(const ZookeeperView *view, const LeaseOperation *operation, LeaseAnswer *answer);
extern void zookeeper_pool_note_change(const struct Stat *changes, bool is_now, LeaseAnswer *answer);
extern int	zookeeper_pool_list(const ZookeeperView *view, LeaseWorker *workers, int *records);
extern ZookeeperBatch *zookeeper_pool_read(zhandle_t *handle, const ZookeeperPool *pool, const LeaseWorker *workers,
										   int records, int count);
extern bool zookeeper_pool_take_workers(const ZookeeperBatch *batch, const ZookeeperRequest *pool_before, int records,
										LeaseAnswer *answer);

extern void zookeeper_pool_find_marker(const ZookeeperRequest *names, char *marker);
extern uint64 zookeeper_pool_incarnation(const char *marker);

#endif							/* IDGEN_ZOOKEEPER_POOL_H */
