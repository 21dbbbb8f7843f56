/*-------------------------------------------------------------------------
 *
 * column_uses.c
 *	  What else depends on how a column is filled, and on what it holds.
 *
 * Values are looked at only through an index, before the table is locked: who inserts
 * meanwhile still gets values of the old default.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "migrate/column_uses.h"
#include "migrate/migration_query.h"

/* Is there an index that finds the least and the greatest value of a column at once? */
#define HAS_INDEX \
	"EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam" \
	" WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree')"

/* The greatest value of a column of numbers; NULL if the column is of another type, or has no value or no index. */
static const char *
greatest_value(Oid table, const char *column, Oid type, Oid function)
{
	if (type != INT8OID && type != migration_type(function, "snowflake"))
		return NULL;
	if (!migration_query("SELECT true FROM pg_attribute a WHERE a.attrelid = $1 AND a.attname = $2 AND " HAS_INDEX, table, column).is_found)
		return NULL;
	/* The name stays that of the table from here on. */
	LockRelationOid(table, AccessShareLock);
	return migration_query_as_owner(psprintf("SELECT max(%s)::bigint FROM %s", quote_identifier(column), migration_qualified_name(table)),
									table).values[0];
}

/*
 * ERROR if a column has values that the IDs of this server will come to, as they would
 * not be unique.  A notice says of which times old values seem to be.
 *
 * The type is that of the column, below all domains.
 */
void
column_uses_check_values(Oid table, const char *column, Oid type, Oid function)
{
	const char *schema = quote_identifier(get_namespace_name(get_func_namespace(function)));
	const char *greatest = greatest_value(table, column, type, function);
	MigrationRow row;

	if (greatest == NULL || greatest[0] == '-')
		return;
	row = migration_query(psprintf("SELECT $2::bigint >= %1$s.snowflake_lower_bound(now())::bigint,"
								   "  %1$s.snowflake_timestamp($2::bigint), %1$s.snowflake_timestamp(0::bigint)",
								   schema),
						  table, greatest);
	if (row.values[0][0] == 't')
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("column \"%s\" of table \"%s\" has values above the IDs that its default would issue", column, get_rel_name(table)),
				errdetail("The greatest value is %s, and IDs of this server's layout would come to it.", greatest),
				errhint("If the values are snowflakes of another system, issue IDs of its layout: see docs/migrating.md. Else give a generator as a third argument."));
	ereport(NOTICE,
			errmsg("conditions on time take the old values of column \"%s\" for IDs of %s to %s", column, row.values[2], row.values[1]),
			errdetail("The greatest value is %s. Conditions on later times do not see them.", greatest));
}

/* WARNING of what a query finds, as a list. */
static void
warn_of(const char *query, Oid object, const char *name, const char *message, const char *hint)
{
	MigrationRow row = migration_query(query, object, name);

	if (row.is_found && row.values[0] != NULL)
		ereport(WARNING,
				errmsg_internal("%s", message),
				errdetail_internal("%s", row.values[0]),
				errhint("%s", hint));
}

/* Warn of what may refuse new IDs.  Partitions by hash do not. */
static void
report_conditions(Oid table, const char *column)
{
	warn_of("SELECT string_agg(what, ', ' ORDER BY what) FROM pg_attribute a, LATERAL ("
			" SELECT pg_describe_object('pg_constraint'::regclass, c.oid, 0) FROM pg_constraint c"
			"   WHERE c.contype = 'c' AND c.conrelid = a.attrelid AND a.attnum = ANY (c.conkey)"
			" UNION ALL SELECT format('constraint %I of domain %s', c.conname, c.contypid::regtype) FROM pg_constraint c"
			"   WHERE c.contype = 'c' AND c.contypid IN (WITH RECURSIVE d(oid) AS (SELECT a.atttypid"
			"     UNION SELECT t.typbasetype FROM d JOIN pg_type t ON t.oid = d.oid WHERE t.typtype = 'd') SELECT d.oid FROM d)"
			" UNION ALL SELECT format('partitions of table %s', p.partrelid::regclass) FROM pg_partitioned_table p"
			"   WHERE p.partrelid = a.attrelid AND p.partstrat <> 'h' AND a.attnum = ANY (p.partattrs::smallint[])) AS u(what)"
			" WHERE a.attrelid = $1 AND a.attname = $2",
			table, column,
			psprintf(_("conditions on column \"%s\" apply to new IDs"), column),
			_("See whether they let new IDs in, as INSERT fails otherwise."));
}

/*
 * Warn of columns that reference this one and are narrower, of what may refuse new IDs,
 * and of what else uses the sequence.
 */
void
column_uses_report(Oid table, const char *column, Oid sequence)
{
	warn_of("SELECT string_agg(format('%s.%I (%s)', c.conrelid::regclass, r.attname, format_type(r.atttypid, NULL)), ', ' ORDER BY c.conrelid::regclass::text)"
			" FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attname = $2"
			" JOIN LATERAL unnest(c.confkey, c.conkey) AS k(referenced, referencing) ON k.referenced = a.attnum"
			" JOIN pg_attribute r ON r.attrelid = c.conrelid AND r.attnum = k.referencing"
			" WHERE c.contype = 'f' AND c.confrelid = $1 AND r.atttypid IN ('int2'::regtype, 'int4'::regtype)",
			table, column,
			psprintf(_("columns that reference \"%s\" are too narrow for new IDs"), column),
			_("Widen them before rows with new IDs are referenced."));
	report_conditions(table, column);
	if (!OidIsValid(sequence))
		return;
	warn_of("SELECT string_agg(what, ', ' ORDER BY what) FROM ("
			" SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d"
			"   LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid"
			"   LEFT JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum"
			" WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.deptype = 'n'"
			"   AND (a.attname IS NULL OR a.attname <> $2)"
			" UNION SELECT 'function ' || p.oid::regprocedure::text FROM pg_proc p JOIN pg_class s ON s.oid = $1"
			" WHERE strpos(p.prosrc, s.relname) > 0 AND p.prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c')) AS u(what)",
			sequence, column,
			psprintf(_("sequence \"%s\" has other uses"), get_rel_name(sequence)),
			_("They go on to draw numbers from the sequence."));
}

/* What widening the column to bigint takes: sentences. */
const char *
column_uses_widening(Oid table, const char *column)
{
	MigrationRow row = migration_query(
									   "SELECT pg_size_pretty(pg_table_size($1)), pg_size_pretty(pg_indexes_size($1)),"
									   " (SELECT string_agg(format('%s.%I', c.conrelid::regclass, r.attname), ', ' ORDER BY c.conrelid::regclass::text)"
									   "   FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attname = $2"
									   "   JOIN LATERAL unnest(c.confkey, c.conkey) AS k(referenced, referencing) ON k.referenced = a.attnum"
									   "   JOIN pg_attribute r ON r.attrelid = c.conrelid AND r.attnum = k.referencing"
									   "   WHERE c.contype = 'f' AND c.confrelid = $1)",
									   table, column);

	return psprintf(_("Widening rewrites %s of the table and %s of its indexes.%s%s"), row.values[0], row.values[1],
					row.values[2] == NULL ? "" : _(" Columns that reference it: "), row.values[2] == NULL ? "" : psprintf("%s.", row.values[2]));
}
