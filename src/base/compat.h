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
#include "utils/datetime.h"
#include "utils/guc_tables.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

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
 * checkpointer has published, once it has; a session may not have processed a
 * reload yet.  Minor releases of early 2025 and before publish less than later
 * ones.
 */
static inline bool
compat_sync_standbys_defined(void)
{
#ifdef SYNC_STANDBY_DEFINED
	uint8		status = *(volatile uint8 *) &WalSndCtl->sync_standbys_status;

	if (status & SYNC_STANDBY_INIT)
		return (status & SYNC_STANDBY_DEFINED) != 0;
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
