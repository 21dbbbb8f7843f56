/*-------------------------------------------------------------------------
 *
 * check_version.c
 *	  Are the extension's objects in this database of the library's version?
 *
 * After an upgrade, a server may not have been restarted, or a database have been
 * left out.  Calls work in both cases, so nothing else tells.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "admin/check_finding.h"
#include "admin/check_version.h"

/* The version of the extension in this database; NULL if it is not there, as of functions that were made by hand. */
static char *
installed_version(void)
{
	Relation	extensions = table_open(ExtensionRelationId, AccessShareLock);
	char	   *version = NULL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("idgen"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	row = systable_getnext(scan);
	if (HeapTupleIsValid(row))
	{
		bool		is_null;
		Datum		value = heap_getattr(row, Anum_pg_extension_extversion, RelationGetDescr(extensions), &is_null);

		version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return version;
}

void
check_version(ReturnSetInfo *result)
{
	char	   *version = installed_version();

	if (version != NULL && strcmp(version, IDGEN_VERSION) != 0)
		finding_put(result, FINDING_WARNING, "extension idgen",
					"Restart the server if the library has been upgraded, and then run ALTER EXTENSION idgen UPDATE in each database that has the extension.",
					"In this database it has version %s, and the library that the server has loaded has version %s.",
					version, IDGEN_VERSION);
}
