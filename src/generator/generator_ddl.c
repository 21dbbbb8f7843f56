/*-------------------------------------------------------------------------
 *
 * generator_ddl.c
 *	  Checking which changes of a generator are allowed, and when.
 *
 * A generator issues no number twice, whatever ALTER SERVER changes.  Its
 * former layouts and nodes are kept in its option "former", so that dumps
 * contain them.  Two layouts and nodes that a generator has one after the other
 * may issue IDs that
 *
 *	always differ, by a fixed bit, or because their nodes differ and each node has its
 *		timeline: nothing has to be done;
 *	can be equal only at the same time: the new ones begin after the old ones, see
 *		id_space_go_beyond();
 *	can be equal at other times, but the new ones are above all old ones: the same;
 *	can be equal at other times otherwise: the change is refused, unless the generator
 *		has certainly issued none.
 *
 * If new IDs begin after the old ones, no statement may still issue old ones.  And
 * those who read the horizon of the new IDs do not regard transactions that have old ones.
 * So a transaction that uses a generator locks the foreign server against changes,
 * as one that uses a table locks the table, and they wait for each other.
 *
 * IDs that are issued before a change commits are handled in
 * generator_uncommitted.c.
 *
 * All this is called from PostgreSQL's object access hook.  The library is
 * loaded by then, because PostgreSQL calls our validator for the options first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_foreign_server.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "engine/horizon.h"
#include "engine/id_space.h"
#include "generator/generator_change.h"
#include "generator/generator_ddl.h"
#include "generator/generator_former.h"
#include "generator/generator_lock.h"
#include "generator/generator_options.h"
#include "generator/generator_row.h"
#include "generator/layout_convert.h"
#include "generator/named_generator.h"

static object_access_hook_type previous_object_access_hook = NULL;

static bool
is_generator(HeapTuple tuple)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapperByName(GENERATOR_WRAPPER, true);

	return wrapper != NULL && HeapTupleIsValid(tuple) &&
		((Form_pg_foreign_server) GETSTRUCT(tuple))->srvfdw == wrapper->fdwid;
}

/* Replace the option that holds the former layouts and nodes. */
static void
write_former(GeneratorRow *server, List *former)
{
	Datum		values[Natts_pg_foreign_server] = {0};
	bool		nulls[Natts_pg_foreign_server] = {false};
	bool		replaces[Natts_pg_foreign_server] = {false};
	DefElem    *option = makeDefElem(FORMER_OPTION, (Node *) makeString(generator_former_text(former)), -1);
	bool		is_null;
	Datum		options = heap_getattr(server->tuple, Anum_pg_foreign_server_srvoptions,
									   RelationGetDescr(server->servers), &is_null);
	const int	column = Anum_pg_foreign_server_srvoptions - 1;

	option->defaction = generator_options_read(generator_row_options(server)).former == NIL ? DEFELEM_ADD : DEFELEM_SET;
	values[column] = transformGenericOptions(ForeignServerRelationId, options, list_make1(option), InvalidOid);
	replaces[column] = true;
	CommandCounterIncrement();
	CatalogTupleUpdate(server->servers, &server->tuple->t_self,
					   heap_modify_tuple(server->tuple, RelationGetDescr(server->servers), values, nulls, replaces));
}

static void
report_change_refused(const char *name, const GeneratorOptions *former, const GeneratorOptions *present)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("cannot change generator \"%s\" to layout \"%s\"", name, layout_to_text(&present->layout)),
			errdetail("Its IDs could be the same numbers as IDs that it has issued with layout \"%s\" at other times.",
					  layout_to_text(&former->layout)),
			errhint("Choose a node that the generator has not had and that has the same place in both layouts, or create another generator and do not store IDs of both in one column."));
}

/* ERROR if the command changes the option "former", which only we write. */
static void
check_former_is_kept(const char *name, const GeneratorOptions *present, const GeneratorOptions *old)
{
	if (strcmp(generator_former_text(present->former), generator_former_text(old->former)) != 0)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				errmsg("option \"%s\" of generator \"%s\" cannot be changed", FORMER_OPTION, name),
				errdetail("It holds the layouts and nodes that the generator has had, so that no ID is issued twice."),
				errhint("Create another generator instead."));
}

/* Remember that a generator was created while the server runs, and not by restoring a dump. */
void
generator_ddl_remember_creation(Oid id)
{
	SharedArea *area = shmem_area_if_room();
	CreatedGenerator created = {MyDatabaseId, id};

	if (area == NULL)
		return;
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->created[area->created_count++ % CREATED_GENERATORS] = created;
	LWLockRelease(&area->lock);
}

static bool
was_created_in_this_run(Oid id)
{
	SharedArea *area = shmem_area_if_room();
	bool		found = false;

	if (area == NULL)
		return false;
	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < CREATED_GENERATORS && !found; i++)
		found = area->created[i].server == id && area->created[i].database == MyDatabaseId;
	LWLockRelease(&area->lock);
	return found;
}

/* Has a generator certainly issued no ID yet? */
static bool
is_generator_unused(Oid id, const GeneratorOptions *options)
{
	IdNumbers	numbers = generator_options_numbers(options);

	return options->former == NIL && was_created_in_this_run(id) &&
		id_space_uncommitted(id) == NIL && id_space_issued_until_us(&numbers, NULL) == 0;
}

/*
 * Compare present IDs with all former ones: the worst result, and the former
 * layout that causes it.
 */
static Change
compare_with_former(const GeneratorOptions *present, List *former, const GeneratorOptions **worst)
{
	Change		change = CHANGE_IS_FREE;
	ListCell   *cell;

	foreach(cell, former)
	{
		Change		one = generator_change_compare(present, lfirst(cell));

		if (one > change)
		{
			change = one;
			*worst = lfirst(cell);
		}
	}
	return change;
}

/*
 * Add the layouts and nodes with which a generator has issued IDs in
 * transactions that had not committed yet.
 */
static List *
add_uncommitted(List *former, Oid id)
{
	ListCell   *cell;

	foreach(cell, id_space_uncommitted(id))
	{
		Timeline   *timeline = lfirst(cell);
		SnowflakeLayout layout = id_space_widest_layout(timeline);
		GeneratorOptions options = generator_options_for_space(&layout, timeline->node_bits);

		former = generator_former_add(former, &options);
	}
	return former;
}

static void
report_below_horizon(const char *name, const GeneratorOptions *present, uint64 horizon)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("cannot change generator \"%s\" to layout \"%s\"", name, layout_to_text(&present->layout)),
			errdetail("Its IDs would be below %llu, a horizon that readers have got: they would miss rows.",
					  (unsigned long long) horizon),
			errhint("Create another generator, and let its readers begin with a bookmark of their own."));
}

/*
 * ERROR if present IDs, although they begin after the time of the horizons of former ones,
 * would be below one of these.  Nobody uses the generator.
 */
static void
check_above_horizons(const char *name, const GeneratorOptions *present, List *former)
{
	const SnowflakeLayout *layout = &present->layout;
	ListCell   *cell;

	if (shmem_area_if_room() == NULL || !layout_is_by_time(layout))
		return;
	foreach(cell, former)
	{
		IdNumbers	numbers = generator_options_numbers(lfirst(cell));
		Timeline   *timeline;
		int			number = 0;

		while ((timeline = id_space_next_issuer(&number, &numbers, NULL)) != NULL)
		{
			uint64		position = layout_position_from_us(layout, horizon_end_us(timeline));
			uint64		horizon = horizon_greatest(timeline);

			if (horizon > (uint64) layout_compose(layout, Min(position, layout_end(layout) - 1), 0))
				report_below_horizon(name, present, horizon);
		}
	}
}

/*
 * Ensure that a change of a generator makes no ID repeat, and that no reader misses one, and
 * remember the former layout and node.  Present IDs begin above the horizons of former ones
 * when the generator is used: see go_beyond_former() in named_generator.c.
 */
static void
check_generator_change(Oid id, GeneratorRow *server, const ForeignServer *old_server)
{
	GeneratorOptions old = generator_options_read(old_server->options);
	GeneratorOptions present = generator_options_read(generator_row_options(server));
	List	   *former = add_uncommitted(generator_former_add(old.former, &old), id);
	const GeneratorOptions *worst = NULL;
	Change		change;

	check_former_is_kept(old_server->servername, &present, &old);
	if (generator_change_is_none(&present, &old))
		return;

	/* Others must not use a definition that would be lost in a crash. */
	ForceSyncCommit();
	change = compare_with_former(&present, former, &worst);
	if (change == CHANGE_MAY_REPEAT && !is_generator_unused(id, &old))
		report_change_refused(old_server->servername, worst, &present);

	/*
	 * Wait also if the IDs always differ, and nobody has read a horizon yet:
	 * the first reader may come before the transactions that have former IDs
	 * end.  With the lock held, no other session can be about to use it for
	 * the first time.
	 */
	generator_lock_to_change(id);
	check_above_horizons(old_server->servername, &present, former);
	if (change != CHANGE_IS_FREE && is_generator_unused(id, &old))
		return;
	if (change == CHANGE_MAY_REPEAT)
		report_change_refused(old_server->servername, worst, &present);
	write_former(server, former);
}

/*
 * A generator whose options cannot be read issues nothing.  Such options exist
 * only if our validator was removed.
 */
static bool
are_options_readable(List *definitions)
{
	GeneratorOptions options;
	OptionsProblem problem;

	return generator_options_try(definitions, &options, &problem);
}

static void
handle_alter_server(Oid id)
{
	/* The row as it was before this command. */
	ForeignServer *old = GetForeignServerExtended(id, FSV_MISSING_OK);
	GeneratorRow server = generator_row_open_new(id);

	if (old != NULL && is_generator(server.tuple) &&
		are_options_readable(old->options) && are_options_readable(generator_row_options(&server)))
		check_generator_change(id, &server, old);
	generator_row_close(&server);
}

/*
 * NOTICE if IDs of another generator can be the same numbers.  Generators that
 * share a timeline do not count, because their IDs never repeat.
 */
static bool
report_overlap(const char *name, const IdNumbers *numbers, Oid other_id)
{
	ForeignServer *other = GetForeignServerExtended(other_id, FSV_MISSING_OK);
	GeneratorOptions options;
	OptionsProblem problem;
	IdNumbers	others;

	if (other == NULL || !generator_options_try(other->options, &options, &problem))
		return false;
	others = generator_options_numbers(&options);
	if (layout_keeps_apart(&numbers->layout, &others.layout) || !layout_may_be_equal(numbers, &others))
		return false;
	ereport(NOTICE,
			errmsg("IDs of generator \"%s\" can be the same numbers as IDs of generator \"%s\"", name, other->servername),
			layout_same_pace(numbers, &others) ?
			errdetail("They can be equal when they are issued at the same time.") :
			errdetail("They can be equal when they are issued at different times."),
			errhint("Do not store IDs of both in one column."));
	return true;
}

/* Compare a new generator with this many others; idgen_check() compares all. */
#define MOST_OTHERS 1000

/* Report another generator that can issue the same numbers as a new one. */
static void
handle_create_server(Oid id)
{
	GeneratorRow server = generator_row_open_new(id);
	int			looked_at = 0;
	GeneratorOptions options;
	OptionsProblem problem;
	IdNumbers	numbers;
	ListCell   *cell;

	if (is_generator(server.tuple) && generator_options_try(generator_row_options(&server), &options, &problem))
	{
		numbers = generator_options_numbers(&options);
		foreach(cell, named_generator_list())
		{
			if (lfirst_oid(cell) != id &&
				report_overlap(NameStr(((Form_pg_foreign_server) GETSTRUCT(server.tuple))->srvname), &numbers, lfirst_oid(cell)))
				break;
			if (++looked_at == MOST_OTHERS)
				break;
		}
	}
	generator_row_close(&server);
}

static void
generator_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (previous_object_access_hook)
		previous_object_access_hook(access, class_id, object_id, sub_id, arg);
	if (class_id != ForeignServerRelationId)
		return;
	if (access == OAT_POST_ALTER)
		handle_alter_server(object_id);
	else if (access == OAT_POST_CREATE)
		handle_create_server(object_id);
}

/* Called once, when the library is loaded. */
void
generator_ddl_init(void)
{
	previous_object_access_hook = object_access_hook;
	object_access_hook = generator_object_access;
}
