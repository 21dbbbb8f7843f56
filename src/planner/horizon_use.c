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
 *	- when the call is executed, if it uses the snapshot of a query of the client that reads
 *	  a table, which is so in functions that are STABLE, and not in those that are VOLATILE
 *	- when the call is executed, if it is in a function of a procedural language with the snapshot
 *	  of a query of the client: such a function may read the table itself
 *	- in a transaction block that has one snapshot for all of its statements
 *
 * A function that is VOLATILE, and is called in a statement that reads a table, is
 * not recognized: it may have snapshots of its own to read rows.  The target of an INSERT or UPDATE
 * is not a table that is read, so a horizon can be stored.  Tables of the system catalog do
 * not count.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "executor/execdesc.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "nodes/supportnodes.h"
#include "tcop/pquery.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "planner/horizon_use.h"

PG_FUNCTION_INFO_V1(idgen_horizon_support);

static bool reads_table(const Query *query);

static bool
is_user_table(const RangeTblEntry *entry)
{
	return entry->rtekind == RTE_RELATION && entry->relkind != RELKIND_VIEW && entry->relid >= FirstNormalObjectId;
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

/* The query of the client that is being executed; NULL if that is no SELECT. */
static QueryDesc *
get_client_query(void)
{
	return ActivePortal == NULL ? NULL : ActivePortal->queryDesc;
}

static bool
plan_reads_table(const PlannedStmt *statement)
{
	ListCell   *cell;

	foreach(cell, statement->rtable)
	{
		if (is_user_table(lfirst(cell)))
			return true;
	}
	return false;
}

/* Is the call in a function, or a block of code, that the client has called outside of a transaction block? */
static bool
is_in_function(void)
{
	QueryDesc  *query = get_client_query();

	if (query != NULL)
		return GetActiveSnapshot() != query->snapshot;
	return ActivePortal != NULL && (ActivePortal->commandTag == CMDTAG_DO || ActivePortal->commandTag == CMDTAG_CALL);
}

/*
 * Is the call, which uses the snapshot of the client's query, in a function of a procedural
 * language?  Then that is not VOLATILE.  A cursor of such a function is a portal with
 * a name, and has its snapshot from the function.
 */
static bool
is_in_stable_function(void)
{
	return ActivePortal->name[0] == '\0' && SPI_unregister_relation("") != SPI_ERROR_UNCONNECTED;
}

static void
report_stable_function(const char *caller)
{
	ereport(ERROR,
			errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("cannot use %s in a function that is not volatile", caller),
			errdetail("Such a function sees rows as of a time before the horizon is read, so it would miss rows below the horizon that are committed in between."),
			errhint("Declare the function VOLATILE."));
}

/*
 * ERROR if what is read after the horizon would be read as of a time before it:
 * ACTIVE_SQL_TRANSACTION in a transaction with one snapshot, or
 * FEATURE_NOT_SUPPORTED if the snapshot is that of a query that reads a table, or that calls a
 * function which may read one.
 * READ_ONLY_SQL_TRANSACTION in recovery.
 */
void
horizon_check_use(const char *caller)
{
	QueryDesc  *query = get_client_query();

	if (RecoveryInProgress())
		ereport(ERROR,
				errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				errmsg("cannot execute %s during recovery", caller),
				errhint("Let the primary write the horizon to a table, and read it from there; see docs/outbox.md."));
	if (IsolationUsesXactSnapshot() && (IsTransactionBlock() || is_in_function()))
		ereport(ERROR,
				errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				errmsg("cannot use %s in a transaction with isolation level \"%s\"", caller,
					   XactIsoLevel == XACT_SERIALIZABLE ? "serializable" : "repeatable read"),
				errdetail("Its statements see rows as of its beginning, so they would miss rows below the horizon that are committed later."),
				errhint("Use isolation level \"read committed\", or read the horizon before the transaction begins."));
	if (query == NULL || query->snapshot != GetActiveSnapshot())
		return;
	if (plan_reads_table(query->plannedstmt))
		report_same_statement(caller);
	if (is_in_stable_function())
		report_stable_function(caller);
}
