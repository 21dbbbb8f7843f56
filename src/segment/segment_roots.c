/*-------------------------------------------------------------------------
 *
 * segment_roots.c
 *	  Which segments have their roots elsewhere, and where: a table of the
 *	  extension, which dumps contain.
 *
 * The agent connects to roots as the server, with what the user that runs the
 * server may use.  So only superusers name roots.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "bits/counter_record.h"
#include "lease/lease_store.h"
#include "lease/lease_terms.h"
#include "segment/segment_agent.h"
#include "segment/segment_roots.h"
#include "segment/segment_table.h"

PG_FUNCTION_INFO_V1(idgen_segment_set_roots);
PG_FUNCTION_INFO_V1(idgen_segment_create_counter);

/* The columns of the table, and arguments of segment_set_roots(). */
enum
{
	COLUMN_SEQUENCE,
	COLUMN_ROOTS,
	COLUMN_COUNTER,
	COLUMN_SKIP,
	COLUMNS
};

/* The address of a root (0 .. count - 1). */
const char *
segment_roots_address(const SegmentRoots *roots, int number)
{
	const char *address = roots->addresses;

	while (number-- > 0)
		address += strlen(address) + 1;
	return address;
}

/* Is a root a PostgreSQL?  It may be a region, whose chunks are lower than its strict numbers; those of a store are not. */
bool
segment_roots_is_postgres(const SegmentRoots *roots, int number)
{
	return strncmp(segment_roots_address(roots, number), "postgres", strlen("postgres")) == 0;
}

/* A number for where the numbers come from; 0: from here. */
uint32
segment_roots_hash(const SegmentRoots *roots)
{
	const char *end = segment_roots_address(roots, roots->count);
	uint32		hash;

	if (roots->count == 0)
		return 0;
	hash = hash_bytes((const unsigned char *) roots->addresses, end - roots->addresses);
	hash = hash_combine(hash, hash_bytes((const unsigned char *) roots->counter, strlen(roots->counter)));
	return Max(hash, 1);
}

/* Fill in the addresses of an array; false if there is no room for them. */
static bool
read_addresses(ArrayType *array, SegmentRoots *roots)
{
	Datum	   *elements;
	int			count;
	size_t		length = 0;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	if (count > SEGMENT_MOST_ROOTS)
		return false;
	roots->count = 0;
	for (int i = 0; i < count; i++)
	{
		char	   *address = TextDatumGetCString(elements[i]);

		if (length + strlen(address) + 1 > SEGMENT_ADDRESSES_SIZE)
			return false;
		length += strlcpy(roots->addresses + length, address, SEGMENT_ADDRESSES_SIZE - length) + 1;
		roots->count++;
	}
	return true;
}

static void
read_row(HeapTuple row, TupleDesc columns, SegmentRoots *roots)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	heap_deform_tuple(row, columns, values, nulls);
	(void) read_addresses(DatumGetArrayTypeP(values[COLUMN_ROOTS]), roots);
	strlcpy(roots->counter, TextDatumGetCString(values[COLUMN_COUNTER]), SEGMENT_COUNTER_SIZE);
	roots->skip = nulls[COLUMN_SKIP] ? 0 : Min(Max(DatumGetInt64(values[COLUMN_SKIP]), 0), SEGMENT_MOST_SKIPPED);
}

/* The roots of a sequence; false, and no roots, if its root is local. */
bool
segment_roots_read(Oid sequence, SegmentRoots *roots)
{
	Oid			oid = segment_table_find(SEGMENT_ROOTS_TABLE);
	Relation	table;
	HeapTuple	row;

	memset(roots, 0, sizeof(SegmentRoots));
	if (!OidIsValid(oid))
		return false;
	table = table_open(oid, AccessShareLock);
	row = segment_table_find_row(table, sequence);
	if (row != NULL)
		read_row(row, RelationGetDescr(table), roots);
	table_close(table, AccessShareLock);
	return roots->count > 0;
}

/* ---------------------------------------------------------------------- naming roots */

/* ERROR unless an address is one of a store, without a password. */
static void
check_address(const char *address)
{
	const char *objection;

	if (address[0] == '\0')
		objection = "It is empty.";
	else if (lease_store_has_password(address))
		objection = "It contains a password, which everyone who can read a dump or the log would see. Put it into the file that \"idgen.segment_secret_file\" names, or into a password file of libpq's.";
	else
		objection = lease_store_objection(address);
	if (objection == NULL)
		objection = lease_store_try(address, SEGMENT_POOL);
	if (objection != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid address of a root"),
				errdetail("%s", objection));
}

/* ERROR unless there are addresses of few roots, none of which is null. */
static void
check_roots(ArrayType *array)
{
	SegmentRoots roots = {0};

	if (ARR_NDIM(array) > 1 || array_contains_nulls(array) || !read_addresses(array, &roots))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid roots of a segment"),
				errdetail("They must be at most %d addresses that are not null, of less than %d bytes in all.",
						  SEGMENT_MOST_ROOTS, SEGMENT_ADDRESSES_SIZE));
	for (int i = 0; i < roots.count; i++)
		check_address(segment_roots_address(&roots, i));
}

static void
check_superuser(const char *function)
{
	if (!superuser())
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied for function %s", function),
				errdetail("Only superusers name roots, as the server connects to them with its own identity."));
}

/* The counter that is meant if none is named: the sequence of that name. */
static Datum
default_counter(Oid sequence)
{
	return CStringGetTextDatum(quote_qualified_identifier(get_namespace_name(get_rel_namespace(sequence)),
														  get_rel_name(sequence)));
}

/* Replace the row of a sequence, or remove it if there are no roots. */
static void
write_row(Relation table, FunctionCallInfo fcinfo)
{
	Oid			sequence = PG_GETARG_OID(COLUMN_SEQUENCE);
	HeapTuple	old = segment_table_find_row(table, sequence);
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];
	bool		is_local = PG_ARGISNULL(COLUMN_ROOTS) || ARR_NDIM(PG_GETARG_ARRAYTYPE_P(COLUMN_ROOTS)) == 0;

	for (int i = 0; i < COLUMNS; i++)
	{
		nulls[i] = PG_ARGISNULL(i);
		values[i] = PG_GETARG_DATUM(i);
	}
	if (nulls[COLUMN_COUNTER])
		values[COLUMN_COUNTER] = default_counter(sequence);
	nulls[COLUMN_COUNTER] = false;
	if (is_local && old != NULL)
		CatalogTupleDelete(table, &old->t_self);
	if (is_local)
		return;
	segment_table_write_row(table, old, values, nulls);
}

static void
check_arguments(FunctionCallInfo fcinfo)
{
	segment_table_check_sequence(fcinfo);
	if (!PG_ARGISNULL(COLUMN_ROOTS))
		check_roots(PG_GETARG_ARRAYTYPE_P(COLUMN_ROOTS));
	if (!PG_ARGISNULL(COLUMN_COUNTER) && VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(COLUMN_COUNTER)) >= SEGMENT_COUNTER_SIZE)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("name of a counter must have less than %d bytes", SEGMENT_COUNTER_SIZE));
	if (!PG_ARGISNULL(COLUMN_SKIP) &&
		(PG_GETARG_INT64(COLUMN_SKIP) < 0 || PG_GETARG_INT64(COLUMN_SKIP) > SEGMENT_MOST_SKIPPED))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("skip must be between 0 and %lld", (long long) SEGMENT_MOST_SKIPPED),
				errdetail("The requested skip is %lld.", (long long) PG_GETARG_INT64(COLUMN_SKIP)));
}

/*
 * segment_set_roots(sequence regclass, roots text[], counter text, skip bigint)
 *
 * It waits for transactions that draw from the segment, as ALTER SEQUENCE does.
 * Errors: INSUFFICIENT_PRIVILEGE, WRONG_OBJECT_TYPE, INVALID_PARAMETER_VALUE.
 */
Datum
idgen_segment_set_roots(PG_FUNCTION_ARGS)
{
	Relation	table;

	segment_table_prevent_change("segment_set_roots()");
	check_superuser("segment_set_roots");
	check_arguments(fcinfo);
	LockRelationOid(PG_GETARG_OID(COLUMN_SEQUENCE), ShareRowExclusiveLock);
	table = segment_table_begin_change(SEGMENT_ROOTS_TABLE);
	write_row(table, fcinfo);
	segment_table_end_change(table, PG_GETARG_OID(COLUMN_SEQUENCE));
	PG_RETURN_VOID();
}

/* ---------------------------------------------------------------------- creating counters */

static bool
is_interrupted(void)
{
	CHECK_FOR_INTERRUPTS();
	return false;
}

/* Do an operation; ERROR unless it is applied or refused. */
static LeaseOutcome
must_do(LeaseStore *store, const LeaseOperation *operation)
{
	LeaseAnswer *answer = palloc(sizeof(LeaseAnswer));
	LeaseOutcome outcome = lease_store_do(store, operation, answer, is_interrupted);

	if (outcome != LEASE_APPLIED && outcome != LEASE_REFUSED)
		ereport(ERROR,
				errcode(ERRCODE_CONNECTION_FAILURE),
				errmsg("could not create the counter"),
				errdetail("%s: %s", lease_store_name(store), answer->error));
	return outcome;
}

static bool
create_counter(LeaseStore *store, const char *counter, int64 next)
{
	LeaseOperation prepare = {.kind = LEASE_PREPARE};
	LeaseOperation make = {.kind = LEASE_MAKE_COUNTER};
	CounterRecord record = {.next = next};
	char		str[COUNTER_RECORD_SIZE];

	lease_make_nonce(record.identity);
	counter_record_write(&record, str);
	make.counter = counter;
	make.counter_text = str;
	(void) must_do(store, &prepare);
	return must_do(store, &make) == LEASE_APPLIED;
}

/*
 * segment_create_counter(store text, counter text, next bigint)
 *
 * Creates a counter in a store of keys; false if it exists.  Errors:
 * INSUFFICIENT_PRIVILEGE, INVALID_PARAMETER_VALUE, CONNECTION_FAILURE.
 */
Datum
idgen_segment_create_counter(PG_FUNCTION_ARGS)
{
	char	   *address = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *counter = text_to_cstring(PG_GETARG_TEXT_PP(1));
	LeaseStore *store;
	volatile bool is_new = false;

	check_superuser("segment_create_counter");
	check_address(address);
	if (!counter_name_is_valid(counter))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid name of a counter: \"%s\"", counter),
				errdetail("It must be 1 to %d letters, digits, \"_\", \"-\" and \".\".", COUNTER_LONGEST_NAME));
	if (PG_GETARG_INT64(2) < 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("next number of a counter must be at least 1"));
	store = lease_store_open_at(address, SEGMENT_POOL, segment_secret_file, segment_root_timeout_ms);
	PG_TRY();
	{
		is_new = create_counter(store, counter, PG_GETARG_INT64(2));
	}
	PG_FINALLY();
	{
		lease_store_close(store);
	}
	PG_END_TRY();
	PG_RETURN_BOOL(is_new);
}
