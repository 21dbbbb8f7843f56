/*-------------------------------------------------------------------------
 *
 * hlc.c
 *	  SQL functions of the hybrid logical clock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "base/number_type.h"
#include "engine/clock.h"
#include "engine/shmem.h"
#include "hlc/hlc_clock.h"

PG_FUNCTION_INFO_V1(idgen_hlc_now);
PG_FUNCTION_INFO_V1(idgen_hlc_update);
PG_FUNCTION_INFO_V1(idgen_hlc_status);

/* hlc_now() */
Datum
idgen_hlc_now(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(hlc_clock_now("hlc_now()"));
}

/* hlc_update(remote hlc); a bigint that was cast to it may be negative */
Datum
idgen_hlc_update(PG_FUNCTION_ARGS)
{
	int64		remote = DatumGetInt64(number_type_datum(PG_GETARG_INT64(0), "hlc"));

	PG_RETURN_INT64(hlc_clock_update(remote, "hlc_update()"));
}

/* hlc_status(OUT last hlc, OUT ahead_of_clock interval, OUT max_offset interval, OUT refused bigint) */
Datum
idgen_hlc_status(PG_FUNCTION_ARGS)
{
	SharedArea *area = shmem_area();
	uint64		next = pg_atomic_read_u64(&area->hlc.next);
	bool		is_used = shmem_is_used(area, next);
	Datum		values[4];
	bool		nulls[4] = {!is_used, !is_used, false, false};
	TupleDesc	row_type;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (is_used)
	{
		int64		last_us = layout_tick_start_us(&layout_hlc, layout_position_tick(&layout_hlc, next - 1));

		values[0] = Int64GetDatum((int64) next - 1);
		values[1] = clock_interval(Max(0, last_us - clock_unix_ns() / NS_PER_US));
	}
	values[2] = clock_interval(hlc_clock_max_offset_ms() * US_PER_MS);
	values[3] = Int64GetDatum(pg_atomic_read_u64(&area->hlc_refused));
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}
