/*-------------------------------------------------------------------------
 *
 * check_node.c
 *	  Are there other servers with IDs that can get into the same tables, while this
 *	  server has the node of all servers without a setting?
 *
 * The signs of other servers are replication to or from this one, now or before, and IDs
 * of another node in its tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_subscription.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "replication/slot.h"
#include "replication/walsender.h"
#include "storage/spin.h"
#include "utils/varlena.h"

#include "admin/check_node.h"
#include "admin/check_finding.h"
#include "admin/others_ids.h"
#include "base/compat.h"
#include "generator/generator.h"

/* WAL timeline of a server that was never promoted or recovered to a point in time. */
#define FIRST_WAL_TIMELINE 1

static bool
has_standbys(void)
{
	bool		found = false;

	for (int i = 0; i < max_wal_senders && !found; i++)
	{
		WalSnd	   *sender = &WalSndCtl->walsnds[i];

		SpinLockAcquire(&sender->mutex);
		found = sender->pid != 0;
		SpinLockRelease(&sender->mutex);
	}
	return found;
}

/* Are there permanent slots, also of servers that are not connected now? */
static bool
has_slots(void)
{
	bool		found = false;

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots && !found; i++)
	{
		const ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];

		/* This does not change while the slot is in use. */
		found = slot->in_use && slot->data.persistency == RS_PERSISTENT;
	}
	LWLockRelease(ReplicationSlotControlLock);
	return found;
}

static bool
has_rows(Oid catalog_id)
{
	Relation	catalog = table_open(catalog_id, AccessShareLock);
	SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, NULL, 0, NULL);
	bool		found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

/* In any database. */
bool
check_has_subscriptions(void)
{
	return has_rows(SubscriptionRelationId);
}

/* Does option "extensions" of a foreign server, as of postgres_fdw, name idgen? */
static bool
names_our_extension(const ForeignServer *server)
{
	ListCell   *cell;
	List	   *names;
	ListCell   *name;

	foreach(cell, server->options)
	{
		DefElem    *option = lfirst(cell);

		if (strcmp(option->defname, "extensions") != 0 || option->arg == NULL ||
			!SplitIdentifierString(pstrdup(defGetString(option)), ',', &names))
			continue;
		foreach(name, names)
		{
			if (strcmp(lfirst(name), "idgen") == 0)
				return true;
		}
	}
	return false;
}

/* The name of such a server in this database; NULL if there is none. */
static char *
foreign_server_with_idgen(void)
{
	Relation	servers = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(servers, InvalidOid, false, NULL, 0, NULL);
	char	   *found = NULL;
	HeapTuple	tuple;

	while (found == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		ForeignServer *server = GetForeignServerExtended(((Form_pg_foreign_server) GETSTRUCT(tuple))->oid, FSV_MISSING_OK);

		if (server != NULL && names_our_extension(server))
			found = server->servername;
	}
	systable_endscan(scan);
	table_close(servers, AccessShareLock);
	return found;
}

/* Look for IDs of other nodes in tables of this database, and for foreign tables with IDs of this server. */
static void
find_ids_of_others(Others *others, const SnowflakeLayout *layout)
{
	OthersIds	ids = others_ids_find(layout, 0);

	if (ids.column == NULL)
		return;
	if (ids.is_foreign)
	{
		others->how = psprintf("issues IDs for the foreign table %s", ids.column);
		return;
	}
	others->are_seen = true;
	others->datacenter = ids.datacenter;
	others->worker = ids.worker;
	others->how = psprintf("has IDs of datacenter %llu and worker %llu in column %s",
						   (unsigned long long) ids.datacenter, (unsigned long long) ids.worker, ids.column);
}

/*
 * Returns the first sign of other servers.  IDs in tables are read with layout, and are of
 * others if their node is not 0.
 */
static Others
find_others(const SnowflakeLayout *layout)
{
	Others		others = {0};
	char	   *server;

	if (RecoveryInProgress())
		others.how = "is a standby";
	else if (check_has_subscriptions())
		others.how = "has subscriptions";
	else if (has_standbys())
		others.how = "sends its WAL to others";
	else if (has_slots())
		others.how = "keeps WAL for others in replication slots";
	else if (has_rows(PublicationRelationId))
		others.how = "has publications";
	else if (GetWALInsertionTimeLine() > FIRST_WAL_TIMELINE)
		others.how = "was promoted, or recovered from a backup";
	else if ((server = foreign_server_with_idgen()) != NULL)
		others.how = psprintf("has the foreign server \"%s\", which has idgen, too", server);
	else
		find_ids_of_others(&others, layout);
	return others;
}

/* The settings that give this server the node of the IDs that were found. */
static const char *
get_successor_settings(const SnowflakeLayout *layout, const Others *others)
{
	if (!layout_has(layout, LAYOUT_DATACENTER))
		return psprintf("\"%s = %llu\"", generator_worker.name, (unsigned long long) others->worker);
	if (!layout_has(layout, LAYOUT_WORKER))
		return psprintf("\"%s = %llu\"", generator_datacenter.name, (unsigned long long) others->datacenter);
	return psprintf("\"%s = %llu\" and \"%s = %llu\"",
					generator_datacenter.name, (unsigned long long) others->datacenter,
					generator_worker.name, (unsigned long long) others->worker);
}

static const char *
get_node_hint(const SnowflakeLayout *layout, const Others *others)
{
	const char *setting = layout_has(layout, LAYOUT_WORKER) ? generator_worker.name : generator_datacenter.name;

	if (others->are_seen)
		return psprintf("If it is the successor of the server that issued them, as after pg_upgrade, write %s into postgresql.conf, or else \"%s = \" and a number that no server has. Then reload the configuration.",
						get_successor_settings(layout, others), setting);
	return psprintf("Give each server that issues IDs for the same tables a node of its own: write \"%s = 1\" into postgresql.conf, on each with another number, and reload the configuration.",
					setting);
}

/*
 * Is the node 0, although there are other servers?  Returns these; does not look for them if
 * the node is not 0.
 */
Others
check_node(ReturnSetInfo *result, const SnowflakeLayout *layout, const ServerSetting *datacenter,
		   const ServerSetting *worker)
{
	bool		is_default = datacenter->value == 0 && worker->value == 0;
	Others		others = is_default ? find_others(layout) : (Others) {.how = NULL};

	if (others.how == NULL)
		return others;
	if (layout_has(layout, LAYOUT_WORKER) || layout_has(layout, LAYOUT_DATACENTER))
		finding_put(result, FINDING_WARNING, generator_worker.name, get_node_hint(layout, &others),
					"This server %s, and its node is 0, as that of every server without a setting.", others.how);
	else
		finding_put(result, FINDING_WARNING, "idgen.layout",
					"Choose a layout with a worker, such as \"idgen.layout = 'default'\" in postgresql.conf, and give each server one.",
					"This server %s, and its layout does not tell servers apart.", others.how);
	return others;
}
