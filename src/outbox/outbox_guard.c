/*-------------------------------------------------------------------------
 *
 * outbox_guard.c
 *	  A trigger function that refuses IDs which a horizon may have passed.
 *
 * A reader that stops at the horizon misses no row whose ID was drawn in the
 * transaction that inserts the row.  It may have passed an ID that was drawn
 * before, in another session or on another server, or that was written by hand.  So
 * an ID is refused unless the inserting transaction holds it: see hold.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "engine/horizon.h"
#include "generator/generator.h"
#include "generator/named_generator.h"
#include "ulid/ulid_sequential.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_sequential.h"

PG_FUNCTION_INFO_V1(idgen_outbox_guard);

#define CALLER "idgen_outbox_guard()"

/* The kinds of columns with IDs. */
typedef enum GuardedKind
{
	GUARDED_NONE,
	GUARDED_SNOWFLAKE,
	GUARDED_UUID,
	GUARDED_ULID,
} GuardedKind;

/* What a trigger guards; found out at its first row of a statement. */
typedef struct Guarded
{
	int			column;
	GuardedKind kind;
	const char *generator;		/* NULL: the server's own IDs */
} Guarded;

/*
 * Which kind of IDs has a type?  Our types may be in any schema; one of another
 * owner with the same name and size has no IDs that the transaction holds.
 */
static GuardedKind
get_kind(Oid type)
{
	HeapTuple	tuple;
	Form_pg_type form;
	GuardedKind kind = GUARDED_NONE;

	type = getBaseType(type);
	if (type == INT8OID)
		return GUARDED_SNOWFLAKE;
	if (type == UUIDOID)
		return GUARDED_UUID;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (!HeapTupleIsValid(tuple))
		return GUARDED_NONE;
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (form->typlen == sizeof(int64) && strcmp(NameStr(form->typname), "snowflake") == 0)
		kind = GUARDED_SNOWFLAKE;
	else if (form->typlen == UUID_BYTES && strcmp(NameStr(form->typname), "ulid") == 0)
		kind = GUARDED_ULID;
	ReleaseSysCache(tuple);
	return kind;
}

static void
check_trigger(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("%s must be called as a trigger FOR EACH ROW, on INSERT or UPDATE", CALLER));
	if (trigger->tg_trigger->tgnargs < 1 || trigger->tg_trigger->tgnargs > 2)
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("%s takes the name of a column, and optionally that of a generator", CALLER));
}

/* What the trigger's arguments say.  ERROR if they name no column with IDs. */
static Guarded *
read_arguments(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	char	  **arguments = trigger->tg_trigger->tgargs;
	TupleDesc	columns = RelationGetDescr(trigger->tg_relation);
	Guarded    *guarded = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Guarded));

	guarded->column = SPI_fnumber(columns, arguments[0]);
	if (guarded->column <= 0)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_COLUMN),
				errmsg("column \"%s\" of relation \"%s\" does not exist", arguments[0],
					   RelationGetRelationName(trigger->tg_relation)));
	guarded->kind = get_kind(SPI_gettypeid(columns, guarded->column));
	if (guarded->kind == GUARDED_NONE)
		ereport(ERROR,
				errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("%s cannot guard column \"%s\"", CALLER, arguments[0]),
				errdetail("Its type is neither bigint, snowflake, uuid nor ulid."));
	if (trigger->tg_trigger->tgnargs > 1)
		guarded->generator = MemoryContextStrdup(fcinfo->flinfo->fn_mcxt, arguments[1]);
	return guarded;
}

static bool
is_own_snowflake(const Guarded *guarded, int64 id)
{
	Generator  *generator;

	generator = guarded->generator == NULL ? generator_get_server(CALLER) :
		named_generator_get(named_generator_find(guarded->generator), CALLER);
	return horizon_is_own(&generator->source, (uint64) id);
}

/* The same order as of the bytes. */
static int
compare_bits(UuidBits one, UuidBits other)
{
	if (one.high != other.high)
		return one.high < other.high ? -1 : 1;
	return one.low == other.low ? 0 : one.low < other.low ? -1 : 1;
}

static bool
is_own_uuid(const Guarded *guarded, UuidBits id)
{
	UuidBits	(*make) (UniqueTime moment, uint64 random) = guarded->kind == GUARDED_UUID ? uuid_sequential : ulid_sequential;
	UniqueTime	from;
	UniqueTime	until;

	return unique_time_find_own(&from, &until) &&
		compare_bits(id, make(from, 0)) >= 0 && compare_bits(id, make(until, 0)) < 0;
}

/* ERROR CHECK_VIOLATION, or NOT_NULL_VIOLATION, for the ID of a row. */
static void
report_foreign_id(const TriggerData *trigger, const Guarded *guarded)
{
	TupleDesc	columns = RelationGetDescr(trigger->tg_relation);
	HeapTuple	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	char	   *id = SPI_getvalue(row, columns, guarded->column);

	if (id == NULL)
		ereport(ERROR,
				errcode(ERRCODE_NOT_NULL_VIOLATION),
				errmsg("ID in column \"%s\" must not be null", SPI_fname(columns, guarded->column)),
				errdetail("No reader of the outbox would get the row."));
	ereport(ERROR,
			errcode(ERRCODE_CHECK_VIOLATION),
			errmsg("ID %s in column \"%s\" was not generated in this transaction",
				   id, SPI_fname(columns, guarded->column)),
			errdetail("Readers that stop at the horizon may have passed it, and would miss the row."),
			guarded->kind == GUARDED_SNOWFLAKE ?
			errhint("Let the column's default generate the ID, or call snowflake_nextval() in the transaction that inserts the row.") :
			guarded->kind == GUARDED_UUID ?
			errhint("Let the column's default generate the ID by uuidv7_sequential(), or call that in the transaction that inserts the row.") :
			errhint("Let the column's default generate the ID by ulid_sequential(), or call that in the transaction that inserts the row."));
}

/* Does an UPDATE leave the ID of the row as it was? */
static bool
is_unchanged(const TriggerData *trigger, const Guarded *guarded, Datum id, bool is_null)
{
	bool		was_null;
	Datum		old;

	if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		return false;
	old = heap_getattr(trigger->tg_trigtuple, guarded->column, RelationGetDescr(trigger->tg_relation), &was_null);
	if (was_null || is_null)
		return was_null && is_null;
	return datumIsEqual(old, id, guarded->kind == GUARDED_SNOWFLAKE, guarded->kind == GUARDED_SNOWFLAKE ? sizeof(int64) : UUID_BYTES);
}

/*
 * idgen_outbox_guard()
 *
 * Errors: CHECK_VIOLATION, NOT_NULL_VIOLATION; those of the generator.
 */
Datum
idgen_outbox_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Guarded    *guarded = fcinfo->flinfo->fn_extra;
	HeapTuple	row;
	Datum		id;
	bool		is_null;
	bool		is_own;

	check_trigger(fcinfo);
	if (guarded == NULL)
		guarded = fcinfo->flinfo->fn_extra = read_arguments(fcinfo);
	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	id = heap_getattr(row, guarded->column, RelationGetDescr(trigger->tg_relation), &is_null);
	is_own = is_unchanged(trigger, guarded, id, is_null) ||
		(!is_null && (guarded->kind == GUARDED_SNOWFLAKE ? is_own_snowflake(guarded, DatumGetInt64(id)) :
					  is_own_uuid(guarded, uuid_from_datum(id))));
	if (!is_own)
		report_foreign_id(trigger, guarded);
	return PointerGetDatum(row);
}
