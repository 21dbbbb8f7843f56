/*-------------------------------------------------------------------------
 *
 * check_generators.c
 *	  Do generators of this database, and the server's own, make the same
 *	  numbers?  And is there anything else that is wrong with one?
 *
 * Those of one layout and node draw from one timeline, so that nothing repeats.
 * IDs of different layouts are numbers that mean different things, and can be the
 * same, unless a bit that is fixed in both differs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"

#include "check_generators.h"
#include "finding.h"
#include "generator_options.h"
#include "named_generator.h"
#include "server_layout.h"

#define SERVER_SUBJECT "the server's own IDs"

/* A generator, or the server's own. */
typedef struct Checked
{
	char	   *subject;
	SnowflakeLayout layout;
	uint64		node_bits;
} Checked;

/* Can two make the same number? */
static bool
may_coincide(const Checked *one, const Checked *other)
{
	uint64		fixed = layout_fixed_bits(&one->layout) & layout_fixed_bits(&other->layout);

	return ((one->node_bits ^ other->node_bits) & fixed) == 0;
}

/* Does nothing in its IDs tell this server from others? */
static bool
lacks_node(const SnowflakeLayout *layout)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (layout_has(layout, field))
			return false;
	return true;
}

static void
check_one(ReturnSetInfo *result, const Checked *generator)
{
	finding_put_layout(result, generator->subject, &generator->layout);
	if (lacks_node(&generator->layout) && (generator_datacenter.value != 0 || generator_worker.value != 0))
		finding_put(result, FINDING_WARNING, generator->subject,
					"Use it on one server only, or choose a layout with a worker.",
					"This server has a node, so there are others, but the layout does not tell servers apart.");
}

/*
 * What a generator has in common with those before it, each kind once, as there may
 * be thousands.
 */
static void
check_against(ReturnSetInfo *result, const Checked *generators, int number)
{
	const Checked *own = &generators[number];
	const Checked *same = NULL;
	const Checked *other = NULL;

	for (int i = 0; i < number; i++)
	{
		if (!may_coincide(own, &generators[i]))
			continue;
		if (layout_equal(&own->layout, &generators[i].layout))
			same = same ? same : &generators[i];
		else
			other = other ? other : &generators[i];
	}
	if (same != NULL)
		finding_put(result, FINDING_NOTICE, own->subject,
					"Give each a worker or shard of its own if they are to be independent.",
					"It has layout and node in common with %s: they share a timeline, so their IDs differ, but each waits for the other's bursts.",
					same->subject);
	if (other != NULL)
		finding_put(result, FINDING_NOTICE, own->subject,
					"Do not put IDs of both into one column.",
					"Its IDs are of another layout than those of %s, and can be the same numbers.",
					other->subject);
}

/* The generator that a row of pg_foreign_server is; false if it cannot make IDs, which is found. */
static bool
read_generator(ReturnSetInfo *result, const char *name, Checked *generator)
{
	GeneratorOptions options = generator_options_read(GetForeignServerByName(name, false)->options);

	generator->subject = psprintf("generator \"%s\"", name);
	generator->layout = options.layout;
	if (!named_generator_fits(&options))
	{
		finding_put(result, FINDING_ERROR, generator->subject,
					"Give it a node of its own, or choose another layout.",
					"The server's node, datacenter %d and worker %d, does not fit its layout: it makes no IDs.",
					generator_datacenter.value, generator_worker.value);
		return false;
	}
	generator->node_bits = named_generator_node_bits(&options);
	return true;
}

/* The server's own, and the generators of this database, in an array. */
static Checked *
collect(ReturnSetInfo *result, int *count)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapperByName(GENERATOR_WRAPPER, true);
	Relation	servers = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(servers, InvalidOid, false, NULL, 0, NULL);
	int			room = 16;
	Checked    *generators = palloc(room * sizeof(Checked));
	HeapTuple	tuple;

	*count = 0;
	generators[0].subject = pstrdup(SERVER_SUBJECT);
	generators[0].layout = *server_layout();
	if (generator_server_fits(server_layout()))
	{
		generators[0].node_bits = generator_server_node_bits(server_layout());
		(*count)++;
	}

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_foreign_server server = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (wrapper == NULL || server->srvfdw != wrapper->fdwid)
			continue;
		if (*count == room)
			generators = repalloc(generators, (room *= 2) * sizeof(Checked));
		if (read_generator(result, NameStr(server->srvname), &generators[*count]))
			(*count)++;
	}
	systable_endscan(scan);
	table_close(servers, AccessShareLock);
	return generators;
}

/* Add a row for each thing that is wrong with, or worth to know of, a generator. */
void
check_generators(ReturnSetInfo *result)
{
	int			count;
	Checked    *generators = collect(result, &count);

	for (int i = 0; i < count; i++)
	{
		/* What concerns the server's own layout has been looked at. */
		if (strcmp(generators[i].subject, SERVER_SUBJECT) != 0)
			check_one(result, &generators[i]);
		check_against(result, generators, i);
	}
}
