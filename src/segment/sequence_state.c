/*-------------------------------------------------------------------------
 *
 * sequence_state.c
 *	  What a sequence is set to, and how far it has got, as its own row says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "segment/sequence_state.h"

/*
 * The name of a sequence as commands have it, with its schema.  Errors:
 * UNDEFINED_TABLE, WRONG_OBJECT_TYPE.
 */
char *
sequence_name(Oid sequence)
{
	char	   *name = get_rel_name(sequence);

	if (name == NULL)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("sequence with OID %u does not exist", sequence));
	if (get_rel_relkind(sequence) != RELKIND_SEQUENCE)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is not a sequence", name));
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(sequence)), name);
}

/* The row of the sequence, which is not transactional: its last number, and whether that has been returned. */
static void
read_row(const char *name, int64 *last, bool *is_called)
{
	bool		is_null;

	SPI_connect();
	if (SPI_execute(psprintf("SELECT last_value, is_called FROM %s", name), true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read sequence %s", name);
	*last = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	*is_called = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null));
	SPI_finish();
}

/*
 * The state of a sequence, as the current user may see it.  What sessions have cached
 * counts as returned.  Errors: as of sequence_name(), and those of a SELECT from it.
 */
SequenceState
sequence_state(Oid sequence)
{
	char	   *name = sequence_name(sequence);
	HeapTuple	tuple = SearchSysCache1(SEQRELID, ObjectIdGetDatum(sequence));
	Form_pg_sequence settings;
	SequenceState state;
	int64		last;
	bool		is_called;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for sequence %u", sequence);
	settings = (Form_pg_sequence) GETSTRUCT(tuple);
	state.start = settings->seqstart;
	state.increment = settings->seqincrement;
	state.min = settings->seqmin;
	state.max = settings->seqmax;
	state.cache = settings->seqcache;
	state.cycles = settings->seqcycle;
	state.type = settings->seqtypid;
	ReleaseSysCache(tuple);
	state.is_permanent = get_rel_persistence(sequence) == RELPERSISTENCE_PERMANENT;

	read_row(name, &last, &is_called);
	state.next = last;
	state.highest = last;
	if (is_called && pg_add_s64_overflow(last, state.increment, &state.next))
		state.next = state.increment > 0 ? PG_INT64_MAX : PG_INT64_MIN;
	if (!is_called && pg_sub_s64_overflow(last, 1, &state.highest))
		state.highest = PG_INT64_MIN;
	return state;
}

/* The largest value of a type of integers; that of bigint for any other type. */
int64
sequence_type_max(Oid type)
{
	switch (type)
	{
		case INT2OID:
			return PG_INT16_MAX;
		case INT4OID:
			return PG_INT32_MAX;
		default:
			return PG_INT64_MAX;
	}
}
