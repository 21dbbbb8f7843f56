/*-------------------------------------------------------------------------
 *
 * dependents.c
 *	  Objects that depend on an object of this database, as PostgreSQL has
 *	  recorded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "utils/fmgroids.h"

#include "base/dependents.h"

/* The objects that depend on an object, or the members of an extension: ObjectAddress *. */
List *
dependents(Oid class, Oid object)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *found = NIL;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(class));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dependency = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress *address = palloc(sizeof(ObjectAddress));

		ObjectAddressSubSet(*address, dependency->classid, dependency->objid, dependency->objsubid);
		found = lappend(found, address);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return found;
}

/* The members of our extension; NIL if it is not in this database. */
List *
dependents_of_extension(void)
{
	return dependents(ExtensionRelationId, get_extension_oid("idgen", true));
}
