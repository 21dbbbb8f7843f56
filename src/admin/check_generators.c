/*-------------------------------------------------------------------------
 *
 * check_generators.c
 *	  Can generators of this database, and the server's own IDs, be the same numbers?
 *	  And what else is wrong with a generator?
 *
 * Generators with the same layout and node share a timeline, so their IDs differ.  IDs of
 * different layouts can be the same number, unless a bit that is fixed in both differs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"

#include "admin/check_generators.h"
#include "admin/check_timelines.h"
#include "admin/check_finding.h"
#include "engine/id_space.h"
#include "generator/generator_options.h"
#include "generator/generator_use.h"
#include "generator/named_generator.h"

#define SERVER_SUBJECT "the server's own IDs"

/* A generator, or the server's own IDs. */
typedef struct CheckedGenerator
{
	char	   *subject;
	SnowflakeLayout layout;
	uint64		node_bits;
	bool		has_own_node;	/* its node does not follow the server's */
	SpaceUser	user;
	int			layout_number;
} CheckedGenerator;

static IdNumbers
get_id_numbers(const CheckedGenerator *one)
{
	return layout_node_numbers(&one->layout, one->node_bits);
}

static bool
layout_has_no_node(const SnowflakeLayout *layout)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (layout_has(layout, field))
			return false;
	return true;
}

/* Does a generator's layout lack a node, although there are other servers? */
static void
check_generator_node(ReturnSetInfo *result, const CheckedGenerator *generator, const Others *others)
{
	const char *hint = "Use it on one server only, or choose a layout with a worker.";

	if (!layout_has_no_node(&generator->layout))
		return;
	if (generator_datacenter.value != 0 || generator_worker.value != 0)
		finding_put(result, FINDING_WARNING, generator->subject, hint,
					"This server has a node, so there are others, but the layout does not tell servers apart.");
	else if (others->how != NULL)
		finding_put(result, FINDING_WARNING, generator->subject, hint,
					"This server %s, and the layout does not tell servers apart.", others->how);
}

static void
check_generator(ReturnSetInfo *result, const CheckedGenerator *generator, const Others *others)
{
	finding_put_layout(result, generator->subject, &generator->layout);
	check_generator_node(result, generator, others);
	check_can_continue(result, generator->subject, &generator->layout,
					   id_space_find(&generator->layout, generator->node_bits));
	if (!id_space_has_room(&generator->layout, generator->node_bits, generator->user))
		finding_put(result, FINDING_ERROR, generator->subject,
					"Raise \"idgen.max_generators\", with \"idgen\" in \"shared_preload_libraries\", and restart the server.",
					"There is no room in shared memory for its layout and node: it issues no IDs.");
}

/*
 * Number the different layouts from 0, in their order in the array.  Returns their number.
 */
static int
number_layouts(CheckedGenerator *generators, int count)
{
	int			layouts = 0;

	for (int i = 0; i < count; i++)
	{
		int			j = 0;

		while (j < i && !layout_equal(&generators[j].layout, &generators[i].layout))
			j++;
		generators[i].layout_number = j < i ? generators[j].layout_number : layouts++;
	}
	return layouts;
}

static void
report_same_space(ReturnSetInfo *result, const CheckedGenerator *one, const CheckedGenerator *other)
{
	finding_put(result, FINDING_NOTICE, one->subject,
				"Give each a worker or shard of its own if they are to be independent.",
				"It has layout and node in common with %s: they share a timeline, so their IDs differ, but each waits for the other's bursts.",
				other->subject);
}

static void
report_same_numbers(ReturnSetInfo *result, const CheckedGenerator *one, const CheckedGenerator *other)
{
	IdNumbers	numbers = get_id_numbers(one);
	IdNumbers	others = get_id_numbers(other);

	finding_put(result, FINDING_NOTICE, one->subject,
				"Do not put IDs of both into one column.",
				"Its IDs are of another layout than those of %s, and can be the same numbers, made %s.",
				other->subject,
				layout_same_pace(&numbers, &others) ? "at the same time" : "at different times");
}

/*
 * What generators share.  As there may be thousands, a finding pairs each with only one
 * other of its ID space, and there is one finding for each two layouts with equal numbers.
 */
static void
check_generator_pairs(ReturnSetInfo *result, CheckedGenerator *generators, int count)
{
	int			layouts = number_layouts(generators, count);
	bool	   *known = palloc0(layouts * layouts * sizeof(bool));

	for (int i = 0; i < count; i++)
	{
		bool		has_twin = false;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < i; j++)
		{
			const CheckedGenerator *one = &generators[i];
			const CheckedGenerator *other = &generators[j];
			IdNumbers	numbers = get_id_numbers(one);
			IdNumbers	others = get_id_numbers(other);
			bool	   *known_pair = &known[Max(one->layout_number, other->layout_number) * layouts +
											Min(one->layout_number, other->layout_number)];

			if (!layout_may_be_equal(&numbers, &others))
				continue;
			if (layout_shares_timeline(&numbers, &others))
			{
				if (!has_twin)
					report_same_space(result, one, other);
				has_twin = true;
			}
			else if (!*known_pair)
			{
				report_same_numbers(result, one, other);
				*known_pair = true;
			}
		}
	}
}

/*
 * For a server with subscriptions: are there generators whose node does not follow the
 * server's?  With the same definition on a publisher, both issue the same IDs.
 */
static void
check_copied_generators(ReturnSetInfo *result, const CheckedGenerator *generators, int count)
{
	const CheckedGenerator *example = NULL;
	int			copies = 0;

	for (int i = 0; i < count; i++)
		if (generators[i].has_own_node)
		{
			example = &generators[i];
			copies++;
		}
	if (copies > 0)
		finding_put(result, FINDING_WARNING, example->subject,
					"Make sure that these generators have other nodes than those of the servers that this one receives from.",
					"This server has subscriptions, and %d of its generators have nodes of their own. A server with the same definitions makes the same IDs.",
					copies);
}

/* Uses number from to number to are all those of a generator that does not exist. */
static void
report_missing_generator(ReturnSetInfo *result, List *uses, int from, int to)
{
	const GeneratorUse *use = list_nth(uses, from);
	char	   *example = generator_use_text(use);
	char	   *subject = psprintf("generator \"%s\"", NameStr(use->generator));
	const char *hint = "Rename or create the generator, or let what names it name another one.";

	if (example == NULL)
		return;
	if (to > from)
		finding_put(result, FINDING_ERROR, subject, hint,
					"It does not exist, but %s and %d other objects depend on it: where they need an ID, there is an error.",
					example, to - from);
	else
		finding_put(result, FINDING_ERROR, subject, hint,
					"It does not exist, but %s depends on it: where that needs an ID, there is an error.", example);
}

static bool
generator_exists(const char *name)
{
	ForeignServer *server = GetForeignServerExtended(get_foreign_server_oid(name, true), FSV_MISSING_OK);
	ForeignDataWrapper *wrapper = GetForeignDataWrapperByName(GENERATOR_WRAPPER, true);

	return server != NULL && wrapper != NULL && server->fdwid == wrapper->fdwid;
}

/* Do all generators exist that objects of this database use? */
static void
check_generator_uses(ReturnSetInfo *result)
{
	List	   *uses = generator_uses();
	int			from = 0;

	for (int i = 0; i < list_length(uses); i++)
	{
		const GeneratorUse *use = list_nth(uses, i);
		const GeneratorUse *next = i + 1 < list_length(uses) ? list_nth(uses, i + 1) : NULL;

		if (next != NULL && strcmp(NameStr(next->generator), NameStr(use->generator)) == 0)
			continue;
		if (!generator_exists(NameStr(use->generator)))
			report_missing_generator(result, uses, from, i);
		from = i + 1;
	}
}

/*
 * The generator of a foreign server.  Returns false if it is gone, or cannot issue IDs, for
 * which it adds a finding.
 */
static bool
read_checked_generator(ReturnSetInfo *result, Oid server_id, CheckedGenerator *generator)
{
	ForeignServer *server = GetForeignServerExtended(server_id, FSV_MISSING_OK);
	GeneratorOptions options;
	OptionsProblem problem;

	if (server == NULL)
		return false;
	generator->subject = psprintf("generator \"%s\"", server->servername);
	if (!generator_options_try(server->options, &options, &problem))
	{
		finding_put(result, FINDING_ERROR, generator->subject,
					"Correct them with ALTER SERVER ... OPTIONS.",
					"Its options cannot be read, so it issues no IDs: %s.", problem.message);
		return false;
	}
	generator->layout = options.layout;
	if (!named_generator_fits(&options))
	{
		finding_put(result, FINDING_ERROR, generator->subject,
					"Give it a node of its own, or choose another layout.",
					"The server's node, datacenter %s and worker %s, does not fit its layout: it makes no IDs.",
					generator_datacenter.text, generator_worker.text);
		return false;
	}
	generator->node_bits = named_generator_node_bits(&options);
	generator->has_own_node = !generator_options_follow_server(&options);
	generator->user = superuser_arg(server->owner) ? SPACE_OF_SERVER : SPACE_OF_ROLE;
	return true;
}

/* The server's own IDs, if its layout is known, and the generators of this database. */
static CheckedGenerator *
collect_generators(ReturnSetInfo *result, const SnowflakeLayout *of_server, int *count)
{
	List	   *servers = named_generator_list();
	CheckedGenerator    *generators = palloc((list_length(servers) + 1) * sizeof(CheckedGenerator));
	ListCell   *cell;

	*count = 0;
	if (of_server != NULL && generator_server_fits(of_server))
		generators[(*count)++] = (CheckedGenerator)
	{
		.subject = pstrdup(SERVER_SUBJECT),
		.layout = *of_server,
		.node_bits = generator_server_node_bits(of_server),
	};

	foreach(cell, servers)
	{
		if (read_checked_generator(result, lfirst_oid(cell), &generators[*count]))
			(*count)++;
	}
	return generators;
}

void
check_generators(ReturnSetInfo *result, const SnowflakeLayout *of_server, const Others *others)
{
	int			count;
	CheckedGenerator    *generators = collect_generators(result, of_server, &count);

	for (int i = 0; i < count; i++)
	{
		/* check_layout() has checked the server's own layout. */
		if (strcmp(generators[i].subject, SERVER_SUBJECT) != 0)
			check_generator(result, &generators[i], others);
	}
	check_generator_pairs(result, generators, count);
	check_generator_uses(result);
	if (check_has_subscriptions())
		check_copied_generators(result, generators, count);
}

/* Would the value of a setting fit the layout of a generator that follows it in this field? */
static void
check_generator_with_setting(ReturnSetInfo *result, const ForeignServer *server, const GeneratorOptions *options,
							 LayoutField field, const ServerSetting *setting)
{
	char		detail[GENERATOR_DETAIL_SIZE];

	if (named_generator_follows(options, field) && setting_is_valid(setting) &&
		setting->value > layout_max(&options->layout, field))
		finding_put(result, FINDING_ERROR, psprintf("generator \"%s\"", server->servername),
					"Give it a node of its own, or choose another layout for it.",
					"%s It would issue no IDs.",
					generator_misfit_detail(&options->layout, field, setting->value, detail));
}

/* What would be wrong with generators of this database if the server had this node. */
void
check_generators_with_node(ReturnSetInfo *result, const ServerSetting *datacenter, const ServerSetting *worker)
{
	ListCell   *cell;

	foreach(cell, named_generator_list())
	{
		ForeignServer *server = GetForeignServerExtended(lfirst_oid(cell), FSV_MISSING_OK);
		GeneratorOptions options;
		OptionsProblem problem;

		if (server == NULL || !generator_options_try(server->options, &options, &problem))
			continue;
		check_generator_with_setting(result, server, &options, LAYOUT_DATACENTER, datacenter);
		check_generator_with_setting(result, server, &options, LAYOUT_WORKER, worker);
	}
}
