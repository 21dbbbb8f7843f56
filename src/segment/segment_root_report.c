/*-------------------------------------------------------------------------
 *
 * segment_root_report.c
 *	  What is known of roots elsewhere: the view "segment_root_states".
 *
 * It has addresses of other servers, so it is shown to roles with the privileges
 * of pg_read_all_stats.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "engine/activity.h"
#include "engine/clock.h"
#include "segment/segment_memory.h"
#include "segment/segment_root_report.h"

PG_FUNCTION_INFO_V1(idgen_get_segment_roots);

/* Call visitor for each segment of this database that has asked a root elsewhere. */
void
segment_root_report_visit(SegmentSlotVisitor visitor, void *argument)
{
	int			capacity = segment_memory_capacity();
	SegmentSlot *slot = palloc(sizeof(SegmentSlot));

	for (int i = 0; i < capacity; i++)
	{
		SegmentEntry entry;
		SegmentPlace place = {.number = i};

		if (!segment_memory_copy(i, &entry) || entry.database != MyDatabaseId || entry.roots == 0)
			continue;
		place.generation = entry.generation;
		if (get_rel_name(entry.sequence) != NULL && segment_desk_copy(place, slot))
			visitor(slot, entry.sequence, argument);
	}
	pfree(slot);
}

/* A row for each root of a segment. */
static void
put_rows(const SegmentSlot *slot, Oid sequence, void *argument)
{
	ReturnSetInfo *result = argument;
	int64		now_ns = clock_monotonic_ns();

	for (int i = 0; i < slot->roots.count; i++)
	{
		const SegmentRootState *state = &slot->states[i];
		Datum		values[9];
		bool		nulls[9] = {false};

		values[0] = ObjectIdGetDatum(sequence);
		values[1] = Int32GetDatum(i + 1);
		values[2] = CStringGetTextDatum(segment_roots_address(&slot->roots, i));
		values[3] = CStringGetTextDatum(slot->roots.counter);
		values[4] = BoolGetDatum(slot->root == i && state->watch.is_known);
		values[5] = Int32GetDatum(state->breaker.failures);
		values[6] = BoolGetDatum(circuit_breaker_is_open(&state->breaker, now_ns));
		values[7] = Int64GetDatum(state->last);
		nulls[7] = !state->watch.is_known || state->last == PG_INT64_MIN;
		values[8] = CStringGetTextDatum(state->error);
		nulls[8] = state->error[0] == '\0';
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * idgen_get_segment_roots(OUT sequence regclass, OUT root integer,
 *						   OUT address text, OUT counter text,
 *						   OUT is_used boolean, OUT failures integer,
 *						   OUT is_open boolean, OUT last_taken bigint,
 *						   OUT last_error text)
 */
Datum
idgen_get_segment_roots(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	if (activity_all_is_visible())
		segment_root_report_visit(put_rows, fcinfo->resultinfo);
	return (Datum) 0;
}
