/*-------------------------------------------------------------------------
 *
 * new_values.c
 *	  Whether a new default of a column would repeat values that are there.
 *
 * This is looked at before the table is locked: who inserts meanwhile still gets values
 * of the old default.  Which values are read is in column_values.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "generator/named_generator.h"
#include "migrate/column_values.h"
#include "migrate/default_call.h"
#include "migrate/migration_query.h"
#include "migrate/new_values.h"

/* The schema of the extension, quoted. */
static const char *
schema_of(Oid function)
{
	return quote_identifier(get_namespace_name(get_func_namespace(function)));
}

/* Is there room in a column of a type for IDs from now on, the least of which is given as text? */
static bool
has_room(Oid type, const char *least)
{
	int64		most = type == INT2OID ? PG_INT16_MAX : type == INT4OID ? PG_INT32_MAX : PG_INT64_MAX;

	return pg_strtoint64(least) <= most;
}

/*
 * The condition on values that IDs will come to from when it is evaluated on: IDs that
 * have been issued until then do not meet it.  They may be ahead of the clock, so what IDs
 * come to within a minute does not, either.  It is a subquery so that a server of foreign
 * tables is asked for no others.  layout: as a further argument of SQL, or empty.
 */
static const char *
condition_on_time(const ColumnValues *values, const char *schema, const char *layout)
{
	return psprintf("%s >= (SELECT %s.snowflake_lower_bound(now() + '1 min'%s))", quote_identifier(values->column), schema, layout);
}

/*
 * ERROR if there are values that the IDs of this server will come to, of whichever node.
 * A notice says of which times old values seem to be.  False if there is no room for IDs.
 */
static bool
check_snowflakes(const ColumnValues *values, Oid type, Oid function)
{
	const char *schema = schema_of(function);
	const char *greatest = column_values_greatest(values, NULL);
	const char *least = greatest == NULL ? "-1" : column_values_least(values);
	MigrationRow row = migration_query(psprintf("SELECT $2::bigint >= %1$s.snowflake_lower_bound(now())::bigint,"
												"  %1$s.snowflake_timestamp(greatest($2::bigint, 0)), %1$s.snowflake_timestamp(greatest(%2$s, 0)),"
												"  %1$s.snowflake_lower_bound(now())::bigint",
												schema, least),
									   values->table, greatest == NULL ? "-1" : greatest);

	if (!has_room(type, row.values[3]))
		return false;
	if (row.values[0][0] == 't')
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("column \"%s\" of table \"%s\" has values above the IDs that its default would issue", values->column, get_rel_name(values->table)),
				errdetail("The greatest value is %s, and IDs of this server's layout would come to it.", greatest),
				errhint("If the values are snowflakes of another system, issue IDs of its layout: see docs/migrating.md. Else give a generator as a third argument."));
	if (greatest != NULL && greatest[0] != '-')
		ereport(NOTICE,
				errmsg("conditions on time take the old values of column \"%s\" for IDs of %s to %s", values->column, row.values[2], row.values[1]),
				errdetail("The greatest value is %s. Conditions on later times do not see them.", greatest));
	column_values_report_slow(values, condition_on_time(values, schema, ""));
	return true;
}

/*
 * ERROR if a value meets a condition, which those that the default will give meet, too.
 * None below least, given as text, does: an index finds at once that there is no other.
 * condition_now: see column_values_report_slow().
 */
static void
check_condition(const ColumnValues *values, const char *least, const char *condition, const char *condition_now, const char *hint)
{
	const char *greatest = column_values_greatest(values, NULL);

	if (greatest != NULL && pg_strtoint64(greatest) >= pg_strtoint64(least))
		greatest = column_values_greatest(values, condition);
	else
		greatest = NULL;
	if (greatest != NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("column \"%s\" of table \"%s\" has values that its default would issue again", values->column, get_rel_name(values->table)),
				errdetail("The greatest one is %s.", greatest),
				errhint("%s", hint));
	column_values_report_slow(values, condition_now);
}

/*
 * Values of the generator's node from now on.  IDs of other nodes may be ahead.  If the
 * server has no node now, its later one may be any.  False if there is no room for IDs;
 * ERROR UNDEFINED_OBJECT if there is no such generator.
 */
static bool
check_generator(const ColumnValues *values, Oid type, Oid function, const char *name)
{
	GeneratorOptions options = generator_options_read(named_generator_server(name)->options);
	const char *schema = schema_of(function);
	MigrationRow row = migration_query(psprintf("SELECT %1$s.snowflake_lower_bound(now(), layout)::bigint, ', ' || quote_literal(layout::text)"
												" FROM %1$s.snowflake_generators WHERE generator = $2",
												schema),
									   InvalidOid, name);
	const char *condition = psprintf("%s >= '%s'", quote_identifier(values->column), row.values[0]);
	const char *condition_now = condition_on_time(values, schema, row.values[1]);
	const char *of_node = "";
	uint64		node_bits;

	if (!has_room(type, row.values[0]))
		return false;
	if (named_generator_find_node_bits(&options, &node_bits))
		of_node = psprintf(" AND %s::bigint & " INT64_FORMAT " = " INT64_FORMAT, quote_identifier(values->column),
						   (int64) (layout_fixed_bits(&options.layout) & PG_INT64_MAX), (int64) node_bits);
	check_condition(values, row.values[0], psprintf("%s%s", condition, of_node), psprintf("%s%s", condition_now, of_node),
					_("Give the generator a node that has issued none of the values from now on."));
	return true;
}

/*
 * The next number of a sequence, its increment, the greatest number that it may give, and
 * whether it may begin anew; for a segment, the next number is that of its chunk if there
 * is one.  A sequence that may begin anew gives any of its numbers.
 */
static MigrationRow
next_number(Oid function, const DefaultCall *call)
{
	MigrationRow row = migration_query_as_owner(psprintf("SELECT CASE WHEN q.seqcycle THEN q.seqmin"
														 "    WHEN s.is_called THEN least(s.last_value::numeric + q.seqincrement, 9223372036854775807)"
														 "    ELSE s.last_value END,"
														 "  CASE WHEN q.seqcycle AND q.seqincrement > 0 THEN 1 ELSE q.seqincrement END, q.seqmax, q.seqcycle"
														 " FROM %s s, pg_sequence q WHERE q.seqrelid = $1", migration_qualified_name(call->sequence)),
												call->sequence);
	MigrationRow chunk = {.is_found = false};

	if (call->kind == CALL_SEGMENT)
		chunk = migration_query(psprintf("SELECT next FROM %s.segments WHERE sequence = $1 AND next IS NOT NULL", schema_of(function)),
								call->sequence, NULL);
	if (chunk.is_found)
		row.values[0] = chunk.values[0];
	return row;
}

/* Is it not known here which numbers are next?  The table is not readable by all. */
static bool
has_roots_elsewhere(Oid function, Oid sequence)
{
	Oid			roots = get_relname_relid("segment_roots", get_func_namespace(function));

	return OidIsValid(roots) &&
		migration_query_as_owner(psprintf("SELECT true FROM %s WHERE sequence = %u", migration_qualified_name(roots), sequence), roots).is_found;
}

/* The same next number as an expression of SQL, for when it is evaluated. */
static const char *
next_number_now(Oid function, const DefaultCall *call, const MigrationRow *next)
{
	const char *sequence = migration_qualified_name(call->sequence);
	const char *of_sequence = "last_value::numeric + is_called::integer";

	if (next->values[3][0] == 't')
		return next->values[0];
	if (call->kind == CALL_SEGMENT)
		of_sequence = psprintf("coalesce((SELECT next FROM %s.segments WHERE sequence = %s::regclass), %s)", schema_of(function),
							   quote_literal_cstr(sequence), of_sequence);
	return psprintf("(SELECT %s FROM %s)", of_sequence, sequence);
}

/* The condition on values from a number on, an expression of SQL, that a sequence may give. */
static const char *
condition_on_number(const ColumnValues *values, const char *from, const MigrationRow *next)
{
	return psprintf("%1$s::bigint BETWEEN %2$s AND %3$s AND (%1$s::bigint::numeric - %4$s) %% %5$s = 0", quote_identifier(values->column),
					from, next->values[2], next->values[0], next->values[1]);
}

/*
 * Values that a sequence will come to, of its residue, as other servers may have others.
 * False if the sequence cannot tell, or the caller must not know where it is.
 */
static bool
check_sequence(const ColumnValues *values, Oid function, const DefaultCall *call)
{
	MigrationRow next;

	if (get_rel_relkind(call->sequence) != RELKIND_SEQUENCE ||
		pg_class_aclcheck(call->sequence, GetUserId(), ACL_SELECT | ACL_USAGE | ACL_UPDATE) != ACLCHECK_OK ||
		(call->kind == CALL_SEGMENT && has_roots_elsewhere(function, call->sequence)))
		return false;
	next = next_number(function, call);
	if (!next.is_found || next.values[1][0] == '-')
		return false;
	check_condition(values, next.values[0], condition_on_number(values, next.values[0], &next),
					condition_on_number(values, next_number_now(function, call, &next), &next),
					psprintf(_("Bring sequence %s above the values with setval()."), migration_qualified_name(call->sequence)));
	return true;
}

/*
 * ERROR OBJECT_NOT_IN_PREREQUISITE_STATE if a default would issue values that a column
 * has; a warning or a notice if that is not known.  The type is that of the column,
 * below all domains; types that are not numbers are not looked at.  An expression of
 * NULL is the default that suits the type.  False if the column is too narrow for what
 * the expression gives.  Errors: also those of default_call_read().
 */
bool
new_values_check(Oid table, const char *column, Oid type, Oid function, const char *expression)
{
	DefaultCall call = {.kind = CALL_SNOWFLAKE};
	bool		is_wide = type == INT8OID || type == migration_type(function, "snowflake");
	ColumnValues values;

	if (expression != NULL)
		call = default_call_read(expression, function);
	if (!is_wide && (expression == NULL || (type != INT4OID && type != INT2OID)))
		return true;
	values = column_values_open(table, column);
	if (call.kind == CALL_SNOWFLAKE)
		return check_snowflakes(&values, type, function);
	if (call.kind == CALL_GENERATOR)
		return check_generator(&values, type, function, call.generator);
	if (call.kind == CALL_OTHER || !check_sequence(&values, function, &call))
		ereport(NOTICE,
				errmsg("values of column \"%s\" of table \"%s\" are not compared with those of expression %s", column, get_rel_name(table), expression),
				errhint("See that the expression gives none of them again, if they are to be unique."));
	return true;
}
