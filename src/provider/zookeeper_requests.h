/*-------------------------------------------------------------------------
 *
 * zookeeper_requests.h
 *	  Requests to ZooKeeper that are under way together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ZOOKEEPER_REQUESTS_H
#define IDGEN_ZOOKEEPER_REQUESTS_H

#include <zookeeper/zookeeper.h>

/* Parts of a transaction. */
#define ZOOKEEPER_MOST_PARTS 6

typedef struct ZookeeperBatch ZookeeperBatch;

/* A request, and its answer. */
typedef struct ZookeeperRequest
{
	ZookeeperBatch *batch;
	int			result;			/* ZOK, ZNONODE, ... */
	struct Stat stat;			/* of the node */
	char	   *data;			/* its data, or the names of its children,
								 * each after a slash; NULL: none */
	int			length;			/* of data */
	zoo_op_result_t parts[ZOOKEEPER_MOST_PARTS];
} ZookeeperRequest;

struct ZookeeperBatch
{
	int			count;
	int			pending;		/* have not been answered yet */
	bool		is_abandoned;	/* nobody waits for the answers */
	ZookeeperRequest requests[FLEXIBLE_ARRAY_MEMBER];
};

extern ZookeeperBatch *zookeeper_batch_create(int most);
extern void zookeeper_batch_end(ZookeeperBatch *batch);
extern bool zookeeper_is_answer(int result);
extern int	zookeeper_batch_result(const ZookeeperBatch *batch);

extern void zookeeper_sync(zhandle_t *handle, ZookeeperBatch *batch, const char *path);
extern void zookeeper_get(zhandle_t *handle, ZookeeperBatch *batch, const char *path);
extern void zookeeper_get_children(zhandle_t *handle, ZookeeperBatch *batch, const char *path);
extern void zookeeper_set(zhandle_t *handle, ZookeeperBatch *batch, const char *path);
extern void zookeeper_create(zhandle_t *handle, ZookeeperBatch *batch, const char *path, const struct ACL_vector *acl);
extern ZookeeperRequest *zookeeper_next_request(ZookeeperBatch *batch);
extern void zookeeper_transact(zhandle_t *handle, ZookeeperRequest *request, int count, const zoo_op_t *parts);

#endif							/* IDGEN_ZOOKEEPER_REQUESTS_H */
