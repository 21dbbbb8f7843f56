/*-------------------------------------------------------------------------
 *
 * check_segment_roots.c
 *	  Do roots of segments that are elsewhere give numbers?
 *
 * They are not asked: what the agent knows is in shared memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "admin/check_finding.h"
#include "admin/check_segment_roots.h"
#include "engine/activity.h"
#include "segment/segment_root_report.h"

static void
check_root(ReturnSetInfo *result, const char *subject, const SegmentSlot *slot, int root, int failed)
{
	const SegmentRootState *state = &slot->states[root];

	if (state->breaker.failures < CIRCUIT_FAILURES)
		return;
	finding_put(result, failed == slot->roots.count ? FINDING_ERROR : FINDING_WARNING, subject,
				"See the view segment_root_states and docs/segment-roots.md.",
				"Root %d of %d gives no numbers: %s", root + 1, slot->roots.count,
				activity_all_is_visible() ? state->error : "members of pg_read_all_stats see why.");
}

static void
check_slot(const SegmentSlot *slot, Oid sequence, void *argument)
{
	char	   *name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(sequence)), get_rel_name(sequence));
	int			failed = 0;

	for (int i = 0; i < slot->roots.count; i++)
		failed += slot->states[i].breaker.failures >= CIRCUIT_FAILURES ? 1 : 0;
	for (int i = 0; i < slot->roots.count; i++)
		check_root(argument, psprintf("segment %s", name), slot, i, failed);
}

void
check_segment_roots(ReturnSetInfo *result)
{
	segment_root_report_visit(check_slot, result);
}
