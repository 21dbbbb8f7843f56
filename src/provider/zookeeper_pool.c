/*-------------------------------------------------------------------------
 *
 * zookeeper_pool.c
 *	  What a pool is in ZooKeeper, and the requests that read and write it.
 *
 *		PATH/idgen/POOL/pool			the pool's record
 *		PATH/idgen/POOL/fence/WORKER	the worker's record; the worker ID has 8 digits
 *		PATH/idgen/POOL/hold/WORKER		the nonce of the worker's hold; ephemeral
 *		PATH/idgen/POOL/changes			empty, and written with each change of the pool
 *		PATH/idgen/POOL/counter-NAME	see zookeeper_counter.c
 *		PATH/idgen/POOL/store-RANDOM	the marker: empty, and new if the store is
 *
 * Records are compared as whole texts, but ZooKeeper compares versions.  So an
 * operation looks first, compares the texts itself, and then writes in a
 * transaction on the versions that go with them.  The same version of a node
 * has the same text, unless the node was deleted and created anew.  Nobody has
 * the right to delete records or the marker; in a store that was wiped and set
 * up anew, the marker has another name, which each transaction checks.
 *
 * A hold is always taken together with a change of the worker's record, so that
 * the record's version protects the hold of another server, too.
 *
 * A refusal tells what is there, so that it has to be there together, and now:
 * it is read behind a write, the hold in the middle, and what does not vanish by
 * itself before and after.
 *
 * Reading all workers takes many requests.  All records are read after the
 * pool's record, and the pool's is read once more after them.  If it has not
 * changed, then whoever has written a record in between did so under the record
 * of the pool that is told, and an operation that builds on what was read
 * compares versions again.
 *
 * The zxid and the time of the last change of "changes" are the revision and
 * the clock of the store.  Elections make zxids leap ahead, never back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/store_answer.h"
#include "provider/zookeeper_pool.h"

#define MARKER "store-"
#define MARKER_DIGITS 16

typedef char NodePath[ZOOKEEPER_PATH_SIZE];

static void
child_path(NodePath path, const ZookeeperPool *pool, const char *child)
{
	snprintf(path, ZOOKEEPER_PATH_SIZE, "%s/%s", pool->base, child);
}

static void
worker_path(NodePath path, const ZookeeperPool *pool, const char *kind, int worker)
{
	snprintf(path, ZOOKEEPER_PATH_SIZE, "%s/%s/%0*d", pool->base, kind, STORE_WORKER_DIGITS, worker);
}

/* With a user, only the user has rights; without one, everybody has. */
void
zookeeper_pool_init(ZookeeperPool *pool, const ZookeeperAddress *address, const LeaseAddress *lease)
{
	snprintf(pool->parent, sizeof(pool->parent), "%s/idgen", address->path);
	snprintf(pool->base, sizeof(pool->base), "%s/idgen/%s", address->path, lease->pool);
	pool->holds_acl.id = lease->user == NULL ? ZOO_ANYONE_ID_UNSAFE : ZOO_AUTH_IDS;
	pool->holds_acl.perms = ZOO_PERM_ALL;
	pool->node_acl = pool->holds_acl;
	pool->node_acl.perms &= ~ZOO_PERM_DELETE;
	pool->node_rights = (struct ACL_vector)
	{
		1, &pool->node_acl
	};
	pool->holds_rights = (struct ACL_vector)
	{
		1, &pool->holds_acl
	};
}

/* ---------------------------------------------------------------------- setting up */

/*
 * Create what is not there.  The nodes that belong together come in one
 * transaction, so that there is one marker, whoever is first.
 */
ZookeeperBatch *
zookeeper_pool_prepare(zhandle_t *handle, const ZookeeperPool *pool, uint64 random)
{
	static const char *const children[] = {"hold", "fence", "changes"};
	ZookeeperBatch *batch = zookeeper_batch_create(4);
	zoo_op_t	parts[lengthof(children) + 1];
	NodePath	paths[lengthof(children) + 1];
	char		marker[ZOOKEEPER_MARKER_SIZE];

	if (batch == NULL)
		return NULL;
	snprintf(marker, sizeof(marker), MARKER "%0*llx", MARKER_DIGITS, (unsigned long long) random);
	zookeeper_create(handle, batch, pool->parent, &pool->node_rights);
	zookeeper_create(handle, batch, pool->base, &pool->node_rights);
	for (int i = 0; i < lengthof(parts); i++)
	{
		child_path(paths[i], pool, i < lengthof(children) ? children[i] : marker);
		zoo_create_op_init(&parts[i], paths[i], "", 0, i == 0 ? &pool->holds_rights : &pool->node_rights, 0, NULL, 0);
	}
	zookeeper_transact(handle, zookeeper_next_request(batch), lengthof(parts), parts);
	/* May we read, too? */
	zookeeper_get_children(handle, batch, pool->base);
	return batch;
}

/* ---------------------------------------------------------------------- looking */

/*
 * Read what the operation is about.  with_write: behind a write, which a
 * majority of servers has to confirm, and which tells the store's clock.  A
 * sync costs less, and may be answered by a leader that others have replaced.
 */
ZookeeperBatch *
zookeeper_pool_look(zhandle_t *handle, const ZookeeperPool *pool, const LeaseOperation *operation, bool with_write)
{
	ZookeeperBatch *batch = zookeeper_batch_create(8);
	NodePath	path;

	if (batch == NULL)
		return NULL;
	child_path(path, pool, "changes");
	if (with_write)
		zookeeper_set(handle, batch, path);
	else
		zookeeper_sync(handle, batch, pool->base);
	zookeeper_get(handle, batch, path);
	zookeeper_get_children(handle, batch, pool->base);
	child_path(path, pool, "pool");
	zookeeper_get(handle, batch, path);
	if (operation->kind == LEASE_READ)
	{
		child_path(path, pool, "fence");
		zookeeper_get_children(handle, batch, path);
		child_path(path, pool, "hold");
		zookeeper_get_children(handle, batch, path);
	}
	else if (operation->kind != LEASE_WRITE_POOL)
	{
		/* The record first: a later change of the hold changes it, too. */
		worker_path(path, pool, "fence", operation->worker);
		zookeeper_get(handle, batch, path);
		worker_path(path, pool, "hold", operation->worker);
		zookeeper_get(handle, batch, path);
		worker_path(path, pool, "fence", operation->worker);
		zookeeper_get(handle, batch, path);
		child_path(path, pool, "pool");
		zookeeper_get(handle, batch, path);
	}
	return batch;
}

/* Find the marker among the names of children. */
void
zookeeper_pool_find_marker(const ZookeeperRequest *names, char *marker)
{
	const char *found = names->data == NULL ? NULL : strstr(names->data, "/" MARKER);
	size_t		length = found == NULL ? 0 : strcspn(found + 1, "/");

	marker[0] = '\0';
	if (length == strlen(MARKER) + MARKER_DIGITS)
		strlcpy(marker, found + 1, length + 1);
}

/* Is a node that was read a second time as it was? */
static bool
is_unchanged(const ZookeeperRequest *before, const ZookeeperRequest *after)
{
	return before->result == after->result && before->stat.mzxid == after->stat.mzxid;
}

/* The view that a batch of zookeeper_pool_look() has; it is part of the batch. */
void
zookeeper_pool_view(const ZookeeperBatch *batch, const LeaseOperation *operation, bool with_write, ZookeeperView *view)
{
	bool		has_worker = operation->kind != LEASE_WRITE_POOL;

	zookeeper_pool_find_marker(&batch->requests[2], view->marker);
	view->written = with_write && batch->requests[0].result == ZOK ? &batch->requests[0] : NULL;
	view->changes = &batch->requests[1];
	view->pool = &batch->requests[3];
	view->record = has_worker ? &batch->requests[4] : NULL;
	view->hold = has_worker ? &batch->requests[5] : NULL;
	view->is_steady = !has_worker || operation->kind == LEASE_READ ||
		(is_unchanged(view->record, &batch->requests[6]) && is_unchanged(view->pool, &batch->requests[7]));
}

/* Is a node what is expected?  NULL: absent. */
static bool
is_text(const ZookeeperRequest *node, const char *text)
{
	if (node->data == NULL || text == NULL)
		return node->data == NULL && text == NULL;

	return strlen(text) == node->length && memcmp(text, node->data, node->length) == 0;
}

ZookeeperVerdict
zookeeper_pool_judge(const ZookeeperView *view, const LeaseOperation *operation, int64 session)
{
	bool		is_as_expected;

	if (operation->kind == LEASE_KEEP)
	{
		is_as_expected = view->record->data != NULL && is_text(view->hold, operation->hold_nonce);
		/* It lives as long as our session, if it is of that. */
		if (is_as_expected && view->hold->stat.ephemeralOwner == session)
			return ZOOKEEPER_IS_DONE;
	}
	else
		is_as_expected = is_text(view->pool, operation->pool) &&
			(operation->kind == LEASE_WRITE_POOL || is_text(view->record, operation->record)) &&
			(operation->kind != LEASE_WRITE || operation->hold != LEASE_HOLD_TAKE || view->hold->data == NULL);
	if (!is_as_expected)
		return view->is_steady ? ZOOKEEPER_IS_REFUSED : ZOOKEEPER_IS_UNCLEAR;
	/* A transaction cannot check that there is no pool. */
	if (view->marker[0] == '\0' || (operation->kind == LEASE_WRITE && view->pool->data == NULL))
		return ZOOKEEPER_IS_NOT_PREPARED;
	return ZOOKEEPER_MUST_WRITE;
}

/* ---------------------------------------------------------------------- writing */

/* A transaction that is being put together. */
typedef struct Transaction
{
	int			count;
	zoo_op_t	parts[ZOOKEEPER_MOST_PARTS];
	NodePath	paths[ZOOKEEPER_MOST_PARTS];
} Transaction;

static void
add_check(Transaction *transaction, const NodePath path, const ZookeeperRequest *node)
{
	char	   *kept = transaction->paths[transaction->count];

	strlcpy(kept, path, ZOOKEEPER_PATH_SIZE);
	zoo_check_op_init(&transaction->parts[transaction->count++], kept, node == NULL ? -1 : node->stat.version);
}

static void
add_create(Transaction *transaction, const NodePath path, const char *text, const struct ACL_vector *rights, int flags)
{
	char	   *kept = transaction->paths[transaction->count];

	strlcpy(kept, path, ZOOKEEPER_PATH_SIZE);
	zoo_create_op_init(&transaction->parts[transaction->count++], kept, text, strlen(text), rights, flags, NULL, 0);
}

/* Replace the text of a node that was read, or create it if it was not there. */
static void
add_change(Transaction *transaction, const NodePath path, const ZookeeperRequest *node, const char *text,
		   const ZookeeperPool *pool)
{
	char	   *kept = transaction->paths[transaction->count];

	if (node->data == NULL)
	{
		add_create(transaction, path, text, &pool->node_rights, 0);
		return;
	}
	strlcpy(kept, path, ZOOKEEPER_PATH_SIZE);
	zoo_set_op_init(&transaction->parts[transaction->count++], kept, text, strlen(text), node->stat.version, NULL);
}

static void
add_delete(Transaction *transaction, const NodePath path)
{
	char	   *kept = transaction->paths[transaction->count];

	strlcpy(kept, path, ZOOKEEPER_PATH_SIZE);
	zoo_delete_op_init(&transaction->parts[transaction->count++], kept, -1);
}

/* What the operation does with the hold.  LEASE_KEEP takes one over that is of another session. */
static void
add_hold(Transaction *transaction, const ZookeeperPool *pool, const ZookeeperView *view, const LeaseOperation *operation)
{
	bool		is_kept = operation->kind == LEASE_KEEP;
	NodePath	path;

	worker_path(path, pool, "hold", operation->worker);
	if (is_kept || (operation->hold == LEASE_HOLD_DROP && is_text(view->hold, operation->hold_nonce)))
		add_delete(transaction, path);
	if (is_kept || operation->hold == LEASE_HOLD_TAKE)
		add_create(transaction, path, operation->hold_nonce, &pool->node_rights, ZOO_EPHEMERAL);
}

/* The last part of each transaction; its answer tells revision and clock. */
static void
add_changes(Transaction *transaction, const ZookeeperPool *pool, struct Stat *stat)
{
	char	   *kept = transaction->paths[transaction->count];

	child_path(kept, pool, "changes");
	zoo_set_op_init(&transaction->parts[transaction->count++], kept, "", 0, -1, stat);
}

/* Send the transaction that does the operation, if nothing has changed since the view. */
ZookeeperBatch *
zookeeper_pool_write(zhandle_t *handle, const ZookeeperPool *pool, const ZookeeperView *view,
					 const LeaseOperation *operation)
{
	ZookeeperBatch *batch = zookeeper_batch_create(1);
	Transaction transaction = {0};
	NodePath	path;
	ZookeeperRequest *request;

	if (batch == NULL)
		return NULL;
	request = zookeeper_next_request(batch);
	child_path(path, pool, view->marker);
	add_check(&transaction, path, NULL);
	child_path(path, pool, "pool");
	if (operation->kind == LEASE_WRITE_POOL)
		add_change(&transaction, path, view->pool, operation->new_pool, pool);
	else
	{
		if (operation->kind == LEASE_WRITE)
			add_check(&transaction, path, view->pool);
		worker_path(path, pool, "fence", operation->worker);
		if (operation->kind == LEASE_WRITE)
			add_change(&transaction, path, view->record, operation->new_record, pool);
		else
			add_check(&transaction, path, view->record);
		add_hold(&transaction, pool, view, operation);
	}
	add_changes(&transaction, pool, &request->stat);
	zookeeper_transact(handle, request, transaction.count, transaction.parts);
	return batch;
}

/* ---------------------------------------------------------------------- answers */

/* What a change of the pool tells of the store.  is_now: it is of this operation. */
void
zookeeper_pool_note_change(const struct Stat *changes, bool is_now, LeaseAnswer *answer)
{
	answer->revision = changes->mzxid;
	answer->store_clock_us = is_now ? changes->mtime * 1000 : 0;
	answer->store_clock_error_us = is_now ? 1000 : 0;
}

/* The identity of the store is the number in the marker's name. */
uint64
zookeeper_pool_incarnation(const char *marker)
{
	return marker[0] == '\0' ? 0 : strtoull(marker + strlen(MARKER), NULL, 16);
}

/* Returns whether there is all that a pool needs. */
bool
zookeeper_pool_is_prepared(const ZookeeperBatch *batch, LeaseAnswer *answer)
{
	char		marker[ZOOKEEPER_MARKER_SIZE];

	zookeeper_pool_find_marker(&batch->requests[3], marker);
	answer->incarnation = zookeeper_pool_incarnation(marker);
	return answer->incarnation != 0;
}

void
zookeeper_pool_answer(const ZookeeperView *view, const LeaseOperation *operation, LeaseAnswer *answer)
{
	answer->incarnation = zookeeper_pool_incarnation(view->marker);
	if (view->changes->result == ZOK)
		zookeeper_pool_note_change(&view->changes->stat, false, answer);
	if (view->written != NULL)
		zookeeper_pool_note_change(&view->written->stat, true, answer);
	if (view->pool->data != NULL)
		store_answer_take_pool(answer, view->pool->data);
	if (operation->kind != LEASE_WRITE && operation->kind != LEASE_KEEP)
		return;
	answer->found.worker = operation->worker;
	if (view->record->data != NULL)
		store_answer_take_record(&answer->found, view->record->data);
	if (view->hold->data != NULL)
		store_answer_take_hold(&answer->found, view->hold->data);
}

/* ---------------------------------------------------------------------- all workers */

/* Count or list (workers) the workers that nodes are named after. */
static int
list_names(const ZookeeperRequest *names, LeaseWorker *workers)
{
	int			count = 0;
	char		digits[STORE_WORKER_DIGITS + 1];
	int			worker;

	for (const char *name = names->data; name != NULL && *name == '/'; name += 1 + strcspn(name + 1, "/"))
	{
		if (strcspn(name + 1, "/") != STORE_WORKER_DIGITS)
			continue;
		strlcpy(digits, name + 1, sizeof(digits));
		if (!store_answer_read_worker(digits, &worker))
			continue;
		if (workers != NULL)
			workers[count].worker = worker;
		count++;
	}
	return count;
}

/*
 * List the workers that have records, *records of them, and behind these the
 * workers that have holds.  Returns how many there are, and only counts them if
 * workers is NULL.
 */
int
zookeeper_pool_list(const ZookeeperView *view, LeaseWorker *workers, int *records)
{
	*records = list_names(view->record, workers);
	return *records + list_names(view->hold, workers == NULL ? NULL : workers + *records);
}

/* Read the nodes that were listed, and then the pool's record once more. */
ZookeeperBatch *
zookeeper_pool_read(zhandle_t *handle, const ZookeeperPool *pool, const LeaseWorker *workers, int records, int count)
{
	ZookeeperBatch *batch = zookeeper_batch_create(count + 1);
	NodePath	path;

	if (batch == NULL)
		return NULL;
	for (int i = 0; i < count; i++)
	{
		worker_path(path, pool, i < records ? "fence" : "hold", workers[i].worker);
		zookeeper_get(handle, batch, path);
	}
	child_path(path, pool, "pool");
	zookeeper_get(handle, batch, path);
	return batch;
}

/*
 * Take what was read of the workers that are listed in the answer.  Returns
 * false if it does not go together with the pool's record that was read before.
 */
bool
zookeeper_pool_take_workers(const ZookeeperBatch *batch, const ZookeeperRequest *pool_before, int records,
							LeaseAnswer *answer)
{
	const ZookeeperRequest *pool_after = &batch->requests[batch->count - 1];
	int			taken = 0;

	if (!is_unchanged(pool_before, pool_after))
		return false;
	for (int i = 0; i < answer->worker_count; i++)
	{
		const ZookeeperRequest *node = &batch->requests[i];
		LeaseWorker *worker = &answer->workers[taken];

		/* Holds may have vanished since, and records not. */
		if (node->data == NULL && i < records)
			return false;
		if (node->data == NULL)
			continue;
		worker->worker = answer->workers[i].worker;
		if (i < records)
			store_answer_take_record(worker, node->data);
		else
			store_answer_take_hold(worker, node->data);
		taken++;
	}
	answer->worker_count = taken;
	store_answer_merge_workers(answer);
	return true;
}
