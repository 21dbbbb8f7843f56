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
#include "utils/inval.h"
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

static void
report_missing(Oid oid)
{
	ereport(ERROR,
			errcode(ERRCODE_UNDEFINED_TABLE),
			errmsg("relation with OID %u does not exist", oid));
}

static void
report_other_kind(const char *name)
{
	ereport(ERROR,
			errcode(ERRCODE_WRONG_OBJECT_TYPE),
			errmsg("\"%s\" is not a sequence", name));
}

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

/* ERROR INSUFFICIENT_PRIVILEGE unless the current user may call nextval(). */
void
segment_sequence_check_privilege(Oid sequence)
{
	if (pg_class_aclcheck(sequence, GetUserId(), ACL_USAGE | ACL_UPDATE) != ACLCHECK_OK)
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied for sequence %s", get_rel_name(sequence)));
}

/*
 * The lock remains when an ERROR is caught in a subtransaction.  So nobody gets it
 * on what he may not draw from.  Both are looked at again with the lock.
 */
static void
check_before_lock(Oid sequence)
{
	char		kind;

	AcceptInvalidationMessages();
	kind = get_rel_relkind(sequence);
	if (kind == '\0')
		report_missing(sequence);
	if (kind != RELKIND_SEQUENCE)
		report_other_kind(get_rel_name(sequence));
	segment_sequence_check_privilege(sequence);
}

/*
 * Lock a sequence until the transaction ends, and process invalidations.  Not
 * only until the subtransaction ends, which may be rolled back: what it has
 * drawn remains in use.  Errors: LOCK_NOT_AVAILABLE after idgen.max_wait;
 * UNDEFINED_TABLE, WRONG_OBJECT_TYPE, INSUFFICIENT_PRIVILEGE.
 */
void
segment_sequence_lock(Oid sequence)
{
	ResourceOwner owner = CurrentResourceOwner;

	check_before_lock(sequence);
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

/* Why a sequence cannot be a segment, by what it is in pg_class, a sentence; NULL if it can. */
static const char *
persistence_objection(Relation relation)
{
	switch (relation->rd_rel->relpersistence)
	{
		case RELPERSISTENCE_PERMANENT:
			return NULL;
		case RELPERSISTENCE_TEMP:
			return "The sequence is temporary, so other sessions have no access to it.";
		default:
			return "The sequence is unlogged, so a crash resets it, and numbers would repeat.";
	}
}

/* The same, by its parameters. */
static const char *
parameters_objection(Form_pg_sequence parameters)
{
	if (parameters->seqincrement < 0)
		return "The sequence is descending.";
	if (parameters->seqcycle)
		return "The sequence cycles, so numbers would repeat.";
	return NULL;
}

static void
report_objection(Relation relation, const char *objection)
{
	if (objection != NULL)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("sequence \"%s\" cannot be a segment", RelationGetRelationName(relation)),
				errdetail("%s", objection),
				errhint("Use nextval(), or a sequence that is permanent, ascending and NO CYCLE."));
}

/* ERROR unless a relation is a sequence that no crash resets. */
static void
check_relation(Relation relation)
{
	if (relation->rd_rel->relkind != RELKIND_SEQUENCE)
		report_other_kind(RelationGetRelationName(relation));
	report_objection(relation, persistence_objection(relation));
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

/* Read the parameters of a sequence.  Returns why it cannot be a segment, or NULL. */
static const char *
read_parameters(SegmentSequence *sequence)
{
	HeapTuple	row = SearchSysCache1(SEQRELID, ObjectIdGetDatum(sequence->oid));
	Form_pg_sequence parameters;
	const char *objection;

	if (!HeapTupleIsValid(row))
		elog(ERROR, "cache lookup failed for sequence %u", sequence->oid);
	parameters = (Form_pg_sequence) GETSTRUCT(row);
	objection = parameters_objection(parameters);
	sequence->type = parameters->seqtypid;
	sequence->increment = parameters->seqincrement;
	sequence->min = parameters->seqmin;
	sequence->max = parameters->seqmax;
	sequence->cache = parameters->seqcache;
	ReleaseSysCache(row);
	return objection;
}

static void
read_options(SegmentSequence *sequence)
{
	sequence->options = segment_options_read(sequence->oid);
	if (sequence->options.step == 0)
		sequence->options.step = default_step(sequence->type);
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
		report_missing(oid);
	check_relation(relation);
	report_objection(relation, read_parameters(&sequence));
	sequence.owner = relation->rd_rel->relowner;
	sequence.file = compat_relation_file(relation);
	sequence.is_private = compat_relation_file_is_new(relation) ||
		(IsParallelWorker() && row_is_of_transaction(oid));
	relation_close(relation, NoLock);
	read_options(&sequence);
	return sequence;
}

/*
 * What the catalogs say of a sequence, to look at: false if it does not exist.
 * *objection is why it cannot be a segment, a sentence, or NULL.
 */
bool
segment_sequence_inspect(Oid oid, SegmentSequence *sequence, const char **objection)
{
	Relation	relation = try_relation_open(oid, AccessShareLock);
	const char *of_parameters;
	bool		is_sequence;

	if (relation == NULL)
		return false;
	is_sequence = relation->rd_rel->relkind == RELKIND_SEQUENCE;
	if (is_sequence)
	{
		memset(sequence, 0, sizeof(*sequence));
		sequence->oid = oid;
		of_parameters = read_parameters(sequence);
		*objection = persistence_objection(relation);
		if (*objection == NULL)
			*objection = of_parameters;
	}
	relation_close(relation, AccessShareLock);
	if (is_sequence)
		read_options(sequence);
	return is_sequence;
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

/* The same, of a root elsewhere, whose maximum value is not known. */
void
segment_sequence_report_refused(const SegmentSequence *sequence, uint64 requested)
{
	ereport(ERROR,
			errcode(ERRCODE_SEQUENCE_GENERATOR_LIMIT_EXCEEDED),
			errmsg("the root of sequence \"%s\" has no more numbers", get_rel_name(sequence->oid)),
			requested > 1 ? errdetail("%llu consecutive numbers were requested.", (unsigned long long) requested) : 0);
}
