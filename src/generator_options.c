/*-------------------------------------------------------------------------
 *
 * generator_options.c
 *	  Reading and checking the options of a named generator.
 *
 * What depends on the clock or on the server's settings is left to those who draw
 * IDs: a dump can be restored anywhere and at any time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"

#include "generator_options.h"
#include "layout_text.h"
#include "server_layout.h"
#include "snowflake_layout.h"

const char *const generator_option_of_field[LAYOUT_FIELDS] = {
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

static SequenceStart
read_sequence_start(const char *text)
{
	for (int i = 0; i < lengthof(sequence_starts); i++)
		if (pg_strcasecmp(text, sequence_starts[i]) == 0)
			return i;
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value for option \"%s\": \"%s\"", "sequence_start", text),
			errhint("Values are \"zero\", \"random\" and \"rolling\"."));
}

/* The field of the node that an option is about; 0, which is the time, if none. */
static LayoutField
field_of_option(const char *name)
{
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (strcmp(name, generator_option_of_field[field]) == 0)
			return field;
	return LAYOUT_TIME;
}

/* A number from 0 on; whether the layout has room for it is seen when that is known. */
static uint64
read_number(const char *name, const char *text)
{
	char	   *end;
	uint64		number;

	errno = 0;
	number = strtou64(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for option \"%s\": \"%s\"", name, text),
				errdetail("It must be a number from 0 on, within the layout's field."));
	return number;
}

/*
 * One of the former layouts and nodes, such as "js53 with worker_id=3".  A field that
 * is not given there may have had any value.
 */
static GeneratorOptions *
read_former(char *text)
{
	GeneratorOptions *former = palloc0(sizeof(GeneratorOptions));
	char	   *values = strstr(text, " with ");
	char	   *rest = NULL;

	if (values != NULL)
	{
		*values = '\0';
		values += strlen(" with ");
	}
	former->layout = *snowflake_layout_read(text, NULL);
	for (char *pair = values ? strtok_r(values, " ", &rest) : NULL; pair; pair = strtok_r(NULL, " ", &rest))
	{
		char	   *value = strchr(pair, '=');
		LayoutField field;

		if (value != NULL)
			*value++ = '\0';
		field = field_of_option(pair);
		if (value == NULL || field == LAYOUT_TIME)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value for option \"%s\": \"%s\"", FORMER_OPTION, pair),
					errhint("It is written by ALTER SERVER and read back from dumps."));
		former->is_given[field] = true;
		former->value[field] = read_number(pair, value);
	}
	return former;
}

/* Former layouts and nodes, with "|" between them. */
static List *
read_formers(const char *text)
{
	List	   *formers = NIL;
	char	   *rest = NULL;
	char	   *copy = pstrdup(text);

	for (char *one = strtok_r(copy, "|", &rest); one; one = strtok_r(NULL, "|", &rest))
		formers = lappend(formers, read_former(one));
	return formers;
}

static void
read_option(GeneratorOptions *options, const char *name, char *value, bool *has_layout)
{
	LayoutField field = field_of_option(name);

	if (field != LAYOUT_TIME)
	{
		options->is_given[field] = true;
		options->value[field] = read_number(name, value);
	}
	else if (strcmp(name, "layout") == 0)
	{
		options->layout = *snowflake_layout_read(value, NULL);
		*has_layout = true;
	}
	else if (strcmp(name, "sequence_start") == 0)
		options->sequence_start = read_sequence_start(value);
	else if (strcmp(name, FORMER_OPTION) == 0)
		options->former = read_formers(value);
	else
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				errmsg("invalid option \"%s\"", name),
				errhint("Options of a generator are \"layout\", \"datacenter_id\", \"worker_id\", \"shard_id\", \"slab_id\" and \"sequence_start\"."));
}

/* ERROR unless what is given fits the layout, and what no one else can know is given. */
static void
check_field(const GeneratorOptions *options, LayoutField field)
{
	const char *name = generator_option_of_field[field];
	uint64		most = layout_max(&options->layout, field);
	bool		is_known_elsewhere = field == LAYOUT_DATACENTER || field == LAYOUT_WORKER;

	if (options->is_given[field] && !layout_has(&options->layout, field))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" does not go with the layout", name),
				errdetail("The layout has no %s.", layout_field_names[field]));
	if (options->value[field] > most)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" is out of range", name),
				errdetail("The value is %llu, and the layout's %s goes from 0 to %llu.",
						  (unsigned long long) options->value[field], layout_field_names[field],
						  (unsigned long long) most));
	if (!options->is_given[field] && layout_has(&options->layout, field) && !is_known_elsewhere)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" is required", name),
				errdetail("The layout has a %s, and there is no setting of the server for it.",
						  layout_field_names[field]));
}

/*
 * The options of a generator, DefElems with strings.  Errors:
 * FDW_INVALID_OPTION_NAME, FDW_OPTION_NAME_NOT_FOUND without a layout,
 * INVALID_TEXT_REPRESENTATION, INVALID_PARAMETER_VALUE.
 */
GeneratorOptions
generator_options_read(List *definitions)
{
	GeneratorOptions options = {.sequence_start = SEQUENCE_ZERO};
	bool		has_layout = false;
	ListCell   *cell;

	foreach(cell, definitions)
	{
		DefElem    *definition = lfirst(cell);

		read_option(&options, definition->defname, defGetString(definition), &has_layout);
	}
	if (!has_layout)
		ereport(ERROR,
				errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				errmsg("option \"%s\" is required", "layout"));
	if (layout_objection(&options.layout) != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("layout \"%s\" is for reading only", snowflake_layout_text(&options.layout)),
				errdetail("%s", layout_objection(&options.layout)));
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		check_field(&options, field);
	return options;
}

/*
 * Is anything of a generator's node the server's?  Not if it has been given all that
 * its layout has.
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

/* Which numbers can its IDs be?  What is not given may have any value. */
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

static bool
same_numbers(const IdNumbers *one, const IdNumbers *other)
{
	return one->fixed == other->fixed && layout_share_timeline(one, other);
}

/* Of so many nodes of a frame each is remembered; of more, that there were many. */
#define FORMER_NODES 16

/*
 * Remember layout and node of a generator among its former ones; the result is a list
 * of its own.
 */
List *
generator_options_add_former(List *former, const GeneratorOptions *options)
{
	IdNumbers	numbers = generator_options_numbers(options);
	GeneratorOptions *added = palloc0(sizeof(GeneratorOptions));
	List	   *others = NIL;
	List	   *of_frame = NIL;
	ListCell   *cell;

	foreach(cell, former)
	{
		GeneratorOptions *one = lfirst(cell);
		IdNumbers	old = generator_options_numbers(one);

		if (same_numbers(&old, &numbers))
			return list_copy(former);
		if (layout_same_frame(&old.layout, &numbers.layout))
			of_frame = lappend(of_frame, one);
		else
			others = lappend(others, one);
	}
	added->layout = options->layout;
	if (list_length(of_frame) >= FORMER_NODES)
		return lappend(others, added);
	memcpy(added->is_given, options->is_given, sizeof(added->is_given));
	memcpy(added->value, options->value, sizeof(added->value));
	return lappend(list_concat(others, of_frame), added);
}

/* The list as text, as the option has it. */
char *
generator_options_former_text(List *former)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, former)
	{
		GeneratorOptions *one = lfirst(cell);
		const char *word = " with ";

		appendStringInfo(&text, "%s%s", text.len > 0 ? " | " : "", snowflake_layout_text(&one->layout));
		for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
			if (one->is_given[field])
			{
				appendStringInfo(&text, "%s%s=%llu", word, generator_option_of_field[field],
								 (unsigned long long) one->value[field]);
				word = " ";
			}
	}
	return text.data;
}
