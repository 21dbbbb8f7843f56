/*-------------------------------------------------------------------------
 *
 * running_queries.c
 *	  The queries that this process is executing.
 *
 * They are nested: a query calls a function, whose statements are queries.  A cursor's
 * query is among them until the cursor is closed.  What may not be done in them is left
 * to horizon_use.c, which has them added when the executor starts.
 *
 * A query leaves the list when the memory of its execution goes, which is so
 * when the executor ends, and when an error ends it.  After an error in a
 * subtransaction, that of an SQL function may stay for as long as whoever has looked up
 * the function; so queries of transactions that have ended do not count: their snapshots may
 * be gone, and others be in their place.  A cursor outlives the subtransaction that has declared
 * it, if that commits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/proc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "planner/running_queries.h"

/* The one that began last is first. */
static dlist_head queries = DLIST_STATIC_INIT(queries);

/* How many of them are marked. */
static int	marked = 0;

static void
end_query(void *argument)
{
	RunningQuery *query = argument;

	marked -= query->is_marked;
	dlist_delete(&query->node);
}

/* Add a query whose execution has begun, in a subtransaction.  Errors: OUT_OF_MEMORY. */
void
running_query_add(const QueryDesc *description, SubTransactionId subtransaction)
{
	MemoryContext context = description->estate->es_query_cxt;
	RunningQuery *query = MemoryContextAlloc(context, sizeof(RunningQuery));

	query->snapshot = description->snapshot;
	query->statement = description->plannedstmt;
	query->context = context;
	query->subtransaction = subtransaction;
	query->transaction = compat_local_transaction(MyProc);
	query->is_marked = false;
	query->end.func = end_query;
	query->end.arg = query;
	MemoryContextRegisterResetCallback(context, &query->end);
	dlist_push_head(&queries, &query->node);
}

void
running_query_mark(RunningQuery *query)
{
	marked += !query->is_marked;
	query->is_marked = true;
}

/* How many queries are marked, of which some may have ended. */
int
running_queries_marked(void)
{
	return marked;
}

/* The query that began before another one, or last if that is NULL; NULL if there is none. */
RunningQuery *
running_query_next(RunningQuery *query)
{
	dlist_node *node = query == NULL ? &queries.head : &query->node;

	while ((node = node->next) != &queries.head)
	{
		query = dlist_container(RunningQuery, node, node);
		if (query->transaction == compat_local_transaction(MyProc) && SubTransactionIsActive(query->subtransaction))
			return query;
	}
	return NULL;
}

/* What a subtransaction that commits leaves, its parent has. */
static void
hand_to_parent(SubXactEvent event, SubTransactionId subtransaction, SubTransactionId parent, void *argument)
{
	dlist_iter	iter;

	if (event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	dlist_foreach(iter, &queries)
	{
		RunningQuery *query = dlist_container(RunningQuery, node, iter.cur);

		if (query->subtransaction == subtransaction)
			query->subtransaction = parent;
	}
}

void
running_queries_init(void)
{
	RegisterSubXactCallback(hand_to_parent, NULL);
}

/*
 * The query that memory belongs to: that of a function which it calls itself, also
 * where it looks at a row again after a concurrent update.  NULL if there is none.
 */
RunningQuery *
running_query_around(MemoryContext context)
{
	for (; context != NULL; context = MemoryContextGetParent(context))
		for (RunningQuery *query = running_query_next(NULL); query != NULL; query = running_query_next(query))
			if (query->context == context)
				return query;
	return NULL;
}
