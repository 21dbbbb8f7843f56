/*-------------------------------------------------------------------------
 *
 * column_uses.c
 *	  What else depends on how a column is filled.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "migrate/column_uses.h"
#include "migrate/migration_query.h"

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

/* Warn of foreign keys of the column itself: new IDs are not in the tables that they reference. */
static void
report_references(Oid table, const char *column)
{
	warn_of("SELECT string_agg(pg_describe_object('pg_constraint'::regclass, c.oid, 0), ', ' ORDER BY c.conname)"
			" FROM pg_attribute a JOIN pg_constraint c ON c.conrelid = a.attrelid AND c.contype = 'f' AND a.attnum = ANY (c.conkey)"
			" WHERE a.attrelid = $1 AND a.attname = $2",
			table, column,
			psprintf(_("column \"%s\" references others, which new IDs are not in"), column),
			_("INSERT without a value of the column fails. It needs no default: give it the IDs that are referenced."));
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
	report_references(table, column);
	if (!OidIsValid(sequence))
		return;
	warn_of("SELECT string_agg(what, ', ' ORDER BY what) FROM ("
			" SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d"
			"   LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid"
			"   LEFT JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum"
			" WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.deptype = 'n'"
			"   AND (a.attname IS NULL OR a.attname <> $2)"
			" UNION SELECT 'function ' || p.oid::regprocedure::text FROM pg_proc p JOIN pg_class s ON s.oid = $1"
			" WHERE p.pronamespace <> ALL ('{pg_catalog,information_schema}'::regnamespace[])"
			"   AND p.prolang <> ALL (SELECT oid FROM pg_language WHERE lanname IN ('c', 'internal'))"
			"   AND p.prosrc ~* ('(^|[^[:alnum:]_$])' || regexp_replace(s.relname, '[^[:alnum:]_]', '.', 'g') || '($|[^[:alnum:]_$])')) AS u(what)",
			sequence, column,
			psprintf(_("sequence \"%s\" has other uses"), get_rel_name(sequence)),
			_("What draws numbers from the sequence goes on to do so: change it if its IDs go into the column. Functions are named if their text has the sequence's name, be it in a comment."));
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
