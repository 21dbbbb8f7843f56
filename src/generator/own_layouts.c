/*-------------------------------------------------------------------------
 *
 * own_layouts.c
 *	  See own_layouts.h.
 *
 * They are the server's own, those of the generators of this database, and those
 * that the generators had before, as rows may have IDs of these.
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

/* A layout that many generators have is not said to be of each. */
#define MOST_OWNER_LENGTH 100

typedef struct OwnLayouts
{
	OwnLayout  *layouts;		/* each once */
	int			count;
	int			room;
} OwnLayouts;

/* Add a layout, or an owner to the one that is there.  owner is a phrase. */
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
	own->layouts[own->count++] = (OwnLayout) {*layout, name, owner};
}

/* What a generator has and had; nothing if it is gone, or makes no sense. */
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

/* All of them, each once, in memory of the current context. */
OwnLayout *
own_layouts(int *count)
{
	OwnLayouts	own = {.layouts = palloc(8 * sizeof(OwnLayout)),.room = 8};
	ListCell   *cell;

	add_own_layout(&own, server_layout(), "this server's", "this server's own layout");
	foreach(cell, named_generator_list())
		add_generator_layouts(&own, lfirst_oid(cell));
	*count = own.count;
	return own.layouts;
}
