/*-------------------------------------------------------------------------
 *
 * segment_report.c
 *	  What the view "segments" shows of shared memory.
 *
 * Numbers that a segment is about to issue can be guessed from it, so it is shown to
 * roles that may read or use the sequence, and to those with the privileges of
 * pg_read_all_stats.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "engine/activity.h"
#include "segment/segment_range.h"
#include "segment/segment_report.h"

PG_FUNCTION_INFO_V1(idgen_get_segments);

/* May the current user see numbers of a sequence, which exists? */
static bool
is_visible(Oid sequence)
{
	return get_rel_name(sequence) != NULL &&
		(activity_all_is_visible() ||
		 pg_class_aclcheck(sequence, GetUserId(), ACL_SELECT | ACL_USAGE | ACL_UPDATE) == ACLCHECK_OK);
}

/* Numbers that are issued in a second, now if that can be told, or else before the last refill. */
double
segment_report_rate(const SegmentEntry *entry)
{
	int64		since_ns = clock_monotonic_ns() - entry->refilled_at;

	if (entry->refilled_at == 0)
		return 0;
	if (since_ns < NS_PER_S)
		return entry->rate;
	return (double) segment_memory_issued_since(entry) * NS_PER_S / since_ns;
}

static void
set_range(SegmentRange range, int64 increment, Datum *value, bool *null)
{
	*null = range.count == 0;
	if (!*null)
		*value = segment_range_datum(range, increment);
}

/* The chunk as it was taken, with what has been issued of it. */
static SegmentRange
whole_chunk(const SegmentEntry *entry)
{
	SegmentRange range = {.first = entry->chunk_first};

	if (entry->left > 0)
		range.count = ((uint64) entry->next - (uint64) entry->chunk_first) / (uint64) entry->increment + entry->left;
	return range;
}

static void
set_counts(const SegmentCounts *counts, Datum *values)
{
	values[0] = Int64GetDatum(counts->taken);
	values[1] = Int64GetDatum(counts->issued);
	values[2] = Int64GetDatum(counts->wasted);
	values[3] = Int64GetDatum(counts->returned);
	values[4] = Int64GetDatum(counts->refills);
	values[5] = Int64GetDatum(counts->waits);
}

static void
put_row(ReturnSetInfo *result, const SegmentEntry *entry)
{
	Datum		values[15];
	bool		nulls[15] = {false};
	double		rate = segment_report_rate(entry);
	SegmentSequence sequence = {
		.oid = entry->sequence,
		.options = segment_options_read(entry->sequence),
	};

	values[0] = ObjectIdGetDatum(entry->sequence);
	values[1] = CStringGetTextDatum(segment_root_of(&sequence)->name);
	set_range(whole_chunk(entry), entry->increment, &values[2], &nulls[2]);
	nulls[3] = entry->left == 0;
	values[3] = Int64GetDatum(entry->next);
	set_range(entry->reserve, entry->increment, &values[4], &nulls[4]);
	values[5] = Int64GetDatum(entry->step);
	values[6] = Float8GetDatum(rate);
	set_counts(&entry->counts, &values[7]);
	nulls[13] = rate == 0;
	values[13] = Float8GetDatum(rate == 0 ? 0 : (entry->left + entry->reserve.count) / rate);
	nulls[14] = entry->last_error[0] == '\0';
	values[14] = CStringGetTextDatum(entry->last_error);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * idgen_get_segments(OUT sequence regclass, OUT root text, OUT chunk int8range,
 *					  OUT next bigint, OUT reserve int8range, OUT step bigint,
 *					  OUT rate float8, OUT taken bigint, OUT issued bigint,
 *					  OUT wasted bigint, OUT returned bigint, OUT refills bigint,
 *					  OUT waits bigint, OUT runway float8, OUT last_error text)
 */
Datum
idgen_get_segments(PG_FUNCTION_ARGS)
{
	int			capacity = segment_memory_capacity();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < capacity; i++)
	{
		SegmentEntry entry;

		if (segment_memory_copy(i, &entry) && entry.database == MyDatabaseId && is_visible(entry.sequence))
			put_row((ReturnSetInfo *) fcinfo->resultinfo, &entry);
	}
	return (Datum) 0;
}
