/*-------------------------------------------------------------------------
 *
 * named_generator.c
 *	  Finding a generator by its name, and checking the privilege to use it.
 *
 * A generator is a foreign server of the foreign-data wrapper "idgen", whose
 * options give its layout, its node and the start of its sequence.  So
 * PostgreSQL itself stores, checks, dumps and renames it, knows its owner and
 * who may use it, and tells all backends when something changes.
 *
 * A backend looks a generator up once, and again when PostgreSQL reports that a
 * foreign server, a wrapper or a role has changed, or when another user issues
 * IDs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_foreign_server.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "engine/failures.h"
#include "engine/horizon.h"
#include "engine/id_space.h"
#include "generator/generator_former.h"
#include "generator/generator_lock.h"
#include "generator/generator_options.h"
#include "generator/generator_uncommitted.h"
#include "generator/leased_numbers.h"
#include "generator/named_generator.h"

static HTAB *generators = NULL;

/* The generators that this transaction has used; it holds a lock on each. */
static NamedGenerator *used_in_transaction = NULL;

/*
 * The locks end with the transaction, so the next one that uses a generator
 * must make it ready again.
 */
static void
forget_transaction_generators(XactEvent event, void *arg)
{
	for (; used_in_transaction != NULL; used_in_transaction = used_in_transaction->next_in_transaction)
	{
		used_in_transaction->generator.ready_as_of = 0;
		used_in_transaction->is_locked = false;
		if (used_in_transaction->generator.source.before_issue != NULL)
			used_in_transaction->defined_as_of = 0;
	}
}

static void
note_catalog_change(Datum arg, int cache, uint32 hash)
{
	generator_changes++;
}

static void
create_generator_table(void)
{
	HASHCTL		control = {
		.keysize = sizeof(NameData),
		.entrysize = sizeof(NamedGenerator),
	};

	generators = hash_create("snowflake generators", 16, &control, HASH_ELEM | HASH_STRINGS);
	RegisterXactCallback(forget_transaction_generators, NULL);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, note_catalog_change, (Datum) 0);
	CacheRegisterSyscacheCallback(FOREIGNDATAWRAPPEROID, note_catalog_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, note_catalog_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, note_catalog_change, (Datum) 0);
}

/* The foreign server of the generator with this name.  ERROR UNDEFINED_OBJECT, with a hint, if there is none. */
static ForeignServer *
find_server(const char *name, const char *hint)
{
	/* By OID, because it may be dropped concurrently. */
	ForeignServer *server = GetForeignServerExtended(get_foreign_server_oid(name, true), FSV_MISSING_OK);
	ForeignDataWrapper *wrapper = server == NULL ? NULL :
		GetForeignDataWrapperExtended(server->fdwid, FDW_MISSING_OK);

	if (wrapper == NULL || strcmp(wrapper->fdwname, GENERATOR_WRAPPER) != 0)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("generator \"%s\" does not exist", name),
				wrapper != NULL ?
				errdetail("A foreign server of this name exists, but it belongs to another foreign-data wrapper.") : 0,
				errhint("%s", hint));
	return server;
}

/* The foreign server of a generator that is to be used.  ERROR UNDEFINED_OBJECT if there is none. */
ForeignServer *
named_generator_server(const char *name)
{
	return find_server(name, _("Create it with snowflake_create_generator()."));
}

/* That of a generator that is to be dropped.  ERROR UNDEFINED_OBJECT if there is none. */
ForeignServer *
named_generator_server_to_drop(const char *name)
{
	return find_server(name, _("The view \"snowflake_generators\" lists those that exist."));
}

/*
 * This process's entry for a name.  ERROR UNDEFINED_OBJECT if this process has
 * not used such a generator before, and none exists.
 */
NamedGenerator *
named_generator_find(const char *name)
{
	NamedGenerator *named;

	if (generators == NULL)
		create_generator_table();
	named = hash_search(generators, name, HASH_FIND, NULL);
	if (named == NULL)
	{
		FAILURES_BEGIN_WATCH();
		{
			(void) named_generator_server(name);
		}
		FAILURES_END_WATCH();
		named = hash_search(generators, name, HASH_ENTER, NULL);
		memset((char *) named + sizeof(NameData), 0, sizeof(NamedGenerator) - sizeof(NameData));
	}
	return named;
}

static void
check_usage_right(const ForeignServer *server)
{
	AclResult	result = compat_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_SERVER, server->servername);
}

/* Is the value of a field the server's? */
bool
named_generator_follows(const GeneratorOptions *options, LayoutField field)
{
	return (field == LAYOUT_DATACENTER || field == LAYOUT_WORKER) &&
		!options->is_given[field] && generator_options_follow_server(options);
}

/* Does the part of the server's node that a generator uses fit its layout? */
bool
named_generator_fits(const GeneratorOptions *options)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (named_generator_follows(options, field) && !generator_server_field_fits(&options->layout, field))
			return false;
	return true;
}

/*
 * The node of a generator's IDs, shifted to its place.  ERROR
 * INVALID_PARAMETER_VALUE if the server's part of it does not fit.
 */
uint64
named_generator_node_bits(const GeneratorOptions *options)
{
	const SnowflakeLayout *layout = &options->layout;
	uint64		bits = 0;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		bits |= named_generator_follows(options, field) ? generator_server_field(layout, field) :
			layout_put(layout, field, options->value[field]);
	return bits;
}

/*
 * The same without waiting, and without an error: false if the server has no
 * node now that fits.
 */
bool
named_generator_find_node_bits(const GeneratorOptions *options, uint64 *node_bits)
{
	const SnowflakeLayout *layout = &options->layout;

	*node_bits = 0;
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
	{
		bool		follows = named_generator_follows(options, field);
		int			of_server = follows ? generator_field_value(field) : 0;

		if (of_server == SETTING_INVALID || (follows && (uint64) of_server > layout_max(layout, field)))
			return false;
		*node_bits |= layout_put(layout, field, follows ? (uint64) of_server : options->value[field]);
	}
	return true;
}

/* Lock the layout until the transaction ends, and process invalidations. */
static void
lock_generator_layout(NamedGenerator *named)
{
	if (named->is_locked)
		return;
	generator_lock_to_use(named->server);
	named->is_locked = true;
	named->next_in_transaction = used_in_transaction;
	used_in_transaction = named;
}

/*
 * Lock the generator's foreign server and return it.  The privilege is checked
 * before: a lock outlasts an ERROR that a subtransaction catches, and changes
 * wait for it.  Errors: those of named_generator_server(),
 * INSUFFICIENT_PRIVILEGE, and what waiting for a lock raises.
 */
static ForeignServer *
lock_generator_server(NamedGenerator *named)
{
	for (;;)
	{
		ForeignServer *server = named_generator_server(NameStr(named->name));

		check_usage_right(server);
		if (named->is_locked && named->server == server->serverid)
			return server;
		if (named->is_locked)
			forget_transaction_generators(XACT_EVENT_ABORT, NULL);
		named->server = server->serverid;
		lock_generator_layout(named);
	}
}

/*
 * Called before issuing IDs by an uncommitted definition: let the former IDs
 * continue above them, in case the definition is rolled back.
 */
static void
raise_former_ids(PositionSource *source, int64 until_us)
{
	NamedGenerator *named = (NamedGenerator *) ((char *) source - offsetof(NamedGenerator, generator.source));
	IdNumbers	present = layout_node_numbers(&source->layout, source->node_bits);
	ListCell   *cell;

	foreach(cell, named->former)
	{
		IdNumbers	former = generator_options_numbers(lfirst(cell));

		id_space_raise(&former, &present, until_us);
	}
}

/* Set up raise_former_ids(), which raises only timelines that exist. */
static void
define_uncommitted_generator(NamedGenerator *named, List *former, SpaceUser user)
{
	MemoryContext context = MemoryContextSwitchTo(TopTransactionContext);
	ListCell   *cell;

	foreach(cell, former)
	{
		const GeneratorOptions *one = lfirst(cell);

		if (named_generator_fits(one))
			(void) id_space_get_timeline(&one->layout, named_generator_node_bits(one),
										 generator_options_keep_node(one), user);
	}
	named->former = generator_former_copy(former);
	named->generator.source.before_issue = raise_former_ids;
	MemoryContextSwitchTo(context);
}

/* Does the node of a generator contain the server's worker number? */
bool
named_generator_has_server_worker(const GeneratorOptions *options)
{
	return layout_has(&options->layout, LAYOUT_WORKER) && named_generator_follows(options, LAYOUT_WORKER);
}

/* Does the node of a generator contain a part of the server's node? */
static bool
follows_server_node(const GeneratorOptions *options)
{
	return named_generator_has_server_worker(options) ||
		(layout_has(&options->layout, LAYOUT_DATACENTER) && named_generator_follows(options, LAYOUT_DATACENTER));
}

/* The server's worker ID has changed, or the pool, whose numbers a generator must leave alone. */
static void
renew_named_node(PositionSource *source)
{
	NamedGenerator *named = (NamedGenerator *) ((char *) source - offsetof(NamedGenerator, generator.source));

	named->defined_as_of = 0;
	named_generator_ready(named, "snowflake_nextval()");
}

/*
 * Let present IDs begin after the former ones that they can be equal to, and above the
 * horizons that readers of former ones have got: no transaction has former ones any more.
 * Errors: those of id_space_go_beyond() and id_space_raise_to().
 */
static void
go_beyond_former(Timeline *timeline, const IdNumbers *present, List *former)
{
	ListCell   *cell;

	foreach(cell, former)
	{
		IdNumbers	numbers = generator_options_numbers(lfirst(cell));
		Timeline   *other;
		int			number = 0;

		/* There may be many of them. */
		CHECK_FOR_INTERRUPTS();
		id_space_go_beyond(timeline, present, &numbers);
		while ((other = id_space_next_issuer(&number, &numbers, NULL)) != NULL)
			if (other != timeline)
				id_space_raise_to(timeline, &present->layout, horizon_end_us, other);
	}
}

/* Set up the generator from its options. */
static void
define_generator(NamedGenerator *named, const ForeignServer *server)
{
	GeneratorOptions options = generator_options_read(server->options);
	uint32		worker_changes = server_worker_changes();
	uint64		node_bits = named_generator_node_bits(&options);
	IdNumbers	numbers = layout_node_numbers(&options.layout, node_bits);
	List	   *goes_above;
	bool		is_uncommitted = generator_uncommitted_check(server, &options, &goes_above);
	SpaceUser	user = superuser_arg(server->owner) ? SPACE_OF_SERVER : SPACE_OF_ROLE;
	Timeline   *timeline;

	leased_numbers_check(server->servername, &numbers, named_generator_has_server_worker(&options));
	timeline = id_space_get_timeline(&options.layout, node_bits, generator_options_keep_node(&options), user);
	if (is_uncommitted)
		generator_uncommitted_note_use(server, timeline);
	go_beyond_former(timeline, &numbers, options.former);
	generator_set_up(&named->generator, &options.layout, node_bits, timeline);
	timeline_follow_worker(&named->generator.source, worker_changes, named_generator_has_server_worker(&options),
						   renew_named_node);
	named->generator.source.has_joined = false;
	if (follows_server_node(&options))
		horizon_join(&named->generator.source, false);
	named->generator.source.sequence_start = options.sequence_start;
	named->generator.source.before_issue = NULL;
	if (goes_above != NIL)
		define_uncommitted_generator(named, goes_above, user);
}

static void
set_up_for_transaction(NamedGenerator *named, const char *caller)
{
	uint64		as_of;
	ForeignServer *server;

	generator_attach(caller);
	named->generator.ready_as_of = 0;
	if (named->defined_as_of == generator_changes && named->user == GetUserId())
		lock_generator_layout(named);

	/* If something changes while we read it, the next call reads it again. */
	as_of = generator_changes;
	if (named->defined_as_of != as_of || named->user != GetUserId())
	{
		server = lock_generator_server(named);
		named->defined_as_of = 0;
		define_generator(named, server);
		named->defined_as_of = as_of;
		named->user = GetUserId();
	}
	named->generator.ready_as_of = as_of;
}

/*
 * Make the generator ready for this transaction, if the user may use it.
 * Errors: those of generator_attach(), id_space_get_timeline() and
 * generator_set_up(); UNDEFINED_OBJECT; INSUFFICIENT_PRIVILEGE;
 * INVALID_PARAMETER_VALUE if the server's node does not fit the layout.
 */
void
named_generator_ready(NamedGenerator *named, const char *caller)
{
	FAILURES_BEGIN_WATCH();
	{
		set_up_for_transaction(named, caller);
	}
	FAILURES_END_WATCH();
}

/* The generators of this database, as OIDs of foreign servers. */
List *
named_generator_list(void)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapperByName(GENERATOR_WRAPPER, true);
	Relation	servers = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(servers, InvalidOid, false, NULL, 0, NULL);
	List	   *list = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_foreign_server server = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (wrapper != NULL && server->srvfdw == wrapper->fdwid)
			list = lappend_oid(list, server->oid);
	}
	systable_endscan(scan);
	table_close(servers, AccessShareLock);
	return list;
}
