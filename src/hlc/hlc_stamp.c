/*-------------------------------------------------------------------------
 *
 * hlc_stamp.c
 *	  A trigger that stamps rows with the hybrid logical clock.
 *
 * A row whose column is not set, or not changed, is stamped, above the stamp that it
 * had.  A stamp that was set is kept if it is above that.  If it is below, the row was
 * written later, so it stays as it is: the last writer wins, in whichever order
 * changes arrive.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "parser/parse_coerce.h"
#include "utils/rel.h"

#include "hlc/hlc_clock.h"

PG_FUNCTION_INFO_V1(idgen_hlc_stamp);

#define FUNCTION "hlc_stamp()"

/* A stamp in a row; NULL is below all others. */
typedef struct Stamp
{
	bool		is_null;
	int64		hlc;
} Stamp;

static void
check_trigger(FunctionCallInfo fcinfo)
{
	const TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("%s must be called by a trigger before INSERT or UPDATE, for each row", FUNCTION));
	if (trigger->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%s must be given the name of a column", FUNCTION));
}

/* The number of the column that a trigger names.  ERROR unless it is of type hlc, or stored like it. */
static int
get_column(const TriggerData *trigger)
{
	const char *name = trigger->tg_trigger->tgargs[0];
	TupleDesc	columns = RelationGetDescr(trigger->tg_relation);
	int			column = SPI_fnumber(columns, name);

	if (column <= 0 || !IsBinaryCoercible(SPI_gettypeid(columns, column), INT8OID))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_COLUMN),
				errmsg("table \"%s\" has no column \"%s\" of type %s", RelationGetRelationName(trigger->tg_relation), name, "hlc"));
	return column;
}

static Stamp
read_stamp(HeapTuple row, TupleDesc columns, int column)
{
	Stamp		stamp;
	Datum		value = heap_getattr(row, column, columns, &stamp.is_null);

	stamp.hlc = stamp.is_null ? -1 : DatumGetInt64(value);
	return stamp;
}

static HeapTuple
put_stamp(HeapTuple row, TupleDesc columns, int column, int64 hlc)
{
	Datum		value = Int64GetDatum(hlc);
	bool		is_null = false;

	return heap_modify_tuple_by_cols(row, columns, 1, &column, &value, &is_null);
}

/* hlc_stamp(column): a trigger.  Errors: also those of hlc_clock_update(). */
Datum
idgen_hlc_stamp(PG_FUNCTION_ARGS)
{
	const TriggerData *trigger = (TriggerData *) fcinfo->context;
	bool		is_update;
	HeapTuple	row;
	TupleDesc	columns;
	int			column;
	Stamp		before = {true, -1};
	Stamp		after;

	check_trigger(fcinfo);
	is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	row = is_update ? trigger->tg_newtuple : trigger->tg_trigtuple;
	columns = RelationGetDescr(trigger->tg_relation);
	column = get_column(trigger);
	if (is_update)
		before = read_stamp(trigger->tg_trigtuple, columns, column);
	after = read_stamp(row, columns, column);

	if (after.is_null || after.hlc == before.hlc)
	{
		int64		stamp = before.is_null ? hlc_clock_now(FUNCTION) : hlc_clock_update(before.hlc, FUNCTION);

		return PointerGetDatum(put_stamp(row, columns, column, stamp));
	}
	return PointerGetDatum(after.hlc > before.hlc ? row : NULL);
}
