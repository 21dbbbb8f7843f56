/*-------------------------------------------------------------------------
 *
 * check_segments.c
 *	  Can segments of this database go on, for how long, and as they should?
 *
 * Segments are sequences that have options, or that have been used since the
 * server started.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "admin/check_finding.h"
#include "admin/check_segments.h"
#include "base/dependents.h"
#include "engine/activity.h"
#include "segment/segment_answer.h"
#include "segment/segment_report.h"
#include "segment/segment_table.h"
#include "segment/sequence_state.h"

#define SECONDS_OF_YEAR (365.2425 * 86400)

/* A rate is measured over this many seconds at least. */
#define LEAST_MEASURED 60

/* What is taken at once should last this many seconds at least. */
#define LEAST_LASTING 0.1

static char *
sequence_subject(Oid sequence)
{
	return psprintf("segment %s", quote_qualified_identifier(get_namespace_name(get_rel_namespace(sequence)),
															 get_rel_name(sequence)));
}

/* Lower *max to what a column has room for, and describe the column, if that is less. */
static void
lower_to_column(Oid table, int column, int64 *max, char **what)
{
	int64		of_column = sequence_type_max(getBaseType(get_atttype(table, column)));

	if (of_column >= *max)
		return;
	*max = of_column;
	*what = psprintf("column %s.%s of type %s",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table)),
					 quote_identifier(get_attname(table, column, false)), format_type_be(get_atttype(table, column)));
}

/*
 * The largest number that a segment may issue: of the sequence, of the column that
 * owns it, and of columns whose defaults name it.  *what is what sets this limit.
 */
static int64
largest_number(const SegmentSequence *sequence, char **what)
{
	int64		max = sequence->max;
	Oid			table;
	int32		column;
	ListCell   *cell;

	*what = "the sequence";
	if (sequenceIsOwned(sequence->oid, DEPENDENCY_AUTO, &table, &column) ||
		sequenceIsOwned(sequence->oid, DEPENDENCY_INTERNAL, &table, &column))
		lower_to_column(table, column, &max, what);
	foreach(cell, dependents(RelationRelationId, sequence->oid))
	{
		ObjectAddress *user = lfirst(cell);
		ObjectAddress address;

		if (user->classId != AttrDefaultRelationId)
			continue;
		address = GetAttrDefaultColumnAddress(user->objectId);
		if (OidIsValid(address.objectId))
			lower_to_column(address.objectId, address.objectSubId, &max, what);
	}
	return max;
}

/* Is the end near, at the rate at which numbers are issued and wasted? */
static void
check_end(ReturnSetInfo *result, const char *subject, const SegmentSequence *sequence, const SegmentEntry *entry)
{
	double		measured = (double) (clock_monotonic_ns() - entry->began_at) / NS_PER_S;
	double		used = (double) (entry->counts.issued + entry->counts.wasted) * sequence->increment;
	char	   *what;
	int64		max = largest_number(sequence, &what);
	double		left = entry->left > 0 ? (double) max - entry->next + 1 : (double) max - entry->last_taken;

	if (!entry->has_taken)
		return;
	if (left <= 0)
		finding_put(result, FINDING_ERROR, subject,
					"Change the column to bigint, and the sequence with ALTER SEQUENCE ... AS bigint.",
					"The numbers have reached the end of %s, which is %lld.", what, (long long) max);
	else if (measured >= LEAST_MEASURED && used / measured * SECONDS_OF_YEAR > left)
		finding_put(result, FINDING_WARNING, subject,
					"Change the column to bigint, or choose a smaller step with segment_configure() if numbers are wasted.",
					"At the rate since the server started, the numbers reach the end of %s, which is %lld, in %.0f days. Of the numbers used, %.0f %% were wasted.",
					what, (long long) max, left / (used / measured) / 86400,
					100.0 * entry->counts.wasted / (entry->counts.issued + entry->counts.wasted));
}

/* What to do about an error, with which its root, or what has been heard of it, ends a refill. */
static const char *
refill_hint(const SegmentEntry *entry)
{
	if (entry->is_ended)
		return "Raise the maximum value of the sequence on this server.";
	if (strcmp(entry->last_error, SEGMENT_NO_MORE_NUMBERS) == 0)
		return "Raise the maximum value of the sequence at the root.";
	if (strcmp(entry->last_error, SEGMENT_NO_COUNTER) == 0)
		return "Create the counter at the root, or name another one with segment_set_roots().";
	return "Find out why the root gives no numbers; see the view segment_root_states.";
}

/* An error without a period at its end. */
static char *
without_period(const char *error)
{
	size_t		length = strlen(error);

	return pnstrdup(error, length > 0 && error[length - 1] == '.' ? length - 1 : length);
}

/* Do numbers come, and does what is taken at once last long enough? */
static void
check_runway(ReturnSetInfo *result, const char *subject, const SegmentSequence *sequence, const SegmentEntry *entry)
{
	double		rate = segment_report_rate(entry);

	if (entry->last_error[0] != '\0')
		finding_put(result, FINDING_ERROR, subject,
					refill_hint(entry),
					"No numbers come from its root: %s. What is left here lasts %.0f s.",
					without_period(entry->last_error), rate > 0 ? (entry->left + entry->reserve.count) / rate : 0);
	else if (rate > 0 && entry->counts.waits > 0 && entry->step / rate < LEAST_LASTING)
		finding_put(result, FINDING_WARNING, subject,
					"Raise its step with segment_configure().",
					"%llu numbers are taken from the sequence at a time, which last %.3f s, and calls have waited for more.",
					(unsigned long long) entry->step, entry->step / rate);
}

static void
check_segment(ReturnSetInfo *result, Oid oid)
{
	SegmentSequence sequence;
	const char *objection;
	char	   *subject;
	SegmentEntry entry;

	if (!segment_sequence_inspect(oid, &sequence, &objection))
		return;
	subject = sequence_subject(oid);
	if (objection != NULL)
		finding_put(result, FINDING_ERROR, subject, "Alter the sequence, or use nextval().", "%s Calls fail.", objection);
	if (sequence.cache > 1)
		finding_put(result, FINDING_NOTICE, subject, "ALTER SEQUENCE ... CACHE 1.",
					"CACHE is %lld, which has an effect on nextval() only. If nextval() is used as well, each of its calls has what is left of the segment's chunk dropped.",
					(long long) sequence.cache);
	if (!segment_memory_peek(oid, &entry) ||
		!(activity_all_is_visible() || pg_class_aclcheck(oid, GetUserId(), ACL_SELECT | ACL_USAGE | ACL_UPDATE) == ACLCHECK_OK))
		return;
	check_runway(result, subject, &sequence, &entry);
	check_end(result, subject, &sequence, &entry);
}

void
check_segments(ReturnSetInfo *result)
{
	ListCell   *cell;

	foreach(cell, list_concat_unique_oid(segment_table_sequences(SEGMENT_OPTIONS_TABLE), segment_memory_sequences()))
		check_segment(result, lfirst_oid(cell));
}
