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
