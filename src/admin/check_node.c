/*-------------------------------------------------------------------------
 *
 * check_node.c
 *	  Does the server have node 0, the default, although there are signs of
 *	  other servers, whose IDs could be the same?
 *
 * Other servers cannot be queried.  But it is visible on this server whether
 * it copies data, is copied, or has been, and whether its tables contain IDs
 * of another node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_subscription.h"
#include "commands/defrem.h"
#include "replication/slot.h"
#include "replication/walsender.h"
#include "storage/spin.h"
#include "utils/varlena.h"

#include "admin/check_finding.h"
#include "admin/check_node.h"
#include "admin/others_ids.h"
#include "base/compat.h"
#include "generator/generator.h"

/*
 * The first timeline of WAL; each promotion and each point-in-time recovery
 * begins another one.
 */
#define FIRST_WAL_TIMELINE 1

/* Does another server receive data from us? */
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

/* Is WAL kept for a receiver that is not connected now? */
static bool
has_slots(void)
{
	bool		found = false;

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots && !found; i++)
	{
		const ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];

		/* A slot's kind does not change as long as the slot is in use. */
		found = slot->in_use && slot->data.persistency == RS_PERSISTENT;
	}
	LWLockRelease(ReplicationSlotControlLock);
	return found;
}

/* Has a catalog any row? */
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

/* Do we receive data from another server, in any database? */
bool
check_has_subscriptions(void)
{
	return has_rows(SubscriptionRelationId);
}

/*
 * Do the options of a foreign server say that it has idgen, as those of
 * postgres_fdw can?
 */
static bool
names_our_extension(List *options)
{
	ListCell   *cell;
	List	   *names;
	ListCell   *name;

	foreach(cell, options)
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

/* The name of a foreign server that has idgen; NULL if there is none in this database. */
static char *
foreign_server_with_idgen(void)
{
	Relation	servers = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(servers, InvalidOid, false, NULL, 0, NULL);
	char	   *found = NULL;
	HeapTuple	tuple;

	while (found == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		has_none;
		Datum		options = heap_getattr(tuple, Anum_pg_foreign_server_srvoptions, RelationGetDescr(servers), &has_none);

		if (!has_none && names_our_extension(untransformRelOptions(options)))
			found = pstrdup(NameStr(((Form_pg_foreign_server) GETSTRUCT(tuple))->srvname));
	}
	systable_endscan(scan);
	table_close(servers, AccessShareLock);
	return found;
}

/*
 * Look for IDs of other nodes in our tables, and for tables of others with our
 * IDs, in the server's layout.
 */
static void
find_ids_of_others(Others *others, const SnowflakeLayout *layout)
{
	OthersIds	ids = others_ids_find(layout);

	if (ids.column == NULL)
		return;
	if (ids.is_foreign)
	{
		others->how = psprintf("This server issues IDs for the foreign table %s.", ids.column);
		return;
	}
	others->are_seen = true;
	others->is_one_node = ids.is_one_node;
	others->datacenter = ids.datacenter;
	others->worker = ids.worker;
	others->how = psprintf("This server has IDs of another node, or of another layout, in column %s.", ids.column);
}

/*
 * The first sign of other servers that is found.  IDs in tables are read with
 * layout, and those of a node other than 0 count; they are not read if layout
 * is NULL.
 */
static Others
find_others(const SnowflakeLayout *layout)
{
	Others		others = {0};
	char	   *server;

	if (RecoveryInProgress())
		others.how = "This server is a standby.";
	else if (check_has_subscriptions())
		others.how = "This server has subscriptions.";
	else if (has_standbys())
		others.how = "This server sends its WAL to other servers.";
	else if (has_slots())
		others.how = "This server keeps WAL for other servers in replication slots.";
	else if (has_rows(PublicationRelationId))
		others.how = "This server has publications.";
	else if (GetWALInsertionTimeLine() > FIRST_WAL_TIMELINE)
		others.how = "This server was promoted, or recovered from a backup.";
	else if ((server = foreign_server_with_idgen()) != NULL)
		others.how = psprintf("This server has the foreign server \"%s\", which also has idgen.", server);
	else if (layout != NULL)
		find_ids_of_others(&others, layout);
	return others;
}

/* The line that configures the node of the IDs that were found. */
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

/* The hint: what to write into postgresql.conf. */
static const char *
get_node_hint(const SnowflakeLayout *layout, const Others *others)
{
	const char *setting = layout_has(layout, LAYOUT_WORKER) ? generator_worker.name : generator_datacenter.name;

	if (others->is_one_node)
		return psprintf("If this server is the successor of the server that issued them, as after pg_upgrade, write %s into postgresql.conf. Otherwise write \"%s = \" and a number that no server has. Then reload the configuration.",
						get_successor_settings(layout, others), setting);
	if (others->are_seen)
		return psprintf("If this server is the successor of a server that issued them, as after pg_upgrade, configure the layout and the node of that server. Otherwise write \"%s = \" and a number that no server has into postgresql.conf. If this server issued them before its layout changed, read \"When a layout ends\" in docs/layouts.md.",
						setting);
	return psprintf("Give each server that issues IDs for the same tables a node of its own: write \"%s = 1\" into postgresql.conf, with a different number on each server, and reload the configuration.",
					setting);
}

/*
 * Has the server node 0 although there are signs of other servers?  Returns
 * these signs, which are looked for only if the node is 0.  IDs in tables are
 * read with the layout of_ids, or not if that is NULL.
 */
Others
check_node(ReturnSetInfo *result, const SnowflakeLayout *layout, const SnowflakeLayout *of_ids,
		   const ServerSetting *datacenter, const ServerSetting *worker)
{
	bool		is_default = datacenter->value == 0 && worker->value == 0;
	Others		others = {.how = NULL};

	if (is_default)
		others = find_others(of_ids);
	if (others.how == NULL)
		return others;

	/* The node of an ID in one layout is not its node in another one. */
	others.is_one_node &= of_ids != NULL && layout_equal(layout, of_ids);
	if (layout_has(layout, LAYOUT_WORKER) || layout_has(layout, LAYOUT_DATACENTER))
		finding_put(result, FINDING_WARNING, generator_worker.name, get_node_hint(layout, &others),
					"%s Its node is 0, as is that of every server without a setting.", others.how);
	else
		finding_put(result, FINDING_WARNING, "idgen.layout",
					"Choose a layout with a worker, such as \"idgen.layout = 'default'\" in postgresql.conf, and give each server a worker of its own.",
					"%s Its layout does not distinguish servers.", others.how);
	return others;
}
