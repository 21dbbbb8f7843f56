/*-------------------------------------------------------------------------
 *
 * stats.c
 *	  What idgen_slots, idgen_timelines and idgen_status() show of the shared area.
 *
 * They need no slot, and work on a standby, too; if the area does not exist
 * yet, they create it.  The counters of a slot are read one by one, so they
 * may differ by a few IDs, and the backend may just have exited; the totals
 * are exact. activity.h says to whom the activity of other roles is shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "bits/layout_text.h"
#include "engine/activity.h"
#include "engine/id_space.h"
#include "engine/reference_clock.h"
#include "engine/shmem.h"
#include "generator/generator.h"
#include "generator/server_layout.h"
#include "outbox/horizon_holders.h"

PG_FUNCTION_INFO_V1(idgen_get_slots);
PG_FUNCTION_INFO_V1(idgen_get_timelines);
PG_FUNCTION_INFO_V1(idgen_status);

/* A copy of a slot. */
typedef struct SlotSnapshot
{
	int32		pid;			/* 0 when free */
	Oid			role;
	IssueCounts counts;
	uint64		last_id_us;
} SlotSnapshot;

/*
 * Under the lock, so that the values are not those of the slot's next owner.
 */
static SlotSnapshot
read_slot(SharedArea *area, BackendSlot *slot)
{
	SlotSnapshot seen;

	LWLockAcquire(&area->lock, LW_SHARED);
	seen.pid = slot->pid;
	seen.role = slot->role;
	seen.counts.ids_issued = pg_atomic_read_u64(&slot->ids_issued);
	seen.last_id_us = pg_atomic_read_u64(&slot->last_id_us);
	seen.counts.chunks_taken = pg_atomic_read_u64(&slot->chunks_taken);
	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		seen.counts.waits[cause] = pg_atomic_read_u32(&slot->waits[cause]);
	seen.counts.waited_us = pg_atomic_read_u64(&slot->waited_us);
	LWLockRelease(&area->lock);
	return seen;
}

static uint64
sum_waits(const IssueCounts *counts)
{
	uint64		waits = 0;

	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		waits += counts->waits[cause];
	return waits;
}

static void
add_slot_row(ReturnSetInfo *result, const SlotSnapshot *slot)
{
	Datum		values[6];
	bool		nulls[6] = {false};

	values[0] = Int32GetDatum(slot->pid);
	values[1] = Int64GetDatum(slot->counts.ids_issued);
	values[2] = Int64GetDatum(slot->counts.chunks_taken);
	values[3] = Int64GetDatum(sum_waits(&slot->counts));
	values[4] = clock_interval(slot->counts.waited_us);
	nulls[5] = slot->last_id_us == 0;
	values[5] = TimestampTzGetDatum(clock_timestamptz(slot->last_id_us));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * idgen_get_slots(OUT pid integer, OUT ids_issued bigint,
 *				   OUT chunks_taken bigint, OUT waits bigint,
 *				   OUT time_waited interval, OUT snowflake_last_id_at timestamptz)
 */
Datum
idgen_get_slots(PG_FUNCTION_ARGS)
{
	SharedArea *area = shmem_area();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < area->slot_count; i++)
	{
		SlotSnapshot slot = read_slot(area, &area->slots[i].slot);

		/*
		 * No row, and not a row of NULLs: its appearance would reveal when
		 * the first ID was issued.
		 */
		if (slot.pid != 0 && activity_role_is_visible(slot.role))
			add_slot_row((ReturnSetInfo *) fcinfo->resultinfo, &slot);
	}
	return (Datum) 0;
}

/*
 * Two columns: the time of the timeline, and how far it is ahead of the clock.
 * NULL if that is not known yet, or must not be shown.
 */
static void
set_timeline_columns(Timeline *timeline, const SnowflakeLayout *layout, Datum *values, bool *nulls)
{
	int64		timeline_us = timeline == NULL ? 0 : shmem_timeline_us(shmem_area(), timeline, layout);

	nulls[0] = nulls[1] = timeline_us == 0 || !activity_all_is_visible();
	if (nulls[0])
		return;
	values[0] = TimestampTzGetDatum(clock_timestamptz(timeline_us));
	values[1] = clock_interval(Max(timeline_us - clock_unix_ns() / NS_PER_US, 0));
}

/*
 * Seven columns: what was issued, and how often calls had to wait.  PostgreSQL
 * shows its own counters to all roles, but those are up to a second late.
 */
static void
set_count_columns(Datum *values, bool *nulls)
{
	IssueCounts counts = shmem_total_counts();

	memset(nulls, !activity_all_is_visible(), 7 * sizeof(bool));
	values[0] = Int64GetDatum(counts.ids_issued);
	values[1] = Int64GetDatum(counts.chunks_taken);
	values[2] = Int64GetDatum(counts.waits[WAIT_SEQUENCE]);
	values[3] = Int64GetDatum(counts.waits[WAIT_DRIFT]);
	values[4] = Int64GetDatum(counts.waits[WAIT_RESERVATION]);
	values[5] = Int64GetDatum(counts.waits[WAIT_LEASE]);
	values[6] = clock_interval(counts.waited_us);
}

/* A field of a node, or NULL if the layout has none. */
static void
set_field_column(const SnowflakeLayout *layout, LayoutField field, uint64 node_bits, Datum *value, bool *null)
{
	*null = !layout_has(layout, field);
	*value = Int64GetDatum(layout_get(layout, field, node_bits));
}

/*
 * A row for a timeline; one that several nodes share is shown without a node.
 */
static void
add_timeline_row(ReturnSetInfo *result, Timeline *timeline, bool is_server,
				 const SnowflakeLayout *layout, uint64 node_bits)
{
	Datum		values[8];
	bool		nulls[8] = {false};

	values[0] = BoolGetDatum(is_server);
	values[1] = PointerGetDatum(layout);
	set_field_column(layout, LAYOUT_DATACENTER, node_bits, &values[2], &nulls[2]);
	set_field_column(layout, LAYOUT_WORKER, node_bits, &values[3], &nulls[3]);
	set_field_column(layout, LAYOUT_SHARD, node_bits, &values[4], &nulls[4]);
	set_field_column(layout, LAYOUT_SLAB, node_bits, &values[5], &nulls[5]);
	if (timeline != NULL && id_space_is_shared(timeline))
		nulls[2] = nulls[3] = nulls[4] = nulls[5] = true;
	set_timeline_columns(timeline, layout, &values[6], &nulls[6]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * idgen_get_timelines(OUT is_server boolean, OUT layout snowflake_layout,
 *					   OUT datacenter_id bigint, OUT worker_id bigint,
 *					   OUT shard_id bigint, OUT slab_id bigint,
 *					   OUT timeline_at timestamptz, OUT ahead_of_clock interval)
 */
Datum
idgen_get_timelines(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SharedArea *area = shmem_area();
	const SnowflakeLayout *layout = server_layout_if_valid();
	Timeline   *of_server = generator_server_timeline();
	int			count = id_space_count();
	uint64		node_bits;

	InitMaterializedSRF(fcinfo, 0);
	if (layout != NULL && generator_find_server_node_bits(layout, &node_bits))
		add_timeline_row(result, of_server, true, layout, node_bits);

	/*
	 * The appearance of other timelines would reveal when their first ID was
	 * issued.
	 */
	if (!activity_all_is_visible())
		return (Datum) 0;
	if (shmem_is_used(area, pg_atomic_read_u64(&area->unique_times.next)))
		add_timeline_row(result, &area->unique_times, false, &layout_unique_times, 0);
	if (shmem_is_used(area, pg_atomic_read_u64(&area->hlc.next)))
		add_timeline_row(result, &area->hlc, false, &layout_hlc, 0);

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_needed_by_number(i);

		if (timeline != NULL && timeline != of_server && !id_space_is_record(timeline))
			add_timeline_row(result, timeline, false, &timeline->layout, timeline->node_bits);
	}
	return (Datum) 0;
}

/* Three columns: how far the reference clock is ahead of the system clock, since when, and for how long. */
static void
set_lead_columns(Datum *values, bool *nulls)
{
	ReferenceLead lead = reference_clock_lead();

	values[0] = clock_interval(lead.lead_us);
	nulls[1] = nulls[2] = lead.lead_us == 0;
	if (nulls[1])
		return;
	values[1] = TimestampTzGetDatum(clock_timestamptz(lead.since_us));
	values[2] = clock_interval(lead.left_us);
}

/* How long the oldest transaction has been open that holds back a horizon. */
static void
set_horizon_column(Datum *value, bool *null)
{
	TimestampTz since;

	*null = !activity_all_is_visible() || !horizon_held_since(&since);
	if (!*null)
		*value = clock_interval(Max(GetCurrentTimestamp() - since, 0));
}

/*
 * idgen_status(OUT datacenter_id integer, OUT worker_id integer,
 *				OUT layout text, OUT timeline_at timestamptz,
 *				OUT ahead_of_clock interval, OUT reserved_until timestamptz,
 *				OUT preloaded boolean,
 *				OUT ids_issued bigint, OUT chunks_taken bigint,
 *				OUT sequence_waits bigint, OUT drift_waits bigint,
 *				OUT reservation_waits bigint, OUT lease_waits bigint,
 *				OUT time_waited interval,
 *				OUT reservations bigint, OUT time_reserving interval,
 *				OUT regressions bigint, OUT largest_regression interval,
 *				OUT lead interval, OUT lead_since timestamptz,
 *				OUT lead_time_left interval, OUT horizon_lag interval)
 */
Datum
idgen_status(PG_FUNCTION_ARGS)
{
	SharedArea *area = shmem_area();
	uint64		reserved_us = pg_atomic_read_u64(&area->limits.reserved_us);
	const SnowflakeLayout *layout = server_layout_if_valid();
	char		layout_text[LAYOUT_TEXT_SIZE];
	Datum		values[22];
	bool		nulls[22] = {false};
	TupleDesc	row_type;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	nulls[0] = !setting_is_valid(&generator_datacenter);
	values[0] = Int32GetDatum(generator_datacenter.value);
	nulls[1] = server_worker() == SETTING_INVALID;
	values[1] = Int32GetDatum(server_worker());
	nulls[2] = layout == NULL;
	if (layout != NULL)
	{
		layout_write(layout, layout_text, sizeof(layout_text));
		values[2] = CStringGetTextDatum(layout_text);
	}
	set_timeline_columns(generator_server_timeline(), layout, &values[3], &nulls[3]);

	/*
	 * The reservation is extended when an ID is issued, starting from its
	 * time.
	 */
	nulls[5] = reserved_us == 0 || !activity_all_is_visible();
	values[5] = TimestampTzGetDatum(clock_timestamptz(reserved_us));
	values[6] = BoolGetDatum(area->preloaded);
	set_count_columns(&values[7], &nulls[7]);
	nulls[14] = nulls[15] = !activity_all_is_visible();
	values[14] = Int64GetDatum(pg_atomic_read_u64(&area->reservation.count));
	values[15] = clock_interval(pg_atomic_read_u64(&area->reservation.spent_us));
	values[16] = Int64GetDatum(pg_atomic_read_u64(&area->regressions));
	values[17] = clock_interval(pg_atomic_read_u64(&area->largest_regression_ns) / NS_PER_US);
	set_lead_columns(&values[18], &nulls[18]);
	set_horizon_column(&values[21], &nulls[21]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}
