/*-------------------------------------------------------------------------
 *
 * own_layouts.c
 *	  The layouts that IDs in this database may have.
 *
 * These are the layouts of the server, of the generators of this database, and
 * those that the generators had before, because rows may contain IDs of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "nodes/pg_list.h"

#include "generator/generator_options.h"
#include "generator/named_generator.h"
#include "generator/own_layouts.h"
#include "generator/server_layout.h"

/*
 * Owners are listed up to this length, so that a layout of many generators
 * does not list all of them.
 */
#define MOST_OWNER_LENGTH 100

typedef struct OwnLayouts
{
	OwnLayout  *layouts;		/* each once */
	int			count;
	int			room;
} OwnLayouts;

/* Add a layout, or an owner to a layout that is there.  owner is a phrase. */
static void
add_own_layout(OwnLayouts *own, const SnowflakeLayout *layout, const char *name, const char *owner)
{
	for (int i = 0; i < own->count; i++)
	{
		OwnLayout  *known = &own->layouts[i];

		if (!layout_equal(&known->layout, layout))
			continue;
		if (strlen(known->owner) <= MOST_OWNER_LENGTH)
			known->owner = psprintf("%s; %s", known->owner, owner);
		return;
	}
	if (own->count == own->room)
	{
		own->room *= 2;
		own->layouts = repalloc(own->layouts, own->room * sizeof(OwnLayout));
	}
	own->layouts[own->count].layout = *layout;
	own->layouts[own->count].name = name;
	own->layouts[own->count++].owner = owner;
}

/*
 * Add the present and former layouts of a generator; nothing if it has been
 * dropped or is invalid.
 */
static void
add_generator_layouts(OwnLayouts *own, Oid id)
{
	ForeignServer *server = GetForeignServerExtended(id, FSV_MISSING_OK);
	GeneratorOptions options;
	OptionsProblem problem;
	char	   *name;
	ListCell   *cell;

	if (server == NULL || !generator_options_try(server->options, &options, &problem))
		return;
	name = psprintf("generator %s", server->servername);
	add_own_layout(own, &options.layout, name, psprintf("layout of %s", name));
	foreach(cell, options.former)
	{
		const GeneratorOptions *former = lfirst(cell);

		if (!layout_equal(&former->layout, &options.layout))
			add_own_layout(own, &former->layout, name, psprintf("former layout of %s", name));
	}
}

/* All layouts, without duplicates, allocated in the current memory context. */
OwnLayout *
own_layouts(int *count)
{
	OwnLayouts	own = {
		.layouts = palloc(8 * sizeof(OwnLayout)),
		.room = 8,
	};
	ListCell   *cell;

	add_own_layout(&own, server_layout(), "this server's", "this server's own layout");
	foreach(cell, named_generator_list())
		add_generator_layouts(&own, lfirst_oid(cell));
	*count = own.count;
	return own.layouts;
}
