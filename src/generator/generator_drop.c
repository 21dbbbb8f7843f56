/*-------------------------------------------------------------------------
 *
 * generator_drop.c
 *	  Dropping a generator, unless other objects depend on it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/table.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "base/command.h"
#include "base/compat.h"
#include "generator/generator_use.h"
#include "generator/named_generator.h"

PG_FUNCTION_INFO_V1(idgen_drop_generator);

/* The roles that have user mappings for a server: OIDs, InvalidOid for PUBLIC. */
static List *
mapped_roles(Oid server)
{
	Relation	mappings = table_open(UserMappingRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	List	   *roles = NIL;

	ScanKeyInit(&key, Anum_pg_user_mapping_umserver, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(server));
	scan = systable_beginscan(mappings, InvalidOid, false, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		roles = lappend_oid(roles, ((Form_pg_user_mapping) GETSTRUCT(tuple))->umuser);
	systable_endscan(scan);
	table_close(mappings, AccessShareLock);
	return roles;
}

/*
 * Drop user mappings, which have no meaning here.  They exist only if the
 * validator was removed from the wrapper.
 */
static void
drop_user_mappings(const ForeignServer *server)
{
	ListCell   *cell;

	foreach(cell, mapped_roles(server->serverid))
	{
		Oid			role = lfirst_oid(cell);

		run_command(psprintf("DROP USER MAPPING FOR %s SERVER %s",
							 OidIsValid(role) ? quote_identifier(GetUserNameFromId(role, false)) : "PUBLIC",
							 quote_identifier(server->servername)));
	}
}

/* snowflake_drop_generator(generator name) */
Datum
idgen_drop_generator(PG_FUNCTION_ARGS)
{
	ForeignServer *server = named_generator_server_to_drop(NameStr(*PG_GETARG_NAME(0)));

	if (!compat_server_ownercheck(server->serverid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_FOREIGN_SERVER, server->servername);
	generator_check_unused(server->serverid);
	drop_user_mappings(server);
	run_command(psprintf("DROP SERVER %s", quote_identifier(server->servername)));
	PG_RETURN_VOID();
}
