/*-------------------------------------------------------------------------
 *
 * id_series.c
 *	  SQL functions that return a reproducible series of IDs, for tests, fixtures and
 *	  demonstrations.
 *
 * A series has the times start, start + step, start + 2 * step and so on.  If several of
 * them are in one tick, it continues within the tick as a generator does, and in the next
 * tick if this one is full.  So every series increases.  Random bits come from a seed.
 *
 * Steps are added in UTC, so that months and days do not depend on TimeZone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "bits/seeded_random.h"
#include "bits/ulid_bits.h"
#include "engine/clock.h"
#include "generator/layout_convert.h"
#include "generator/server_layout.h"
#include "snowflake/snowflake_layout.h"
#include "snowflake/snowflake_make.h"
#include "snowflake/snowflake_time.h"
#include "ulid/ulid_type.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_time.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_series);
PG_FUNCTION_INFO_V1(idgen_snowflake_series_of_node);
PG_FUNCTION_INFO_V1(idgen_uuidv4_series);
PG_FUNCTION_INFO_V1(idgen_uuidv7_series);
PG_FUNCTION_INFO_V1(idgen_ulid_series);

/* Random bits in the step from one ID to the next of its tick, as in uuid.c and ulid.c. */
#define UUID_STEP_BITS 48
#define ULID_STEP_BITS 56

typedef struct Series
{
	TimestampTz start;
	Interval	step;
	uint64		random;			/* state of seeded_word() */

	/* for Snowflakes */
	SnowflakeLayout layout;
	uint64		node_bits;
	uint64		position;		/* the next ID has at least this one */

	/* for other kinds, of the last ID; before the first one, earlier than any */
	int64		fraction;		/* version 7: fractions of a millisecond since
								 * 1970 */
	uint64		tail;
	int64		ms;				/* ULID */
	UuidBits	ulid;
} Series;

static void
check_series_count(int32 count)
{
	if (count < 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("count must not be negative"),
				errdetail("The requested count is %d.", count));
}

static void
check_series_step(Interval *step)
{
	Interval	zero = {0};

	if (DatumGetBool(DirectFunctionCall2(interval_lt, IntervalPGetDatum(step), IntervalPGetDatum(&zero))))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("step must not be negative"),
				errdetail("The IDs of a series increase."));
}

static Series *
begin_series(FunctionCallInfo fcinfo, int32 count)
{
	FuncCallContext *context = SRF_FIRSTCALL_INIT();
	Series	   *series = MemoryContextAllocZero(context->multi_call_memory_ctx, sizeof(Series));

	check_series_count(count);
	context->max_calls = count;
	context->user_fctx = series;
	series->fraction = series->ms = -1;
	return series;
}

/* For functions with the first arguments start timestamptz, count integer, step interval. */
static Series *
begin_timed_series(FunctionCallInfo fcinfo)
{
	Series	   *series = begin_series(fcinfo, PG_GETARG_INT32(1));

	series->start = PG_GETARG_TIMESTAMPTZ(0);
	series->step = *PG_GETARG_INTERVAL_P(2);
	check_series_step(&series->step);
	return series;
}

/* start + n * step.  ERROR DATETIME_VALUE_OUT_OF_RANGE if that is out of range. */
static TimestampTz
get_series_time(const Series *series, int32 n)
{
	Interval	span;

	if (pg_mul_s32_overflow(series->step.month, n, &span.month) ||
		pg_mul_s32_overflow(series->step.day, n, &span.day) ||
		pg_mul_s64_overflow(series->step.time, n, &span.time))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("interval out of range"));
	/* The addition to a timestamp without time zone is in UTC. */
	return DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval,
												 TimestampGetDatum(series->start),
												 IntervalPGetDatum(&span)));
}

static Datum
next_snowflake(Series *series, int32 n)
{
	const SnowflakeLayout *layout = &series->layout;
	int64		tick = snowflake_tick_at(layout, get_series_time(series, n));
	uint64		position = Max(layout_tick_position(layout, tick), series->position);

	if (position >= layout_end(layout))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("series goes past the end of layout \"%s\"", layout_to_text(layout)),
				errdetail("The sequence of the last tick is used up."));
	series->position = position + 1;
	return Int64GetDatum(layout_compose(layout, position, series->node_bits));
}

static Datum
next_uuidv4(Series *series, int32 n)
{
	UuidBits	bits;

	bits.high = seeded_word(&series->random);
	bits.low = seeded_word(&series->random);
	return uuid_datum(uuid_stamp(bits, 4));
}

/* ms since 1970 (0 .. UUID_END_MS - 1) of a fraction.  ERROR DATETIME_VALUE_OUT_OF_RANGE if it is later. */
static int64
fraction_to_ms(int64 fraction)
{
	int64		ms = fraction / UUID_FRACTIONS;

	return timestamptz_to_uuid_us(clock_timestamptz(ms * US_PER_MS), false, "UUID version 7") / US_PER_MS;
}

static Datum
next_uuidv7(Series *series, int32 n)
{
	int64		unix_us = timestamptz_to_uuid_us(get_series_time(series, n), false, "UUID version 7");
	int64		fraction = unix_us / US_PER_MS * UUID_FRACTIONS +
		(unix_us % US_PER_MS * UUID_FRACTIONS + US_PER_MS - 1) / US_PER_MS;
	uint64		word = seeded_word(&series->random);

	series->tail += 1 + (word >> (64 - UUID_STEP_BITS));
	if (fraction > series->fraction || series->tail >> UUID_TAIL_BITS != 0)
	{
		series->fraction = Max(fraction, series->fraction + 1);
		series->tail = word >> (64 - UUID_TAIL_BITS);
	}
	return uuid_datum(uuid_make_v7(fraction_to_ms(series->fraction), series->fraction % UUID_FRACTIONS, series->tail));
}

static Datum
next_ulid(Series *series, int32 n)
{
	int64		ms = timestamptz_to_ulid_ms(get_series_time(series, n));
	uint64		word = seeded_word(&series->random);

	if (ms > series->ms || !ulid_add(&series->ulid, 1 + (word >> (64 - ULID_STEP_BITS))))
	{
		series->ms = timestamptz_to_ulid_ms(clock_timestamptz(Max(ms, series->ms + 1) * US_PER_MS));
		series->ulid.high = (uint64) series->ms << 16 | seeded_word(&series->random) >> 48;
		series->ulid.low = word;
	}
	return uuid_datum(series->ulid);
}

/* Return the next ID of a set-returning function. */
static Datum
next_in_series(FunctionCallInfo fcinfo, Datum (*next_id) (Series *series, int32 n))
{
	FuncCallContext *context = SRF_PERCALL_SETUP();
	Datum		id;

	if (context->call_cntr >= context->max_calls)
		SRF_RETURN_DONE(context);
	id = next_id(context->user_fctx, context->call_cntr);
	SRF_RETURN_NEXT(context, id);
}

/* snowflake_series(start timestamptz, count integer, step interval [, layout snowflake_layout]) */
Datum
idgen_snowflake_series(PG_FUNCTION_ARGS)
{
	if (SRF_IS_FIRSTCALL())
	{
		Series	   *series = begin_timed_series(fcinfo);

		series->layout = PG_NARGS() > 3 ? *PG_GETARG_LAYOUT_P(3) : *server_layout();
	}
	return next_in_series(fcinfo, next_snowflake);
}

/*
 * snowflake_series(start timestamptz, count integer, step interval, worker_id integer,
 *					datacenter_id integer, layout snowflake_layout)
 */
Datum
idgen_snowflake_series_of_node(PG_FUNCTION_ARGS)
{
	if (SRF_IS_FIRSTCALL())
	{
		Series	   *series = begin_timed_series(fcinfo);

		series->layout = *PG_GETARG_LAYOUT_P(5);
		series->node_bits = snowflake_field_bits(&series->layout, LAYOUT_WORKER, PG_GETARG_INT32(3)) |
			snowflake_field_bits(&series->layout, LAYOUT_DATACENTER, PG_GETARG_INT32(4));
	}
	return next_in_series(fcinfo, next_snowflake);
}

/* uuidv4_series(count integer, seed bigint) */
Datum
idgen_uuidv4_series(PG_FUNCTION_ARGS)
{
	if (SRF_IS_FIRSTCALL())
		begin_series(fcinfo, PG_GETARG_INT32(0))->random = PG_GETARG_INT64(1);
	return next_in_series(fcinfo, next_uuidv4);
}

/* uuidv7_series(start timestamptz, count integer, step interval, seed bigint) */
Datum
idgen_uuidv7_series(PG_FUNCTION_ARGS)
{
	if (SRF_IS_FIRSTCALL())
		begin_timed_series(fcinfo)->random = PG_GETARG_INT64(3);
	return next_in_series(fcinfo, next_uuidv7);
}

/* ulid_series(start timestamptz, count integer, step interval, seed bigint) */
Datum
idgen_ulid_series(PG_FUNCTION_ARGS)
{
	if (SRF_IS_FIRSTCALL())
		begin_timed_series(fcinfo)->random = PG_GETARG_INT64(3);
	return next_in_series(fcinfo, next_ulid);
}
