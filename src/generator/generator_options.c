/*-------------------------------------------------------------------------
 *
 * generator_options.c
 *	  Reading and checking the options of a named generator.
 *
 * Conditions on the clock or on the server's settings are checked only when
 * IDs are issued: a dump can be restored anywhere and at any time.
 *
 * Errors are returned, not raised, because callers that read all generators
 * must continue: a superuser may have removed the validator from the wrapper,
 * or a dump may be from another version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/value.h"

#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "generator/generator_options.h"
#include "generator/layout_convert.h"
#include "generator/server_layout.h"

const char *const generator_field_options[LAYOUT_FIELDS] = {
	[LAYOUT_DATACENTER] = "datacenter_id",
	[LAYOUT_WORKER] = "worker_id",
	[LAYOUT_SHARD] = "shard_id",
	[LAYOUT_SLAB] = "slab_id",
};

static const char *const sequence_starts[] = {
	[SEQUENCE_ZERO] = "zero",
	[SEQUENCE_RANDOM] = "random",
	[SEQUENCE_ROLLING] = "rolling",
};

/* Set the problem; detail and hint may be NULL.  Returns false. */
static bool
refuse(OptionsProblem *problem, int sqlstate, const char *message, const char *detail, const char *hint)
{
	problem->sqlstate = sqlstate;
	problem->message = message;
	problem->detail = detail;
	problem->hint = hint;
	return false;
}

static bool
refuse_value(OptionsProblem *problem, const char *name, const char *value, const char *detail, const char *hint)
{
	return refuse(problem, ERRCODE_INVALID_PARAMETER_VALUE,
				  psprintf("invalid value for option \"%s\": \"%s\"", name, value), detail, hint);
}

static bool
read_layout(const char *str, SnowflakeLayout *layout, OptionsProblem *problem)
{
	const SnowflakeLayout *preset = layout_by_name(str);
	LayoutProblem reason;

	if (preset != NULL)
		*layout = *preset;
	else if (!layout_read(str, layout, &reason))
		return refuse(problem, ERRCODE_INVALID_TEXT_REPRESENTATION,
					  psprintf("invalid input syntax for type %s: \"%s\"", "snowflake_layout", str),
					  pstrdup(reason.detail), reason.hint);
	return true;
}

static bool
read_sequence_start(const char *str, SequenceStart *sequence_start, OptionsProblem *problem)
{
	for (int i = 0; i < lengthof(sequence_starts); i++)
	{
		*sequence_start = i;
		if (pg_strcasecmp(str, sequence_starts[i]) == 0)
			return true;
	}
	return refuse_value(problem, "sequence_start", str, NULL,
						"Valid values are \"zero\", \"random\" and \"rolling\".");
}

/* The field of the node that an option sets; LAYOUT_TIME if none. */
static LayoutField
get_option_field(const char *name)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (strcmp(name, generator_field_options[field]) == 0)
			return field;
	return LAYOUT_TIME;
}

/* Read a number from 0 on.  Whether it fits the layout is checked when the layout is known. */
static bool
read_number(const char *name, const char *str, uint64 *number, OptionsProblem *problem)
{
	char	   *end;

	errno = 0;
	*number = strtou64(str, &end, 10);
	if (*str < '0' || *str > '9' || *end != '\0' || errno != 0)
		return refuse_value(problem, name, str,
							"It must be a whole number from 0 to the highest that the field of the layout holds.", NULL);
	return true;
}

/* Read a pair such as "worker_id=3" of a former layout and node. */
static bool
read_former_field(GeneratorOptions *former, char *pair, OptionsProblem *problem)
{
	char	   *value = strchr(pair, '=');
	LayoutField field;

	if (value != NULL)
		*value++ = '\0';
	field = get_option_field(pair);
	if (value == NULL || field == LAYOUT_TIME)
		return refuse_value(problem, FORMER_OPTION, pair, NULL,
							"ALTER SERVER writes this option, and dumps contain it.");
	former->is_given[field] = true;
	return read_number(pair, value, &former->value[field], problem);
}

/*
 * Read a former layout and node, such as "js53 with worker_id=3".  A field that
 * is not given may have had any value.
 */
static bool
read_former(GeneratorOptions *former, char *str, OptionsProblem *problem)
{
	char	   *values = strstr(str, " with ");
	char	   *rest = NULL;

	if (values != NULL)
	{
		*values = '\0';
		values += strlen(" with ");
	}
	if (!read_layout(str, &former->layout, problem))
		return false;
	for (char *pair = values ? strtok_r(values, " ", &rest) : NULL; pair; pair = strtok_r(NULL, " ", &rest))
		if (!read_former_field(former, pair, problem))
			return false;
	return true;
}

/* The number of former layouts is limited, because all are read when a generator is first used. */
#define MOST_FORMERS 1000

/* Read former layouts and nodes, separated by "|". */
static bool
read_formers(const char *str, List **formers, OptionsProblem *problem)
{
	char	   *rest = NULL;
	char	   *copy = pstrdup(str);

	for (char *one = strtok_r(copy, "|", &rest); one; one = strtok_r(NULL, "|", &rest))
	{
		GeneratorOptions *former = palloc0(sizeof(GeneratorOptions));

		if (list_length(*formers) == MOST_FORMERS)
			return refuse_value(problem, FORMER_OPTION, "...",
								psprintf("There are more than %d layouts and nodes.", MOST_FORMERS),
								"Create another generator instead.");
		if (!read_former(former, one, problem))
			return false;
		*formers = lappend(*formers, former);
	}
	return true;
}

static bool
read_option(GeneratorOptions *options, const char *name, const char *value, bool *has_layout,
			OptionsProblem *problem)
{
	LayoutField field = get_option_field(name);

	if (field != LAYOUT_TIME)
	{
		options->is_given[field] = true;
		return read_number(name, value, &options->value[field], problem);
	}
	if (strcmp(name, "layout") == 0)
	{
		*has_layout = true;
		return read_layout(value, &options->layout, problem);
	}
	if (strcmp(name, "sequence_start") == 0)
		return read_sequence_start(value, &options->sequence_start, problem);
	if (strcmp(name, FORMER_OPTION) == 0)
		return read_formers(value, &options->former, problem);
	return refuse(problem, ERRCODE_FDW_INVALID_OPTION_NAME,
				  psprintf("invalid option \"%s\"", name), NULL,
				  "Options of a generator are \"layout\", \"datacenter_id\", \"worker_id\", \"shard_id\", \"slab_id\" and \"sequence_start\".");
}

/*
 * Do the given values fit the layout, and is every value given that no setting
 * can supply?
 */
static bool
check_field(const GeneratorOptions *options, LayoutField field, OptionsProblem *problem)
{
	const char *name = generator_field_options[field];
	uint64		most = layout_max(&options->layout, field);
	bool		is_known_elsewhere = field == LAYOUT_DATACENTER || field == LAYOUT_WORKER;

	if (options->is_given[field] && !layout_has(&options->layout, field))
		return refuse(problem, ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("option \"%s\" does not fit the layout", name),
					  psprintf("The layout has no %s.", layout_field_names[field]), NULL);
	if (options->value[field] > most)
		return refuse(problem, ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("option \"%s\" is out of range", name),
					  psprintf("The value is %llu, and the layout's %s goes from 0 to %llu.",
							   (unsigned long long) options->value[field], layout_field_names[field],
							   (unsigned long long) most), NULL);
	if (!options->is_given[field] && layout_has(&options->layout, field) && !is_known_elsewhere)
		return refuse(problem, ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("option \"%s\" is required", name),
					  psprintf("The layout has a %s, and no setting of the server provides it.",
							   layout_field_names[field]), NULL);
	return true;
}

/* Check the layout and all fields. */
static bool
check_fields(const GeneratorOptions *options, OptionsProblem *problem)
{
	if (layout_objection(&options->layout) != NULL)
		return refuse(problem, ERRCODE_INVALID_PARAMETER_VALUE,
					  psprintf("layout \"%s\" is for reading only", layout_to_text(&options->layout)),
					  layout_objection(&options->layout), NULL);
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (!check_field(options, field, problem))
			return false;
	return true;
}

/*
 * Read the options of a generator, a list of DefElem with strings.  Returns
 * false and the problem if they are invalid.  Its SQLSTATE is
 * FDW_INVALID_OPTION_NAME, FDW_OPTION_NAME_NOT_FOUND if the layout is missing,
 * INVALID_TEXT_REPRESENTATION or INVALID_PARAMETER_VALUE.
 */
bool
generator_options_try(List *definitions, GeneratorOptions *options, OptionsProblem *problem)
{
	bool		has_layout = false;
	ListCell   *cell;

	memset(options, 0, sizeof(GeneratorOptions));
	options->sequence_start = SEQUENCE_ZERO;
	foreach(cell, definitions)
	{
		DefElem    *definition = lfirst(cell);

		/* A definition that did not go through the grammar may have no value. */
		const char *value = definition->arg == NULL ? "" : strVal(definition->arg);

		if (!read_option(options, definition->defname, value, &has_layout, problem))
			return false;
	}
	if (!has_layout)
		return refuse(problem, ERRCODE_FDW_OPTION_NAME_NOT_FOUND,
					  psprintf("option \"%s\" is required", "layout"), NULL, NULL);
	return check_fields(options, problem);
}

/* Read the options of a generator; a problem is raised as an ERROR. */
GeneratorOptions
generator_options_read(List *definitions)
{
	GeneratorOptions options;
	OptionsProblem problem;

	if (!generator_options_try(definitions, &options, &problem))
		ereport(ERROR,
				errcode(problem.sqlstate),
				errmsg("%s", problem.message),
				problem.detail ? errdetail("%s", problem.detail) : 0,
				problem.hint ? errhint("%s", problem.hint) : 0);
	return options;
}

/*
 * Does a generator take a part of its node from the server?  Not if all fields
 * of its layout are given.
 */
bool
generator_options_follow_server(const GeneratorOptions *options)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (layout_has(&options->layout, field) && !options->is_given[field])
			return true;
	return false;
}

/* Does a generator keep its node, or a part of it, when the server's node changes? */
bool
generator_options_keep_node(const GeneratorOptions *options)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (options->is_given[field])
			return true;
	return !generator_options_follow_server(options);
}

/* The numbers that its IDs can be.  A field that is not given may have any value. */
IdNumbers
generator_options_numbers(const GeneratorOptions *options)
{
	const SnowflakeLayout *layout = &options->layout;
	IdNumbers	numbers = layout_node_numbers(layout, 0);

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (options->is_given[field])
			numbers.value |= layout_put(layout, field, options->value[field]);
		else
			numbers.fixed &= ~layout_put(layout, field, (UINT64CONST(1) << layout->bits[field]) - 1);
	return numbers;
}

/* The options of a generator whose whole node is given. */
GeneratorOptions
generator_options_for_space(const SnowflakeLayout *layout, uint64 node_bits)
{
	GeneratorOptions options = {
		.layout = *layout,
		.sequence_start = SEQUENCE_ZERO,
	};

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (layout_has(layout, field))
		{
			options.is_given[field] = true;
			options.value[field] = (node_bits >> layout->shift[field]) & layout_max(layout, field);
		}
	return options;
}
