/*-------------------------------------------------------------------------
 *
 * check_files.c
 *	  Do the server's configuration files name settings of idgen that do not exist, or
 *	  have values that PostgreSQL rejects?
 *
 * With a mistyped name for its worker, a server runs as worker 0, and PostgreSQL says so
 * only once, in its log.  This reads the rows of pg_file_settings by a direct call of the
 * underlying function, without a check of the caller's privileges.  These protect other
 * settings and values, and the findings show neither.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "fmgr.h"
#include "nodes/nodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/tuplestore.h"

#include "admin/check_files.h"
#include "admin/check_finding.h"
#include "base/compat.h"
#include "base/set_rows.h"

#define PREFIX "idgen."

/* Columns of pg_file_settings. */
#define COLUMN_NAME 4
#define COLUMN_ERROR 7

/* A placeholder is for a setting that a library may define later. */
static bool
is_setting_defined(const char *name)
{
	const struct config_generic *setting = compat_find_setting(name);

	return setting != NULL && (setting->flags & GUC_CUSTOM_PLACEHOLDER) == 0;
}

/* Is there a setting of this name?  If not, adds a finding and returns false. */
bool
check_file_name(ReturnSetInfo *result, const char *name)
{
	if (is_setting_defined(name))
		return true;
	finding_put(result, FINDING_ERROR, name,
				"Correct the name in the configuration files or remove the line. Use ALTER SYSTEM RESET if it is in postgresql.auto.conf.",
				"The configuration files set it, but no such setting exists, so the setting that was meant has another value.");
	return false;
}

/* name and has_error are of a row of pg_file_settings. */
static void
check_file_entry(ReturnSetInfo *result, const char *name, bool has_error)
{
	if (pg_strncasecmp(name, PREFIX, strlen(PREFIX)) != 0)
		return;
	if (check_file_name(result, name) && has_error)
		finding_put(result, FINDING_WARNING, name,
					"Correct it in postgresql.conf or with ALTER SYSTEM, and reload the configuration.",
					"The value in the configuration files is not accepted. Sessions keep the value that they have, and other sessions use the default.");
}

/* PostgreSQL applies nothing of a file with a syntax error. */
static void
report_syntax_error(ReturnSetInfo *result)
{
	finding_put(result, FINDING_WARNING, "configuration files",
				"Look for the error in pg_file_settings as a superuser, and correct it.",
				"They have a syntax error, so a reload changes nothing and the server would not start.");
}

/* Add a finding for each entry of idgen without effect. */
void
check_files(ReturnSetInfo *result)
{
	ReturnSetInfo rows;
	TupleTableSlot *slot;

	set_rows_read(F_PG_SHOW_ALL_FILE_SETTINGS, result, &rows);
	slot = MakeSingleTupleTableSlot(rows.setDesc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(rows.setResult, true, false, slot))
	{
		bool		has_no_name,
					has_no_error;
		Datum		name = slot_getattr(slot, COLUMN_NAME, &has_no_name);

		(void) slot_getattr(slot, COLUMN_ERROR, &has_no_error);
		if (!has_no_name)
			check_file_entry(result, TextDatumGetCString(name), !has_no_error);
		else if (!has_no_error)
			report_syntax_error(result);
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(rows.setResult);
}
