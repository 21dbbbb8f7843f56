/*-------------------------------------------------------------------------
 *
 * running_queries.h
 *	  The queries that this process is executing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RUNNING_QUERIES_H
#define IDGEN_RUNNING_QUERIES_H

#include "executor/execdesc.h"
#include "lib/ilist.h"

typedef struct RunningQuery
{
	dlist_node	node;
	Snapshot	snapshot;
	const PlannedStmt *statement;
	MemoryContext context;		/* what the executor keeps for it */
	SubTransactionId subtransaction;
	uint32		transaction;	/* compat_local_transaction() */
	bool		is_marked;		/* it has read a horizon with its snapshot */
	MemoryContextCallback end;
} RunningQuery;

extern void running_queries_init(void);
extern void running_query_add(const QueryDesc *description, SubTransactionId subtransaction);
extern void running_query_mark(RunningQuery *query);
extern int	running_queries_marked(void);
extern RunningQuery *running_query_next(RunningQuery *query);
extern RunningQuery *running_query_around(MemoryContext context);

#endif							/* IDGEN_RUNNING_QUERIES_H */
