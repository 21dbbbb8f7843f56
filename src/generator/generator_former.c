/*-------------------------------------------------------------------------
 *
 * generator_former.c
 *	  The layouts and nodes that a generator had before.
 *
 * They are an option of the generator, so dumps and upgrades keep them.
 * generator_ddl.c says what they are used for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "generator/generator_former.h"
#include "generator/layout_convert.h"

/* Copy the list and its elements to the current memory context. */
List *
generator_former_copy(List *former)
{
	List	   *copy = NIL;
	ListCell   *cell;

	foreach(cell, former)
	{
		GeneratorOptions *one = palloc(sizeof(GeneratorOptions));

		*one = *(GeneratorOptions *) lfirst(cell);
		copy = lappend(copy, one);
	}
	return copy;
}

static bool
same_numbers(const IdNumbers *one, const IdNumbers *other)
{
	return one->fixed == other->fixed && layout_shares_timeline(one, other);
}

/*
 * Do the IDs of one include all IDs that other has issued?  Only determined if
 * both have the same layout.
 */
static bool
former_covers(const GeneratorOptions *one, const GeneratorOptions *other)
{
	if (!layout_equal(&one->layout, &other->layout))
		return false;
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (one->is_given[field] && !(other->is_given[field] && other->value[field] == one->value[field]))
			return false;
	return true;
}

/*
 * The number of nodes remembered for each layout; if there are more, any node
 * is taken to have been used.
 */
#define FORMER_NODES 16

/* Add the layout and node of a generator to its former ones.  Returns a new list. */
List *
generator_former_add(List *former, const GeneratorOptions *options)
{
	IdNumbers	numbers = generator_options_numbers(options);
	GeneratorOptions *added = palloc0(sizeof(GeneratorOptions));
	List	   *others = NIL;
	List	   *of_layout = NIL;
	ListCell   *cell;

	foreach(cell, former)
	{
		GeneratorOptions *one = lfirst(cell);
		IdNumbers	old = generator_options_numbers(one);

		if (same_numbers(&old, &numbers) || former_covers(one, options))
			return list_copy(former);
		if (layout_equal(&one->layout, &options->layout))
			of_layout = lappend(of_layout, one);
		else
			others = lappend(others, one);
	}
	added->layout = options->layout;
	if (list_length(of_layout) >= FORMER_NODES)
		return lappend(others, added);
	memcpy(added->is_given, options->is_given, sizeof(added->is_given));
	memcpy(added->value, options->value, sizeof(added->value));
	return lappend(list_concat(others, of_layout), added);
}

/* The list as the text of the option. */
char *
generator_former_text(List *former)
{
	StringInfoData str;
	ListCell   *cell;

	initStringInfo(&str);
	foreach(cell, former)
	{
		GeneratorOptions *one = lfirst(cell);
		const char *word = " with ";

		appendStringInfo(&str, "%s%s", str.len > 0 ? " | " : "", layout_to_text(&one->layout));
		for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
			if (one->is_given[field])
			{
				appendStringInfo(&str, "%s%s=%llu", word, generator_field_options[field],
								 (unsigned long long) one->value[field]);
				word = " ";
			}
	}
	return str.data;
}
