/*-------------------------------------------------------------------------
 *
 * snowflake_generator.c
 *	  SQL functions that create and validate generators.  snowflake.c issues their IDs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/command.h"
#include "generator/generator_ddl.h"
#include "generator/generator_options.h"
#include "generator/layout_convert.h"
#include "generator/named_generator.h"
#include "snowflake/snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_generator_validator);
PG_FUNCTION_INFO_V1(idgen_read_generator);
PG_FUNCTION_INFO_V1(idgen_create_generator);

/* Report at elevel if the layout has no IDs for the current time. */
static void
check_layout_is_current(const SnowflakeLayout *layout, int elevel)
{
	int64		now_us = clock_unix_ns() / NS_PER_US;
	int64		start_us = layout_tick_start_us(layout, 0);
	int64		end_us = layout_end_us(layout);

	if (now_us >= end_us)
		ereport(elevel,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("time of layout \"%s\" has ended", layout_to_text(layout)),
				errdetail("It ended on %s.", timestamptz_to_str(clock_timestamptz(end_us))),
				layout_has(layout, LAYOUT_SLAB) ?
				errhint("The time counts within a slab: use slab_nextval(), or write the layout with the slab's beginning as its epoch.") :
				errhint("Choose another epoch, or give the time more bits."));
	if (now_us < start_us)
		ereport(elevel,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("epoch of layout \"%s\" is in the future", layout_to_text(layout)),
				errdetail("The epoch is %s.", timestamptz_to_str(clock_timestamptz(start_us))));
}

/*
 * A generator has no use for user mappings and foreign tables.  If a user with USAGE on
 * it could create them, its owner could not drop it.
 */
static void
refuse_mapping_or_table(Oid catalog)
{
	if (catalog == UserMappingRelationId || catalog == ForeignTableRelationId)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				catalog == UserMappingRelationId ?
				errmsg("a generator has no user mappings") :
				errmsg("a generator has no foreign tables"),
				errdetail("Servers of foreign-data wrapper \"%s\" are generators of IDs and hold no data.",
						  GENERATOR_WRAPPER));
}

/*
 * snowflake_generator_validator(options text[], catalog oid)
 *
 * PostgreSQL calls it for the options of wrappers, servers, user mappings and foreign
 * tables, also if there are none.
 */
Datum
idgen_generator_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));

	if (PG_GETARG_OID(1) == ForeignServerRelationId)
	{
		/*
		 * Not an error, as a dump may contain a generator with a layout that
		 * has ended.
		 */
		GeneratorOptions generator = generator_options_read(options);

		check_layout_is_current(&generator.layout, WARNING);
	}
	else if (options != NIL)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				errmsg("foreign-data wrapper \"%s\" has options for servers only", GENERATOR_WRAPPER));
	else
		refuse_mapping_or_table(PG_GETARG_OID(1));
	PG_RETURN_VOID();
}

/* A field of the node as a column, NULL if the options do not give it. */
static void
set_field_column(const GeneratorOptions *options, LayoutField field, Datum *value, bool *null)
{
	*null = !options->is_given[field];
	*value = field == LAYOUT_SLAB ? Int64GetDatum(options->value[field]) : Int32GetDatum(options->value[field]);
}

/* Option sequence_start, or its default. */
static const char *
get_sequence_start(List *definitions)
{
	ListCell   *cell;

	foreach(cell, definitions)
	{
		DefElem    *definition = lfirst(cell);

		if (strcmp(definition->defname, "sequence_start") == 0)
			return strVal(definition->arg);
	}
	return "zero";
}

/*
 * idgen_read_generator(options text[], OUT layout snowflake_layout,
 *						OUT worker_id integer, OUT datacenter_id integer,
 *						OUT shard_id integer, OUT slab_id bigint,
 *						OUT sequence_start text)
 */
Datum
idgen_read_generator(PG_FUNCTION_ARGS)
{
	List	   *definitions = untransformRelOptions(PG_GETARG_DATUM(0));
	GeneratorOptions options;
	OptionsProblem problem;
	Datum		values[6];
	bool		nulls[6] = {false};
	TupleDesc	row_type;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!generator_options_try(definitions, &options, &problem))
		PG_RETURN_NULL();
	values[0] = PointerGetDatum(&options.layout);
	set_field_column(&options, LAYOUT_WORKER, &values[1], &nulls[1]);
	set_field_column(&options, LAYOUT_DATACENTER, &values[2], &nulls[2]);
	set_field_column(&options, LAYOUT_SHARD, &values[3], &nulls[3]);
	set_field_column(&options, LAYOUT_SLAB, &values[4], &nulls[4]);
	values[5] = CStringGetTextDatum(get_sequence_start(definitions));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}

static void
append_generator_option(StringInfo command, const char *name, const char *value)
{
	appendStringInfo(command, ", %s %s", name, quote_literal_cstr(value));
}

/* The arguments of snowflake_create_generator() for the fields of the node. */
static const int field_arguments[LAYOUT_FIELDS] = {
	[LAYOUT_WORKER] = 2,
	[LAYOUT_DATACENTER] = 3,
	[LAYOUT_SHARD] = 4,
	[LAYOUT_SLAB] = 5,
};

/*
 * snowflake_create_generator(generator name, layout snowflake_layout,
 *							  worker_id integer, datacenter_id integer,
 *							  shard_id integer, slab_id bigint,
 *							  sequence_start text)
 */
Datum
idgen_create_generator(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout;
	StringInfoData command;

	for (int i = 0; i < 2; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("a generator's name and layout must not be null"));
	if (NameStr(*PG_GETARG_NAME(0))[0] == '\0')
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("a generator's name must not be empty"));
	layout = PG_GETARG_LAYOUT_P(1);
	check_layout_is_current(layout, ERROR);

	initStringInfo(&command);
	appendStringInfo(&command, "CREATE SERVER %s FOREIGN DATA WRAPPER %s OPTIONS (layout %s",
					 quote_identifier(NameStr(*PG_GETARG_NAME(0))), GENERATOR_WRAPPER,
					 quote_literal_cstr(layout_to_text(layout)));
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
	{
		int			i = field_arguments[field];

		if (!PG_ARGISNULL(i))
			append_generator_option(&command, generator_field_options[field],
									psprintf("%lld", field == LAYOUT_SLAB ?
											 (long long) PG_GETARG_INT64(i) : (long long) PG_GETARG_INT32(i)));
	}
	if (!PG_ARGISNULL(6))
		append_generator_option(&command, "sequence_start", text_to_cstring(PG_GETARG_TEXT_PP(6)));
	appendStringInfoChar(&command, ')');
	run_command(command.data);
	generator_ddl_remember_creation(get_foreign_server_oid(NameStr(*PG_GETARG_NAME(0)), false));
	PG_RETURN_VOID();
}
