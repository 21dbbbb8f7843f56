/*-------------------------------------------------------------------------
 *
 * zookeeper_requests.c
 *	  Requests to ZooKeeper that are under way together.
 *
 * The requests of a session are done and answered in the order in which they
 * were sent, so that a batch of them takes one round trip.  The library calls
 * back for each, with its answer or with the loss of its connection, and
 * remembers until then where to write.  Hence a batch that is abandoned lives
 * on until the last call.
 *
 * Nothing here raises errors, as the library's frames lie between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/zookeeper_requests.h"

/* A batch for so many requests; NULL if there is no memory. */
ZookeeperBatch *
zookeeper_batch_create(int most)
{
	return calloc(1, offsetof(ZookeeperBatch, requests) + sizeof(ZookeeperRequest) * most);
}

/* Nobody waits for its answers any more. */
void
zookeeper_batch_end(ZookeeperBatch *batch)
{
	batch->is_abandoned = true;
	if (batch->pending > 0)
		return;
	for (int i = 0; i < batch->count; i++)
		free(batch->requests[i].data);
	free(batch);
}

/* Has a server done or declined what was asked, so that nothing of it can come later? */
bool
zookeeper_is_answer(int result)
{
	switch (result)
	{
		case ZOK:
		case ZUNIMPLEMENTED:
		case ZBADARGUMENTS:
		case ZNONODE:
		case ZNOAUTH:
		case ZBADVERSION:
		case ZNOCHILDRENFOREPHEMERALS:
		case ZNODEEXISTS:
		case ZNOTEMPTY:
		case ZINVALIDACL:
		case ZEPHEMERALONLOCALSESSION:
			return true;
		default:
			return false;
	}
}

/* A result that is no answer, if there is one, or else an answer that is not about whether nodes are there; or ZOK. */
int
zookeeper_batch_result(const ZookeeperBatch *batch)
{
	int			worst = ZOK;

	for (int i = 0; i < batch->count; i++)
	{
		int			result = batch->requests[i].result;

		if (!zookeeper_is_answer(result))
			return result;
		if (result != ZOK && result != ZNONODE && result != ZNODEEXISTS && result != ZBADVERSION)
			worst = result;
	}
	return worst;
}

/* ---------------------------------------------------------------------- answers */

static void
finish(ZookeeperRequest *request, int result)
{
	ZookeeperBatch *batch = request->batch;

	request->result = result;
	batch->pending--;
	if (batch->is_abandoned)
		zookeeper_batch_end(batch);
}

/* Memory for a text; without it, the request has no answer. */
static char *
take_memory(ZookeeperRequest *request, int length, int *result)
{
	request->data = malloc(length + 1);
	if (request->data == NULL)
	{
		*result = ZSYSTEMERROR;
		return NULL;
	}
	request->length = length;
	request->data[length] = '\0';
	return request->data;
}

static void
take_data(int result, const char *value, int length, const struct Stat *stat, const void *data)
{
	ZookeeperRequest *request = unconstify(void *, data);

	if (result == ZOK)
	{
		char	   *start = take_memory(request, Max(length, 0), &result);

		if (start != NULL && length > 0)
			memcpy(start, value, length);
		request->stat = *stat;
	}
	finish(request, result);
}

static void
take_names(int result, const struct String_vector *names, const struct Stat *stat, const void *data)
{
	ZookeeperRequest *request = unconstify(void *, data);

	if (result == ZOK)
	{
		int			length = 0;
		char	   *end;

		for (int i = 0; i < names->count; i++)
			length += 1 + strlen(names->data[i]);
		end = take_memory(request, length, &result);
		for (int i = 0; end != NULL && i < names->count; i++)
			end += sprintf(end, "/%s", names->data[i]);
		request->stat = *stat;
	}
	finish(request, result);
}

static void
take_stat(int result, const struct Stat *stat, const void *data)
{
	ZookeeperRequest *request = unconstify(void *, data);

	if (result == ZOK)
		request->stat = *stat;
	finish(request, result);
}

static void
take_path(int result, const char *path, const void *data)
{
	finish(unconstify(void *, data), result);
}

static void
take_result(int result, const void *data)
{
	finish(unconstify(void *, data), result);
}

/* ---------------------------------------------------------------------- requests */

/* The next request of a batch, which is under way from now on. */
ZookeeperRequest *
zookeeper_next_request(ZookeeperBatch *batch)
{
	ZookeeperRequest *request = &batch->requests[batch->count++];

	request->batch = batch;
	batch->pending++;
	return request;
}

/* If the library has not taken a request, it does not call back. */
static void
check_sent(ZookeeperRequest *request, int result)
{
	if (result != ZOK)
		finish(request, result);
}

/* What has been written before is seen by the requests that follow. */
void
zookeeper_sync(zhandle_t *handle, ZookeeperBatch *batch, const char *path)
{
	ZookeeperRequest *request = zookeeper_next_request(batch);

	check_sent(request, zoo_async(handle, path, take_path, request));
}

void
zookeeper_get(zhandle_t *handle, ZookeeperBatch *batch, const char *path)
{
	ZookeeperRequest *request = zookeeper_next_request(batch);

	check_sent(request, zoo_aget(handle, path, 0, take_data, request));
}

void
zookeeper_get_children(zhandle_t *handle, ZookeeperBatch *batch, const char *path)
{
	ZookeeperRequest *request = zookeeper_next_request(batch);

	check_sent(request, zoo_aget_children2(handle, path, 0, take_names, request));
}

/* Write a node without data. */
void
zookeeper_set(zhandle_t *handle, ZookeeperBatch *batch, const char *path)
{
	ZookeeperRequest *request = zookeeper_next_request(batch);

	check_sent(request, zoo_aset(handle, path, "", 0, -1, take_stat, request));
}

/* Create a node without data. */
void
zookeeper_create(zhandle_t *handle, ZookeeperBatch *batch, const char *path, const struct ACL_vector *acl)
{
	ZookeeperRequest *request = zookeeper_next_request(batch);

	check_sent(request, zoo_acreate(handle, path, "", 0, acl, 0, take_path, request));
}

/* A transaction, whose parts need not live longer than this. */
void
zookeeper_transact(zhandle_t *handle, ZookeeperRequest *request, int count, const zoo_op_t *parts)
{
	check_sent(request, zoo_amulti(handle, count, parts, request->parts, take_result, request));
}
