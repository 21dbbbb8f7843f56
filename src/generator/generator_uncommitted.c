/*-------------------------------------------------------------------------
 *
 * generator_uncommitted.c
 *	  Generators that are used by the transaction that has changed them.
 *
 * A transaction that has changed a generator may use it and then roll back.  So
 * timelines store the generator for which IDs were issued in this way, and the
 * former definition continues above these IDs where it has to; see
 * raise_former_ids() in named_generator.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_foreign_server.h"
#include "storage/lockdefs.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "engine/id_space.h"
#include "generator/generator_change.h"
#include "generator/generator_row.h"
#include "generator/generator_uncommitted.h"

/* A timeline that this transaction uses for a generator whose change may be rolled back. */
typedef struct UncommittedUse
{
	Timeline   *timeline;
	Oid			server;
} UncommittedUse;

/* The uses of this transaction: UncommittedUse *, in TopTransactionContext. */
static List *uncommitted_uses = NIL;

/* Has a subtransaction been rolled back, so that a commit does not commit every use? */
static bool is_partly_rolled_back = false;

/*
 * Has this transaction, not counting subtransactions that were rolled back,
 * replaced a row?  A row that the same (sub)transaction wrote does not count:
 * it disappears with the rollback that would restore it.
 */
static bool
is_replaced_by_us(HeapTuple tuple)
{
	HeapTupleHeader header = tuple->t_data;
	TransactionId replacer;

	if ((header->t_infomask & HEAP_XMAX_INVALID) != 0 || HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask))
		return false;
	replacer = HeapTupleHeaderGetUpdateXid(header);
	return TransactionIdIsCurrentTransactionId(replacer) && HeapTupleHeaderGetXmin(header) != replacer;
}

/*
 * The layouts and nodes, other than the present ones, that this transaction has
 * replaced.  They are read from the rows, which parallel workers see as their
 * leader does.
 */
static List *
get_replaced_by_us(Oid id, const GeneratorOptions *present)
{
	GeneratorRow server = generator_row_open(id, SnapshotAny, AccessShareLock);
	List	   *list = NIL;

	for (; HeapTupleIsValid(server.tuple); server.tuple = systable_getnext(server.scan))
	{
		GeneratorOptions *replaced;
		OptionsProblem problem;

		if (!is_replaced_by_us(server.tuple))
			continue;
		/* A definition that cannot be read has issued nothing. */
		replaced = palloc(sizeof(GeneratorOptions));
		if (generator_options_try(generator_row_options(&server), replaced, &problem) &&
			!generator_change_is_none(replaced, present))
			list = lappend(list, replaced);
	}
	generator_row_close(&server);
	return list;
}

static bool
is_written_by_us(Oid id)
{
	HeapTuple	tuple = SearchSysCache1(FOREIGNSERVEROID, ObjectIdGetDatum(id));
	bool		is_ours = HeapTupleIsValid(tuple) &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return is_ours;
}

static void
report_uncommitted(const ForeignServer *server)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("layout of generator \"%s\" was changed by the current transaction", server->servername),
			errhint("Commit before you use the generator."));
}

/*
 * Has this transaction changed the layout or the node of a generator?  A
 * rollback would restore the former ones: *goes_above gets those that must
 * continue above the IDs that are issued now.  ERROR
 * OBJECT_NOT_IN_PREREQUISITE_STATE if that would not be enough.
 */
bool
generator_uncommitted_check(const ForeignServer *server, const GeneratorOptions *present, List **goes_above)
{
	List	   *replaced = is_written_by_us(server->serverid) ? get_replaced_by_us(server->serverid, present) : NIL;
	ListCell   *cell;

	*goes_above = NIL;
	foreach(cell, replaced)
	{
		Change		change = generator_change_compare(present, lfirst(cell));

		/* The former definition would issue the same numbers at another time. */
		if (change > CHANGE_BEGINS_AFTER)
			report_uncommitted(server);
		if (change == CHANGE_BEGINS_AFTER)
			*goes_above = lappend(*goes_above, lfirst(cell));
	}
	return replaced != NIL;
}

static void
end_uncommitted_uses(XactEvent event, void *arg)
{
	ListCell   *cell;

	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PARALLEL_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		return;
	if (event == XACT_EVENT_COMMIT && !is_partly_rolled_back)
	{
		foreach(cell, uncommitted_uses)
		{
			UncommittedUse *use = lfirst(cell);

			id_space_forget_uncommitted(use->timeline, use->server);
		}
	}
	uncommitted_uses = NIL;
	is_partly_rolled_back = false;
}

static void
note_subtransaction_abort(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && uncommitted_uses != NIL)
		is_partly_rolled_back = true;
}

static void
register_uncommitted_callbacks(void)
{
	static bool is_done = false;

	if (is_done)
		return;
	RegisterXactCallback(end_uncommitted_uses, NULL);
	RegisterSubXactCallback(note_subtransaction_abort, NULL);
	is_done = true;
}

/*
 * Note that a generator, whose layout or node this transaction has changed, is
 * about to issue IDs from a timeline.  ERROR OBJECT_NOT_IN_PREREQUISITE_STATE
 * if that cannot be stored.
 */
void
generator_uncommitted_note_use(const ForeignServer *server, Timeline *timeline)
{
	MemoryContext context;
	UncommittedUse *use;

	register_uncommitted_callbacks();
	context = MemoryContextSwitchTo(TopTransactionContext);
	use = palloc(sizeof(UncommittedUse));
	use->timeline = timeline;
	use->server = server->serverid;
	uncommitted_uses = lappend(uncommitted_uses, use);
	MemoryContextSwitchTo(context);
	if (!id_space_note_uncommitted(timeline, server->serverid))
		report_uncommitted(server);
}
