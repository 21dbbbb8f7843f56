/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Differences between the major versions of PostgreSQL, and nothing else.
 *
 * Each wrapper has the signature of the newest major version and emulates it on
 * the others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_COMPAT_H
#define IDGEN_COMPAT_H

#include "catalog/dependency.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "commands/sequence.h"
#include "common/base64.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "parser/scansup.h"
#include "pgtime.h"
#include "replication/origin.h"
#include "replication/slot.h"
#include "replication/syncrep.h"
#include "replication/walsender_private.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/backend_status.h"
#include "utils/datetime.h"
#include "utils/guc_tables.h"
#include "utils/rangetypes.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/resowner.h"
#include "utils/typcache.h"
#include "utils/wait_event.h"

/* 19: what is logged of sequences is in a header of its own. */
#if PG_VERSION_NUM >= 190000
#include "commands/sequence_xlog.h"
#endif

/* 16: varlena macros are in a header of their own. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM < 150000
#error "idgen needs PostgreSQL 15 or later"
#endif

/* 18: a module may have a name and a version. */
#ifdef PG_MODULE_MAGIC_EXT
#define COMPAT_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "idgen", .version = IDGEN_VERSION)
#else
#define COMPAT_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 16: _PG_init is declared by fmgr.h. */
#if PG_VERSION_NUM < 160000
extern PGDLLEXPORT void _PG_init(void);
#endif

/* 16: an input function may report an error to its caller instead of raising it. */
#ifndef ereturn
#define ereturn(context, dummy_value, ...) \
	do { \
		(void) (context); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)
#endif

/* 16: settings can be found by name.  NULL if there is none. */
static inline const struct config_generic *
compat_find_setting(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return find_option(name, false, true, 0);
#else
	struct config_generic **settings = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
		if (pg_strcasecmp(settings[i]->name, name) == 0)
			return settings[i];
	return NULL;
#endif
}

/* 16: one function checks privileges on objects of all kinds, and another checks ownership. */
static inline AclResult
compat_server_aclcheck(Oid server, Oid role, AclMode mode)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ForeignServerRelationId, server, role, mode);
#else
	return pg_foreign_server_aclcheck(server, role, mode);
#endif
}

static inline bool
compat_server_ownercheck(Oid server, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(ForeignServerRelationId, server, role);
#else
	return pg_foreign_server_ownercheck(server, role);
#endif
}

static inline bool
compat_relation_ownercheck(Oid relation, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, relation, role);
#else
	return pg_class_ownercheck(relation, role);
#endif
}

/* 16: files of relations have new names.  The number of a relation's file. */
static inline Oid
compat_relation_file(Relation relation)
{
#if PG_VERSION_NUM >= 160000
	return relation->rd_locator.relNumber;
#else
	return relation->rd_node.relNode;
#endif
}

/* Is the relation's file one that the current transaction has created? */
static inline bool
compat_relation_file_is_new(Relation relation)
{
	if (relation->rd_createSubid != InvalidSubTransactionId)
		return true;
#if PG_VERSION_NUM >= 160000
	return relation->rd_firstRelfilelocatorSubid != InvalidSubTransactionId;
#else
	return relation->rd_firstRelfilenodeSubid != InvalidSubTransactionId;
#endif
}

/* What WAL of a sequence begins with. */
static inline xl_seq_rec
compat_sequence_record(Relation sequence)
{
	xl_seq_rec	record;

#if PG_VERSION_NUM >= 160000
	record.locator = sequence->rd_locator;
#else
	record.node = sequence->rd_node;
#endif
	return record;
}

/* 16: a range may be made without raising errors. */
static inline RangeType *
compat_make_range(TypeCacheEntry *type, RangeBound *lower, RangeBound *upper)
{
#if PG_VERSION_NUM >= 160000
	return make_range(type, lower, upper, false, NULL);
#else
	return make_range(type, lower, upper, false);
#endif
}

/* 16: a cast may depend on the casts that its function is used with. */
static inline ObjectAddress
compat_cast_create(Oid source, Oid target, Oid function, char context, char method)
{
#if PG_VERSION_NUM >= 160000
	return CastCreate(source, target, function, InvalidOid, InvalidOid, context, method, DEPENDENCY_NORMAL);
#else
	return CastCreate(source, target, function, context, method, DEPENDENCY_NORMAL);
#endif
}

/*
 * 16: one function finds time zones, and those that abbreviations stand for, by
 * name, or raises an error.
 */
static inline pg_tz *
compat_find_zone(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return DecodeTimezoneNameToTz(name);
#else
	int			offset;
	pg_tz	   *zone = NULL;
	int			kind = DecodeTimezoneAbbrev(0, downcase_truncate_identifier(name, strlen(name), false), &offset, &zone);

	if (kind == TZ || kind == DTZ)
		return pg_tzset_offset(-offset);
	if (kind != DYNTZ)
		zone = pg_tzset(name);
	if (zone == NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("time zone \"%s\" not recognized", name));
	return zone;
#endif
}

/* 17: processes are numbered from 0 by one function; before, pgprocno is that number. */
static inline int
compat_proc_number(const PGPROC *proc)
{
#if PG_VERSION_NUM >= 170000
	return GetNumberFromPGProc(proc);
#else
	return proc->pgprocno;
#endif
}

/* 17: the same in the other direction. */
static inline PGPROC *
compat_proc_by_number(int number)
{
#if PG_VERSION_NUM >= 170000
	return GetPGProcByNumber(number);
#else
	return &ProcGlobal->allProcs[number];
#endif
}

/*
 * A number that a process's transaction has to itself among all transactions of
 * the same PGPROC, as long as it is not over; 0: there is none.  PostgreSQL takes it away
 * together with the transaction's ID, at the moment from which snapshots see
 * the transaction's rows.
 *
 * 17: numbers belong to the PGPROC; before, to the backend ID, and processes
 * that use the PGPROC one after the other may have different ones.  There, by a
 * chance of one in 2^32, a transaction can have the mixed number of an earlier process's.
 * Who finds that one's hold takes it for the transaction's until it is over: more is held
 * than must be.  Less is held only if, besides, a reader that has found the earlier
 * transaction ended clears the number just after the other one has stored the same.
 * Consecutive transactions of a process always differ: 0 is replaced by a number that
 * is far from those of its neighbors.
 */
static inline uint32
compat_local_transaction(const PGPROC *proc)
{
#if PG_VERSION_NUM >= 170000
	return ((const volatile PGPROC *) proc)->vxid.lxid;
#else
	uint32		transaction = ((const volatile PGPROC *) proc)->lxid;
	uint32		mixed = transaction ^ (uint32) ((const volatile PGPROC *) proc)->backendId * UINT32_C(2654435761);

	return transaction == InvalidLocalTransactionId ? 0 : mixed != 0 ? mixed : UINT32_C(1) << 31;
#endif
}

/* Compilers differ: let the processor fetch memory that will be read soon. */
static inline void
compat_fetch(const void *address)
{
#if defined(__GNUC__) || defined(__clang__)
	__builtin_prefetch(address);
#else
	(void) address;
#endif
}

/* 17: the number of a process's transaction is elsewhere in PGPROC. */
static inline void
compat_fetch_transaction(const PGPROC *proc)
{
#if PG_VERSION_NUM >= 170000
	compat_fetch(&proc->vxid.lxid);
#else
	compat_fetch(&proc->lxid);
#endif
}

/* 16: a new name.  The activity of backend number i (1 .. pgstat_fetch_stat_numbackends()). */
static inline LocalPgBackendStatus *
compat_activity_by_index(int i)
{
#if PG_VERSION_NUM >= 160000
	return pgstat_get_local_beentry_by_index(i);
#else
	return pgstat_fetch_stat_local_beentry(i);
#endif
}

/* 17: the parts of a virtual transaction ID are one member. */
static inline LocalTransactionId
compat_lock_transaction(const LockInstanceData *lock)
{
#if PG_VERSION_NUM >= 170000
	return lock->vxid.localTransactionId;
#else
	return lock->lxid;
#endif
}

/* 17: backend IDs are process numbers.  Has the lock been restored for a prepared transaction at the start? */
static inline bool
compat_lock_is_restored(const LockInstanceData *lock)
{
#if PG_VERSION_NUM >= 170000
	return lock->pid == 0 && lock->vxid.procNumber == INVALID_PROC_NUMBER;
#else
	return lock->pid == 0 && lock->backend == InvalidBackendId;
#endif
}

/* 17: a set of events to wait for may belong to a resource owner; before, it belongs to a memory context. */
static inline WaitEventSet *
compat_create_wait_set(int events)
{
#if PG_VERSION_NUM >= 170000
	return CreateWaitEventSet(CurrentResourceOwner, events);
#else
	return CreateWaitEventSet(CurrentMemoryContext, events);
#endif
}

/* 17: an extension may name its wait events; *event is 0 at first. */
static inline uint32
compat_wait_event(uint32 *event, const char *name)
{
	if (*event == 0)
	{
#if PG_VERSION_NUM >= 170000
		*event = WaitEventExtensionNew(name);
#else
		(void) name;
		*event = PG_WAIT_EXTENSION;
#endif
	}
	return *event;
}

/* 17: the function can check for stronger locks, too. */
static inline bool
compat_lock_held_by_me(const LOCKTAG *tag, LOCKMODE mode)
{
#if PG_VERSION_NUM >= 170000
	return LockHeldByMe(tag, mode, true);
#else
	for (; mode <= MaxLockMode; mode++)
		if (LockHeldByMe(tag, mode))
			return true;
	return false;
#endif
}

/* 18: a primary key may be deferrable. */
static inline Oid
compat_primary_key(Relation relation)
{
#if PG_VERSION_NUM >= 180000
	return RelationGetPrimaryKeyIndex(relation, false);
#else
	return RelationGetPrimaryKeyIndex(relation);
#endif
}

/* 18: the attribute is written before a declaration. */
#ifndef pg_noreturn
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 18: base64 is of bytes, and not of characters.  They return what is used of to, or -1. */
static inline int
compat_base64_encode(const void *from, int length, char *to, int size)
{
#if PG_VERSION_NUM >= 180000
	return pg_b64_encode((const uint8 *) from, length, to, size);
#else
	return pg_b64_encode((const char *) from, length, to, size);
#endif
}

static inline int
compat_base64_decode(const char *from, int length, void *to, int size)
{
#if PG_VERSION_NUM >= 180000
	return pg_b64_decode(from, length, (uint8 *) to, size);
#else
	return pg_b64_decode(from, length, (char *) to, size);
#endif
}

/* 18: replication origins have a setting of their own. */
#if PG_VERSION_NUM >= 180000
#define compat_origin_states max_active_replication_origins
#define COMPAT_ORIGIN_STATES_NAME "max_active_replication_origins"
#else
#define compat_origin_states max_replication_slots
#define COMPAT_ORIGIN_STATES_NAME "max_replication_slots"
#endif

/* 19: new spelling. */
#if PG_VERSION_NUM < 190000
typedef RepOriginId ReplOriginId;
#define InvalidReplOriginId InvalidRepOriginId
#endif

/*
 * Are synchronous standbys configured?  Like commits, we use what the
 * checkpointer has published, once it has; a session that waits does not process
 * a reload.  In minor releases of early 2025 and before, what is published is false
 * before the checkpointer has read the setting, too: there, false counts once this
 * process has seen true.
 */
static inline bool
compat_sync_standbys_defined(void)
{
#ifdef SYNC_STANDBY_DEFINED
	uint8		status = *(volatile uint8 *) &WalSndCtl->sync_standbys_status;

	if (status & SYNC_STANDBY_INIT)
		return (status & SYNC_STANDBY_DEFINED) != 0;
#else
	static bool was_defined = false;
	bool		is_defined = *(volatile bool *) &WalSndCtl->sync_standbys_defined;

	was_defined |= is_defined;
	if (is_defined || was_defined)
		return is_defined;
#endif
	return SyncRepStandbyNames != NULL && SyncRepStandbyNames[0] != '\0';
}

/*
 * 19: a tranche is created with its name, which all backends know; before, each
 * backend registers the name for itself.
 */
static inline int
compat_new_tranche(const char *name)
{
#if PG_VERSION_NUM >= 190000
	return LWLockNewTrancheId(name);
#else
	(void) name;
	return LWLockNewTrancheId();
#endif
}

static inline void
compat_register_tranche(int tranche, const char *name)
{
#if PG_VERSION_NUM < 190000
	LWLockRegisterTranche(tranche, name);
#else
	(void) tranche;
	(void) name;
#endif
}

#endif							/* IDGEN_COMPAT_H */
