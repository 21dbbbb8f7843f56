/*-------------------------------------------------------------------------
 *
 * check_generators.c
 *	  Can generators of this database, and the server's own, issue the same
 *	  numbers?  Has any of them another problem?
 *
 * Generators with the same layout and node share a timeline, so their IDs
 * never repeat.  IDs of different layouts can be the same numbers, unless a
 * bit that is fixed in both differs.
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

#include "admin/check_finding.h"
#include "admin/check_generators.h"
#include "admin/check_lease.h"
#include "admin/check_timelines.h"
#include "engine/id_space.h"
#include "generator/generator_options.h"
#include "generator/generator_use.h"
#include "generator/named_generator.h"

#define SERVER_SUBJECT "the server's own IDs"

/* A generator, or the server's own. */
typedef struct CheckedGenerator
{
	char	   *subject;
	SnowflakeLayout layout;
	uint64		node_bits;
	bool		has_own_node;	/* whatever the server's is */
	bool		is_named;		/* not the server's own */
	bool		has_server_worker;
	SpaceUser	user;
	int			layout_number;
} CheckedGenerator;

static IdNumbers
get_id_numbers(const CheckedGenerator *one)
{
	return layout_node_numbers(&one->layout, one->node_bits);
}

/* Do IDs of the layout contain no node? */
static bool
layout_has_no_node(const SnowflakeLayout *layout)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (layout_has(layout, field))
			return false;
	return true;
}

/*
 * Does a generator's layout distinguish this server from others, if there are
 * any?
 */
static void
check_generator_node(ReturnSetInfo *result, const CheckedGenerator *generator, const Others *others)
{
	const char *hint = "Use it on one server only, or choose a layout with a worker.";

	if (!layout_has_no_node(&generator->layout))
		return;
	if (generator_datacenter.value != 0 || generator_worker.value != 0 || server_worker_is_leased())
		finding_put(result, FINDING_WARNING, generator->subject, hint,
					"This server has a node of its own, so there are other servers, but the layout does not distinguish servers.");
	else if (others->how != NULL)
		finding_put(result, FINDING_WARNING, generator->subject, hint,
					"%s The layout does not distinguish servers.", others->how);
}

/* Are its IDs kept apart from those of other servers that lease their worker IDs? */
static void
check_named_numbers(ReturnSetInfo *result, const CheckedGenerator *generator)
{
	IdNumbers	numbers = get_id_numbers(generator);

	check_leased_numbers(result, generator->subject, &numbers, generator->has_server_worker);
}

static void
check_generator(ReturnSetInfo *result, const CheckedGenerator *generator, const Others *others)
{
	finding_put_layout(result, generator->subject, &generator->layout);
	check_generator_node(result, generator, others);
	if (generator->is_named)
		check_named_numbers(result, generator);
	check_can_continue(result, generator->subject, &generator->layout,
					   id_space_find_timeline(&generator->layout, generator->node_bits));
	if (!id_space_has_room(&generator->layout, generator->node_bits, generator->user))
		finding_put(result, FINDING_ERROR, generator->subject,
					"Raise \"idgen.max_generators\", with \"idgen\" in \"shared_preload_libraries\", and restart the server.",
					"Shared memory has no room for its layout and node, so it issues no IDs.");
}

/*
 * Number the layouts from 0 on, in order of appearance.  Returns how many
 * there are.
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
				"It has the same layout and node as %s. They share a timeline, so their IDs differ, but each waits for the other's bursts.",
				other->subject);
}

static void
report_same_numbers(ReturnSetInfo *result, const CheckedGenerator *one, const CheckedGenerator *other)
{
	IdNumbers	numbers = get_id_numbers(one);
	IdNumbers	others = get_id_numbers(other);

	finding_put(result, FINDING_NOTICE, one->subject,
				"Do not store IDs of both in one column.",
				layout_same_pace(&numbers, &others) ?
				"Its layout differs from that of %s. IDs of both can be equal when they are issued at the same time." :
				"Its layout differs from that of %s. IDs of both can be equal when they are issued at different times.",
				other->subject);
}

/*
 * Report generators with IDs in common: each with the first one of its space,
 * and for each two layouts only one pair that can issue the same numbers,
 * because there may be thousands.
 */
static void
check_generator_pairs(ReturnSetInfo *result, CheckedGenerator *generators, int count)
{
	int			layouts = number_layouts(generators, count);
	bool	   *known = palloc0(mul_size(layouts, layouts));

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
			bool	   *known_pair = &known[(Size) Max(one->layout_number, other->layout_number) * layouts +
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
 * On a server that receives data from others: are there generators whose node
 * does not follow the server's?  With the same definition, generators of other
 * servers have the same node.
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
					"Make sure that the nodes of these generators differ from those of the servers that this server subscribes to.",
					"This server has subscriptions, and %d of its generators have nodes of their own. A server with the same definitions issues the same IDs.",
					copies);
}

/*
 * Report objects that name a generator that does not exist. uses are all uses
 * of that name.
 */
static void
report_missing_generator(ReturnSetInfo *result, List *uses, int from, int to)
{
	const GeneratorUse *use = list_nth(uses, from);
	char	   *example = generator_use_text(use);
	char	   *subject = psprintf("generator \"%s\"", NameStr(use->generator));
	const char *hint = "Rename or create the generator, or change these objects to name another one.";

	if (example == NULL)
		return;
	if (to > from)
		finding_put(result, FINDING_ERROR, subject, hint,
					"It does not exist, but %s and %d other objects depend on it and fail when they need an ID.",
					example, to - from);
	else
		finding_put(result, FINDING_ERROR, subject, hint,
					"It does not exist, but %s depends on it and fails when it needs an ID.", example);
}

static bool
generator_exists(const char *name)
{
	ForeignServer *server = GetForeignServerExtended(get_foreign_server_oid(name, true), FSV_MISSING_OK);
	ForeignDataWrapper *wrapper = GetForeignDataWrapperByName(GENERATOR_WRAPPER, true);

	return server != NULL && wrapper != NULL && server->fdwid == wrapper->fdwid;
}

/* Do all uses of generators by name name one that exists? */
static void
check_generator_uses(ReturnSetInfo *result)
{
	List	   *uses = generator_uses();
	int			from = 0;

	for (int i = 0; i < list_length(uses); i++)
	{
		const GeneratorUse *use = list_nth(uses, i);
		bool		is_last = i + 1 == list_length(uses);

		if (!is_last && strcmp(NameStr(((const GeneratorUse *) list_nth(uses, i + 1))->generator), NameStr(use->generator)) == 0)
			continue;
		if (!generator_exists(NameStr(use->generator)))
			report_missing_generator(result, uses, from, i);
		from = i + 1;
	}
}

/*
 * Read the generator of a foreign server.  Returns false if it has been
 * dropped or cannot issue IDs, which is a finding.
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

	/*
	 * Without a worker ID, which check_lease() tells, there is nothing to
	 * say.
	 */
	if (named_generator_has_server_worker(&options) && server_worker_is_leased() && server_worker() == SETTING_INVALID)
		return false;
	if (!named_generator_fits(&options))
	{
		finding_put(result, FINDING_ERROR, generator->subject,
					"Give it a node of its own, or choose another layout.",
					"The server's node, datacenter %s and worker %s, does not fit the generator's layout, so the generator issues no IDs.",
					generator_datacenter.str,
					server_worker_is_leased() ? psprintf("%d", server_worker()) : setting_show_text(&generator_worker));
		return false;
	}
	generator->node_bits = named_generator_node_bits(&options);
	generator->is_named = true;
	generator->has_server_worker = named_generator_has_server_worker(&options);
	generator->has_own_node = !generator_options_follow_server(&options);
	generator->user = superuser_arg(server->owner) ? SPACE_OF_SERVER : SPACE_OF_ROLE;
	return true;
}

/*
 * An array of the server's own generator, if its layout is known, and those of
 * this database.
 */
static CheckedGenerator *
collect_generators(ReturnSetInfo *result, const SnowflakeLayout *of_server, int *count)
{
	List	   *servers = named_generator_list();
	CheckedGenerator *generators = palloc((list_length(servers) + 1) * sizeof(CheckedGenerator));
	ListCell   *cell;
	uint64		node_bits;

	*count = 0;
	if (of_server != NULL && generator_find_server_node_bits(of_server, &node_bits))
	{
		CheckedGenerator *server = &generators[(*count)++];

		memset(server, 0, sizeof(CheckedGenerator));
		server->subject = pstrdup(SERVER_SUBJECT);
		server->layout = *of_server;
		server->node_bits = node_bits;
	}
	foreach(cell, servers)
	{
		if (read_checked_generator(result, lfirst_oid(cell), &generators[*count]))
			(*count)++;
	}
	return generators;
}

/* Add a row for each problem or notice about a generator. */
void
check_generators(ReturnSetInfo *result, const SnowflakeLayout *of_server, const Others *others)
{
	int			count;
	CheckedGenerator *generators = collect_generators(result, of_server, &count);

	for (int i = 0; i < count; i++)
	{
		/* The server's own layout has been checked already. */
		if (strcmp(generators[i].subject, SERVER_SUBJECT) != 0)
			check_generator(result, &generators[i], others);
	}
	check_generator_pairs(result, generators, count);
	check_generator_uses(result);
	if (check_has_subscriptions())
		check_copied_generators(result, generators, count);
}

/*
 * Would a part of the server's node fit the layouts of the generators that
 * follow it?
 */
static void
check_generator_with_setting(ReturnSetInfo *result, const ForeignServer *server, const GeneratorOptions *options,
							 LayoutField field, const ServerSetting *setting)
{
	char		detail[GENERATOR_DETAIL_SIZE];

	if (named_generator_follows(options, field) && setting_is_valid(setting) &&
		setting->value > layout_max(&options->layout, field))
		finding_put(result, FINDING_ERROR, psprintf("generator \"%s\"", server->servername),
					"Give it a node of its own, or choose another layout for it.",
					"%s The generator would issue no IDs.",
					generator_misfit_detail(&options->layout, field, setting->value, detail));
}

/*
 * Report which generators of this database could not issue IDs if the server
 * had another node.
 */
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
		if (worker != NULL)
			check_generator_with_setting(result, server, &options, LAYOUT_WORKER, worker);
	}
}
