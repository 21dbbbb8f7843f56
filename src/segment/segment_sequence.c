/*-------------------------------------------------------------------------
 *
 * segment_sequence.c
 *	  A sequence as a segment: what the catalogs say of it.
 *
 * Like nextval(), a transaction that draws from a segment locks its sequence
 * until it ends, in a mode that ALTER SEQUENCE, TRUNCATE ... RESTART IDENTITY and
 * DROP wait for.  So as long as a transaction uses numbers of a file of the
 * sequence, this is the sequence's file, unless the transaction itself gives it
 * another one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "engine/wait.h"
#include "segment/segment_sequence.h"

/* The numbers of a chunk at first, by the type of the sequence. */
#define STEP_OF_SMALLINT 10
#define STEP_OF_INTEGER 100
#define STEP_OF_BIGINT 10000

/*
 * Wait for the lock for at most idgen.max_wait.  PostgreSQL's own timeout does
 * that; it may be shorter already.
 */
static void
lock_for_max_wait(Oid sequence)
{
	int			timeout = LockTimeout;

	if (ConditionalLockRelationOid(sequence, RowExclusiveLock))
		return;
	LockTimeout = Max(timeout > 0 ? Min(timeout, wait_max_ms) : wait_max_ms, 1);
	PG_TRY();
	{
		LockRelationOid(sequence, RowExclusiveLock);
	}
	PG_FINALLY();
	{
		LockTimeout = timeout;
	}
	PG_END_TRY();
}

/*
 * Lock a sequence until the transaction ends, and process invalidations.  Not
 * only until the subtransaction ends, which may be rolled back: what it has
 * drawn remains in use.  Errors: LOCK_NOT_AVAILABLE after idgen.max_wait.
 */
void
segment_sequence_lock(Oid sequence)
{
	ResourceOwner owner = CurrentResourceOwner;

	CurrentResourceOwner = TopTransactionResourceOwner;
	PG_TRY();
	{
		lock_for_max_wait(sequence);
	}
	PG_FINALLY();
	{
		CurrentResourceOwner = owner;
	}
	PG_END_TRY();
}

/* ERROR INSUFFICIENT_PRIVILEGE unless the current user may call nextval(). */
void
segment_sequence_check_privilege(Oid sequence)
{
	if (pg_class_aclcheck(sequence, GetUserId(), ACL_USAGE | ACL_UPDATE) != ACLCHECK_OK)
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied for sequence %s", get_rel_name(sequence)));
}

/* ERROR unless a relation is a sequence that no crash resets. */
static void
check_relation(Relation relation)
{
	if (relation->rd_rel->relkind != RELKIND_SEQUENCE)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is not a sequence", RelationGetRelationName(relation)));
	if (relation->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("sequence \"%s\" cannot be a segment", RelationGetRelationName(relation)),
				relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP ?
				errdetail("The sequence is temporary, so other sessions have no access to it.") :
				errdetail("The sequence is unlogged, so a crash resets it, and numbers would repeat."),
				errhint("Use nextval(), or a permanent sequence."));
}

/* ERROR for a sequence whose numbers do not increase, or that begins again. */
static void
check_parameters(Form_pg_sequence parameters, const char *name)
{
	if (parameters->seqincrement < 0)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("sequence \"%s\" cannot be a segment", name),
				errdetail("The sequence is descending."),
				errhint("Use nextval(), or ALTER SEQUENCE ... INCREMENT BY 1."));
	if (parameters->seqcycle)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("sequence \"%s\" cannot be a segment", name),
				errdetail("The sequence cycles, so numbers would repeat."),
				errhint("Use nextval(), or ALTER SEQUENCE ... NO CYCLE."));
}

/*
 * Has the current transaction changed the row of the relation in the catalog?
 * A parallel worker does not know more about what its leader has done.
 */
static bool
row_is_of_transaction(Oid relation)
{
	HeapTuple	row = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	bool		result = HeapTupleIsValid(row) &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data));

	if (HeapTupleIsValid(row))
		ReleaseSysCache(row);
	return result;
}

static uint64
default_step(Oid type)
{
	switch (type)
	{
		case INT2OID:
			return STEP_OF_SMALLINT;
		case INT4OID:
			return STEP_OF_INTEGER;
		default:
			return STEP_OF_BIGINT;
	}
}

static void
read_parameters(SegmentSequence *sequence, const char *name)
{
	HeapTuple	row = SearchSysCache1(SEQRELID, ObjectIdGetDatum(sequence->oid));
	Form_pg_sequence parameters;

	if (!HeapTupleIsValid(row))
		elog(ERROR, "cache lookup failed for sequence %u", sequence->oid);
	parameters = (Form_pg_sequence) GETSTRUCT(row);
	check_parameters(parameters, name);
	sequence->type = parameters->seqtypid;
	sequence->increment = parameters->seqincrement;
	sequence->max = parameters->seqmax;
	sequence->cache = parameters->seqcache;
	ReleaseSysCache(row);
}

/*
 * What the catalogs say of a sequence that is locked.  Errors:
 * WRONG_OBJECT_TYPE if it cannot be a segment.
 */
SegmentSequence
segment_sequence_read(Oid oid)
{
	SegmentSequence sequence = {.oid = oid};
	Relation	relation = try_relation_open(oid, NoLock);

	if (relation == NULL)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", oid));
	check_relation(relation);
	read_parameters(&sequence, RelationGetRelationName(relation));
	sequence.file = compat_relation_file(relation);
	sequence.is_private = compat_relation_file_is_new(relation) ||
		(IsParallelWorker() && row_is_of_transaction(oid));
	relation_close(relation, NoLock);

	sequence.options = segment_options_read(oid);
	if (sequence.options.step == 0)
		sequence.options.step = default_step(sequence.type);
	return sequence;
}

/* ERROR, as nextval() raises it: the sequence has fewer numbers left than are requested. */
void
segment_sequence_report_ended(const SegmentSequence *sequence, uint64 requested)
{
	ereport(ERROR,
			errcode(ERRCODE_SEQUENCE_GENERATOR_LIMIT_EXCEEDED),
			errmsg("reached maximum value of sequence \"%s\" (%lld)",
				   get_rel_name(sequence->oid), (long long) sequence->max),
			requested > 1 ? errdetail("%llu consecutive numbers were requested.", (unsigned long long) requested) : 0);
}
