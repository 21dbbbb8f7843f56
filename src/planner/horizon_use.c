/*-------------------------------------------------------------------------
 *
 * horizon_use.c
 *	  Horizons that are read where rows would be missed.
 *
 * A horizon is good for snapshots that are taken after it has been read.  A
 * statement takes its snapshot before anything in it is evaluated; so if a
 * statement that reads a table also reads a horizon, rows that are committed in
 * between lie below the horizon and are not seen.  Such statements are refused,
 * as far as they can be recognized:
 *
 *	- when it is planned, if a level of the query around the call, or a subquery of
 *	  one, reads a table
 *	- when the call is executed, if it uses the snapshot of a query that reads a table
 *	- when the call is executed, if it is in a function that uses the snapshot of the query
 *	  which has called it.  Then the function is STABLE, and may read the table
 *	  itself
 *	- when a query begins that reads a table, if it uses a snapshot with which a horizon has
 *	  been read: in a function that is STABLE and has the horizon as an argument or reads
 *	  it in an expression, or in EXECUTE of a prepared statement with such an argument.  This
 *	  is not so within an INSERT, UPDATE or MERGE that has no function in its FROM, as
 *	  row-level security may read tables there
 *	- in a transaction that has one snapshot for all of its statements: when the call is executed,
 *	  or when a later statement begins to read a table, if it was not known before that there would be
 *	  one, as in a pipeline
 *
 * A function that is VOLATILE, and is called in a statement that reads a table, is
 * not recognized: it has snapshots of its own to read rows.  The target of an INSERT or UPDATE
 * is not a table that is read, so a horizon can be stored.  Tables of the system catalog do
 * not count.
 *
 * A function of a procedural language evaluates simple expressions without a query, with a
 * snapshot that it takes for each if the function is VOLATILE.  If a horizon is read there,
 * we keep the snapshot until it is not active any more and the statement ends, or the next query
 * begins: without this, a later one could have the same address.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "nodes/supportnodes.h"
#include "storage/lockdefs.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "planner/horizon_use.h"
#include "planner/running_queries.h"

PG_FUNCTION_INFO_V1(idgen_horizon_support);

static ExecutorStart_hook_type previous_ExecutorStart_hook = NULL;

/* A snapshot with which a horizon has been read, and which is not that of a query. */
static Snapshot kept_snapshot = NULL;

/*
 * The transaction with one snapshot that has read a horizon in a statement of its own, and when
 * the client's message came in which it did.
 */
static uint32 one_snapshot_transaction = 0;
static TimestampTz one_snapshot_time = 0;

static bool reads_table(const Query *query);

/* "excluded" of ON CONFLICT has the table's number, and the kind of a type. */
static bool
is_user_table(const RangeTblEntry *entry)
{
	return entry->rtekind == RTE_RELATION && entry->relkind != RELKIND_VIEW &&
		entry->relkind != RELKIND_COMPOSITE_TYPE && entry->relid >= FirstNormalObjectId;
}

/* Is the entry of a query's FROM a table, or a subquery that reads one? */
static bool
entry_reads_table(const Query *query, int index)
{
	const RangeTblEntry *entry = list_nth(query->rtable, index - 1);

	if (index == query->resultRelation && query->commandType != CMD_DELETE)
		return false;
	return is_user_table(entry) || (entry->rtekind == RTE_SUBQUERY && entry->subquery != NULL && reads_table(entry->subquery));
}

/* Does a part of a query's FROM read a table?  What rtable has besides may be left from views. */
static bool
join_reads_table(const Query *query, const Node *node)
{
	ListCell   *cell;

	if (node == NULL)
		return false;
	if (IsA(node, RangeTblRef))
		return entry_reads_table(query, ((const RangeTblRef *) node)->rtindex);
	if (IsA(node, JoinExpr))
		return join_reads_table(query, ((const JoinExpr *) node)->larg) ||
			join_reads_table(query, ((const JoinExpr *) node)->rarg);
	if (!IsA(node, FromExpr))
		return false;
	foreach(cell, ((const FromExpr *) node)->fromlist)
	{
		if (join_reads_table(query, lfirst(cell)))
			return true;
	}
	return false;
}

static bool
reads_table(const Query *query)
{
	ListCell   *cell;

	foreach(cell, query->cteList)
	{
		if (reads_table((const Query *) ((const CommonTableExpr *) lfirst(cell))->ctequery))
			return true;
	}
	return join_reads_table(query, (const Node *) query->jointree) ||
		(query->setOperations != NULL && query->rtable != NIL && entry_reads_table(query, 1));
}

/* name is of the function, or its call, without or with parentheses. */
static void
report_same_statement(const char *name)
{
	ereport(ERROR,
			errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("cannot use %s in a statement that reads a table", name),
			errdetail("The statement sees rows as of a time before the horizon is read, so it would miss rows below the horizon that are committed in between."),
			errhint("Read the horizon in a statement of its own, and then the rows below it in the next one."));
}

/*
 * idgen_horizon_support(internal)
 *
 * ERROR FEATURE_NOT_SUPPORTED if the call is in a query that reads a table.
 */
Datum
idgen_horizon_support(PG_FUNCTION_ARGS)
{
	Node	   *node = (Node *) PG_GETARG_POINTER(0);

	if (IsA(node, SupportRequestSimplify))
	{
		SupportRequestSimplify *request = (SupportRequestSimplify *) node;

		for (PlannerInfo *root = request->root; root != NULL; root = root->parent_root)
			if (reads_table(root->parse))
				report_same_statement(psprintf("%s()", get_func_name(request->fcall->funcid)));
	}
	PG_RETURN_POINTER(NULL);
}

/* ------------------------------------------------------------------------- executing */

/* Does a statement read a table?  Those that it changes have a stronger lock, as have their partitions. */
static bool
statement_reads_table(const PlannedStmt *statement)
{
	ListCell   *cell;

	foreach(cell, statement->rtable)
	{
		const RangeTblEntry *entry = lfirst(cell);

		if (is_user_table(entry) && entry->rellockmode < RowExclusiveLock)
			return true;
	}
	return false;
}

/* Does a statement store what it evaluates itself, and gets nothing from functions in its FROM? */
static bool
only_stores(const PlannedStmt *statement)
{
	ListCell   *cell;

	if (statement->commandType == CMD_SELECT)
		return false;
	foreach(cell, statement->rtable)
	{
		if (((const RangeTblEntry *) lfirst(cell))->rtekind == RTE_FUNCTION)
			return false;
	}
	return true;
}

static void
forget_kept_snapshot(void)
{
	if (kept_snapshot != NULL)
		UnregisterSnapshotFromOwner(kept_snapshot, TopTransactionResourceOwner);
	kept_snapshot = NULL;
}

/* What is not active any more, no query begins with. */
static void
forget_inactive_snapshot(void)
{
	if (kept_snapshot != NULL && kept_snapshot->active_count == 0)
		forget_kept_snapshot();
}

/* Keep the active snapshot, so that a query that begins with it is recognized. */
static void
keep_snapshot(Snapshot snapshot)
{
	if (snapshot == kept_snapshot)
		return;
	forget_kept_snapshot();
	kept_snapshot = RegisterSnapshotOnOwner(snapshot, TopTransactionResourceOwner);
}

/* A transaction that commits must have no snapshots any more.  One that aborts drops them itself. */
static void
end_transaction(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PARALLEL_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		forget_kept_snapshot();
	else if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PARALLEL_ABORT)
		kept_snapshot = NULL;
}

/* When a portal or a statement in a function ends. */
static void
end_resources(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *argument)
{
	if (!is_top_level && phase == RESOURCE_RELEASE_BEFORE_LOCKS)
		forget_inactive_snapshot();
}

static void
report_one_snapshot(const char *name)
{
	ereport(ERROR,
			errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			errmsg("cannot use %s in a transaction with isolation level \"%s\"", name,
				   XactIsoLevel == XACT_SERIALIZABLE ? "serializable" : "repeatable read"),
			errdetail("Its statements see rows as of its beginning, so they would miss rows below the horizon that are committed later."),
			errhint("Use isolation level \"read committed\", or read the horizon before the transaction begins."));
}

/* Does a transaction with one snapshot go on after the statement that has read a horizon? */
static bool
is_after_horizon(void)
{
	return IsolationUsesXactSnapshot() && one_snapshot_transaction == compat_local_transaction(MyProc) &&
		one_snapshot_time != GetCurrentStatementStartTimestamp();
}

/* ERROR FEATURE_NOT_SUPPORTED if a query begins to read a table with a snapshot with which a horizon has been read. */
static void
check_start(const QueryDesc *description)
{
	bool		has_horizon;

	if (unlikely(is_after_horizon()) && statement_reads_table(description->plannedstmt))
		report_one_snapshot("a horizon");

	forget_inactive_snapshot();
	if (kept_snapshot == NULL && running_queries_marked() == 0)
		return;
	has_horizon = kept_snapshot != NULL && kept_snapshot == description->snapshot;
	for (RunningQuery *query = running_query_next(NULL); query != NULL; query = running_query_next(query))
		if (query->snapshot == description->snapshot)
		{
			if (only_stores(query->statement))
				return;
			has_horizon |= query->is_marked;
		}
	if (has_horizon && statement_reads_table(description->plannedstmt))
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot read a table with a snapshot that is older than a horizon"),
				errdetail("The statement has read a horizon, and a prepared statement or a function that is not volatile would miss rows below it that are committed after the statement has begun."),
				errhint("Declare the function VOLATILE, or read the horizon in a statement of its own, and then the rows below it in the next one."));
}

static void
start_executor(QueryDesc *description, int flags)
{
	if ((flags & EXEC_FLAG_EXPLAIN_ONLY) == 0)
		check_start(description);
	if (previous_ExecutorStart_hook)
		previous_ExecutorStart_hook(description, flags);
	else
		standard_ExecutorStart(description, flags);
	if ((flags & EXEC_FLAG_EXPLAIN_ONLY) == 0)
		running_query_add(description, GetCurrentSubTransactionId());
}

/*
 * Watch queries from now on.  If the library is loaded by a function, the client's SELECT
 * that has called it is running already; other statements that are not known then.
 */
void
horizon_use_init(void)
{
	QueryDesc  *description = ActivePortal == NULL ? NULL : ActivePortal->queryDesc;

	if (description != NULL && description->estate != NULL)
		running_query_add(description, ActivePortal->createSubid);
	previous_ExecutorStart_hook = ExecutorStart_hook;
	ExecutorStart_hook = start_executor;
	RegisterXactCallback(end_transaction, NULL);
	RegisterResourceReleaseCallback(end_resources, NULL);
	running_queries_init();
}

/*
 * Is the call in a function, or a block of code, that the client has called outside of a
 * transaction block?  caller is the query that calls us itself, or NULL.
 */
static bool
is_in_function(RunningQuery *caller)
{
	if (running_query_next(NULL) != NULL)
		return caller == NULL || running_query_next(caller) != NULL;
	return ActivePortal != NULL && (ActivePortal->commandTag == CMDTAG_DO || ActivePortal->commandTag == CMDTAG_CALL);
}

static void
report_stable_function(const char *name)
{
	ereport(ERROR,
			errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("cannot use %s in a function that is not volatile", name),
			errdetail("Such a function sees rows as of a time before the horizon is read, so it would miss rows below the horizon that are committed in between."),
			errhint("Declare the function VOLATILE."));
}

/* ERROR if the active snapshot is used to read tables, or may be.  caller is as above. */
static void
check_snapshot(RunningQuery *caller, const char *name)
{
	Snapshot	snapshot = GetActiveSnapshot();
	bool		is_around = caller == NULL;
	bool		is_in_stable = false;

	for (RunningQuery *query = running_query_next(NULL); query != NULL; query = running_query_next(query))
	{
		if (query->snapshot == snapshot)
		{
			if (statement_reads_table(query->statement))
				report_same_statement(name);
			is_in_stable |= is_around;
		}
		is_around |= query == caller;
	}
	if (is_in_stable)
		report_stable_function(name);
	if (caller != NULL && caller->snapshot == snapshot)
		running_query_mark(caller);
	else
		keep_snapshot(snapshot);
}

/*
 * ERROR if what is read after the horizon would be read as of a time before it:
 * ACTIVE_SQL_TRANSACTION in a transaction with one snapshot, or
 * FEATURE_NOT_SUPPORTED if the snapshot is that of a query that reads a table, or that calls a
 * function which may read one.
 * READ_ONLY_SQL_TRANSACTION in recovery.
 */
void
horizon_check_use(FunctionCallInfo fcinfo, const char *name)
{
	RunningQuery *caller = fcinfo->flinfo == NULL ? NULL : running_query_around(fcinfo->flinfo->fn_mcxt);

	if (RecoveryInProgress())
		ereport(ERROR,
				errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				errmsg("cannot execute %s during recovery", name),
				errhint("Let the primary write the horizon to a table, and read it from there; see docs/outbox.md."));
	if (IsolationUsesXactSnapshot() && (IsTransactionBlock() || is_in_function(caller)))
		report_one_snapshot(name);
	if (IsolationUsesXactSnapshot())
	{
		one_snapshot_transaction = compat_local_transaction(MyProc);
		one_snapshot_time = GetCurrentStatementStartTimestamp();
	}
	if (ActiveSnapshotSet())
		check_snapshot(caller, name);
}
