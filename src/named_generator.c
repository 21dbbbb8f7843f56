/*-------------------------------------------------------------------------
 *
 * named_generator.c
 *	  Finding a generator by its name, and whether one may draw from it.
 *
 * A generator is a foreign server of the foreign-data wrapper "idgen", whose
 * options say its layout, node and start of the sequence.  So PostgreSQL itself
 * keeps, checks, dumps and renames it, knows its owner and who may use it, and
 * tells all backends when something changes.
 *
 * A backend looks it up once, and again when PostgreSQL says that a foreign
 * server, a wrapper or a role has changed, or when another user draws.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_foreign_server.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "compat.h"
#include "generator_options.h"
#include "id_space.h"
#include "named_generator.h"

static HTAB *generators = NULL;

static void
note_change(Datum arg, int cache, uint32 hash)
{
	generator_changes++;
}

static void
create_table(void)
{
	HASHCTL		control = {
		.keysize = sizeof(NameData),
		.entrysize = sizeof(NamedGenerator),
	};

	generators = hash_create("snowflake generators", 16, &control, HASH_ELEM | HASH_STRINGS);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, note_change, (Datum) 0);
	CacheRegisterSyscacheCallback(FOREIGNDATAWRAPPEROID, note_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, note_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, note_change, (Datum) 0);
}

/* The foreign server that is the generator by this name.  ERROR UNDEFINED_OBJECT if there is none. */
ForeignServer *
named_generator_server(const char *name)
{
	/* By its OID, as it may be dropped while we look. */
	ForeignServer *server = GetForeignServerExtended(get_foreign_server_oid(name, true), FSV_MISSING_OK);
	ForeignDataWrapper *wrapper = server == NULL ? NULL :
		GetForeignDataWrapperExtended(server->fdwid, FDW_MISSING_OK);

	if (wrapper == NULL || strcmp(wrapper->fdwname, GENERATOR_WRAPPER) != 0)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("generator \"%s\" does not exist", name),
				wrapper != NULL ?
				errdetail("There is a foreign server by this name, but it is of another foreign-data wrapper.") : 0,
				errhint("See snowflake_create_generator()."));
	return server;
}

/*
 * This process's entry for a name.  ERROR UNDEFINED_OBJECT if there is no such
 * generator, and has not been.
 */
NamedGenerator *
named_generator_find(const char *name)
{
	NamedGenerator *named;

	if (generators == NULL)
		create_table();
	named = hash_search(generators, name, HASH_FIND, NULL);
	if (named == NULL)
	{
		(void) named_generator_server(name);
		named = hash_search(generators, name, HASH_ENTER, NULL);
		named->user = InvalidOid;
		memset(&named->generator, 0, sizeof(Generator));
	}
	return named;
}

static void
check_may_draw(const ForeignServer *server)
{
	AclResult	result = compat_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_SERVER, server->servername);
}

/*
 * Is anything of a generator's node the server's?  Not if it has been given all that
 * its layout has.
 */
bool
named_generator_follows_server(const GeneratorOptions *options)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (layout_has(&options->layout, field) && !options->is_given[field])
			return true;
	return false;
}

/* Is a field's value the server's? */
static bool
is_of_server(const GeneratorOptions *options, LayoutField field)
{
	return (field == LAYOUT_DATACENTER || field == LAYOUT_WORKER) &&
		!options->is_given[field] && named_generator_follows_server(options);
}

/* Does what the generator has of the server's node fit its layout? */
bool
named_generator_fits(const GeneratorOptions *options)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (is_of_server(options, field) && !generator_server_field_fits(&options->layout, field))
			return false;
	return true;
}

/*
 * The node of a generator's IDs.  ERROR INVALID_PARAMETER_VALUE if the server's
 * does not fit.
 */
uint64
named_generator_node_bits(const GeneratorOptions *options)
{
	const SnowflakeLayout *layout = &options->layout;
	uint64		bits = 0;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		bits |= is_of_server(options, field) ? generator_server_field(layout, field) :
			layout_put(layout, field, options->value[field]);
	return bits;
}

/*
 * Make the generator ready, if the user may draw from it.  Errors: those of
 * generator_attach() and generator_set_up(); UNDEFINED_OBJECT;
 * INSUFFICIENT_PRIVILEGE; INVALID_PARAMETER_VALUE if the server's node does not
 * fit the layout.
 */
void
named_generator_ready(NamedGenerator *named, const char *caller)
{
	/* What changes while we look makes us look again. */
	uint64		as_of = generator_changes;
	ForeignServer *server;
	GeneratorOptions options;

	generator_attach(caller);
	server = named_generator_server(NameStr(named->name));
	check_may_draw(server);
	options = generator_options_read(server->options);

	named->generator.ready_as_of = 0;
	generator_set_up(&named->generator, &options.layout, named_generator_node_bits(&options),
					 !named_generator_follows_server(&options));
	named->generator.source.sequence_start = options.sequence_start;
	named->generator.ready_as_of = as_of;
	named->user = GetUserId();
}
