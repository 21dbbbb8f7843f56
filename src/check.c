/*-------------------------------------------------------------------------
 *
 * check.c
 *	  idgen_check(): is this server fit to make IDs that never repeat?
 *
 * It looks at what is, and changes nothing but that it creates the shared area if
 * there is none.  It works on a standby, too, which one day may be promoted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/timex.h>

#include "access/genam.h"
#include "access/htup.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/pg_subscription.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/spin.h"

#include "activity.h"
#include "check_files.h"
#include "check_generators.h"
#include "compat.h"
#include "finding.h"
#include "generator.h"
#include "id_space.h"
#include "layout_text.h"
#include "reference_clock.h"
#include "server_layout.h"
#include "snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_check);

/* Settings that say nothing.  That of the layout concerns the next start if it is fixed. */
static void
check_settings(ReturnSetInfo *result)
{
	const ServerSetting *settings[] = {
		&server_layout_setting, &generator_datacenter, &generator_worker, &window_max_drift,
	};

	for (int i = 0; i < lengthof(settings); i++)
	{
		bool		waits = settings[i] == &server_layout_setting && server_layout_is_fixed();

		if (!setting_is_valid(settings[i]))
			finding_put(result, waits ? FINDING_WARNING : FINDING_ERROR, settings[i]->name,
						setting_invalid_hint(settings[i]),
						"The value \"%s\" is invalid: %s",
						setting_invalid_text(settings[i]),
						waits ? "when the server restarts, no IDs are issued." : "no IDs are issued that depend on it.");
	}
}

/* The server's own layout. */
static void
check_layout(ReturnSetInfo *result)
{
	const SnowflakeLayout *layout = server_layout();
	const SnowflakeLayout *asked = server_layout_asked();

	finding_put_layout(result, server_layout_setting.name, layout);
	if (asked != NULL && !layout_equal(layout, asked))
		finding_put(result, FINDING_WARNING, server_layout_setting.name,
					"Restart the server, or take the change back.",
					"The setting is \"%s\", but until the server restarts IDs are made with \"%s\".",
					snowflake_layout_text(asked), snowflake_layout_text(layout));
}

/* Has the layout room for the server's node? */
static void
check_fit(ReturnSetInfo *result, const ServerSetting *setting, LayoutField field)
{
	const SnowflakeLayout *layout = server_layout();
	char		detail[GENERATOR_DETAIL_SIZE];

	if (setting_is_valid(setting) && !generator_server_field_fits(layout, field))
		finding_put(result, FINDING_ERROR, setting->name,
					"Choose a value that the layout has room for, or another layout.",
					"%s The server issues no snowflake IDs of its own.",
					generator_misfit_detail(layout, field, setting->value, detail));
}

/* Is there anything that another server receives from us? */
static bool
has_standbys(void)
{
	bool		found = false;

	for (int i = 0; i < max_wal_senders && !found; i++)
	{
		WalSnd	   *sender = &WalSndCtl->walsnds[i];

		SpinLockAcquire(&sender->mutex);
		found = sender->pid != 0;
		SpinLockRelease(&sender->mutex);
	}
	return found;
}

/* Is there anything that we receive from another server, in any database? */
static bool
has_subscriptions(void)
{
	Relation	subscriptions = table_open(SubscriptionRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(subscriptions, InvalidOid, false, NULL, 0, NULL);
	bool		found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	table_close(subscriptions, AccessShareLock);
	return found;
}

/* Do other servers look like this one? */
static void
check_node(ReturnSetInfo *result)
{
	const SnowflakeLayout *layout = server_layout();
	const char *others = RecoveryInProgress() ? "is a standby" :
		has_subscriptions() ? "has subscriptions" :
		has_standbys() ? "sends its WAL to others" : NULL;

	if (others == NULL || generator_datacenter.value != 0 || generator_worker.value != 0)
		return;
	if (layout_has(layout, LAYOUT_WORKER) || layout_has(layout, LAYOUT_DATACENTER))
		finding_put(result, FINDING_WARNING, generator_worker.name,
					"Give each server that makes IDs for the same tables a node of its own.",
					"This server %s, and its node is 0, as that of every server without a setting.", others);
	else
		finding_put(result, FINDING_WARNING, server_layout_setting.name,
					"Choose a layout with a worker, and give each server one.",
					"This server %s, and its layout does not tell servers apart.", others);
}

/* What the kernel thinks of its clock. */
static void
check_clock(ReturnSetInfo *result)
{
	struct timex state = {0};
	int64		max_drift_us = window_max_drift.value * US_PER_MS;

	if (ntp_adjtime(&state) < 0)
		finding_put(result, FINDING_NOTICE, "system clock",
					"Make sure that the clock is synchronised.",
					"The kernel does not tell whether the clock is synchronised: %m.");
	else if (state.status & STA_UNSYNC)
		finding_put(result, FINDING_WARNING, "system clock",
					"Run a service that keeps the clock, such as chrony, on this machine or its host.",
					"The kernel says that the clock is not synchronised.");
	else if (state.maxerror > max_drift_us)
		finding_put(result, FINDING_WARNING, "system clock",
					"Find out why the clock's service cannot keep it better.",
					"The clock may be off by %.3f s, and \"idgen.max_drift\" is %d ms.",
					(double) state.maxerror / US_PER_S, window_max_drift.value);
}

/* Do those IDs have times, in us since 1970, that are too far ahead? */
static void
check_lead(ReturnSetInfo *result, int64 ids_us, const char *ids)
{
	ReferenceLead lead = reference_clock_lead();
	int64		now_us = clock_unix_ns() / NS_PER_US;
	int64		allowed_us = window_max_drift.value * US_PER_MS + (lead.stands_still ? 0 : lead.lead_us);
	int64		ahead_us;

	/* The second will do to see that calls wait, and tells no ID. */
	if (!activity_is_shown())
		ids_us -= ids_us % US_PER_S;
	ahead_us = ids_us - now_us;
	if (ahead_us > allowed_us)
		finding_put(result, FINDING_ERROR, "timeline",
					"If the clock was set back, correct it or wait. If it was ahead, see idgen_reset_timeline().",
					"%s are %.3f s ahead of the system clock, and \"idgen.max_drift\" is %d ms: calls wait.",
					ids, (double) ahead_us / US_PER_S, window_max_drift.value);
}

/* From here on, or half of the limit, it is a finding that IDs go by a clock of their own, in us. */
#define LEAD_TO_KNOW_OF_US (10 * US_PER_S)

/* Is the system clock behind where it has been, or where IDs began? */
static void
check_reference(ReturnSetInfo *result)
{
	ReferenceLead lead = reference_clock_lead();
	int64		limit_us = reference_max_regression.value * US_PER_MS;

	if (lead.stands_still)
		finding_put(result, FINDING_ERROR, "system clock",
					"Correct it or wait. If it was ahead before, see idgen_reset_timeline().",
					"It is %.3f s behind where it has been or IDs began, and \"idgen.max_regression\" is %d ms: calls wait for the difference.",
					(double) lead.lead_us / US_PER_S, reference_max_regression.value);
	else if (lead.lead_us > 0 && lead.lead_us >= Min(LEAD_TO_KNOW_OF_US, limit_us / 2))
		finding_put(result, lead.lead_us >= limit_us / 2 ? FINDING_ERROR : FINDING_WARNING, "system clock",
					"Find out what has set it back, before it does so again: from \"idgen.max_regression\" on, calls wait.",
					"It is %.3f s behind where it has been or IDs began, and \"idgen.max_regression\" is %d ms. At this rate it will have caught up in %.0f s.",
					(double) lead.lead_us / US_PER_S, reference_max_regression.value,
					(double) lead.left_us / US_PER_S);
}

/* What a timeline has issued, unless idgen_reset_timeline() has left it behind. */
static void
check_timeline(ReturnSetInfo *result, Timeline *timeline, const SnowflakeLayout *layout, const char *ids)
{
	if (shmem_is_used(shmem_area(), pg_atomic_read_u64(&timeline->next)) &&
		pg_atomic_read_u64(&timeline->left_until_us) == 0)
		check_lead(result, shmem_timeline_us(shmem_area(), timeline, layout), ids);
}

/* Where all timelines are, and whether the clock has gone back. */
static void
check_timelines(ReturnSetInfo *result)
{
	SharedArea *area = shmem_area();
	uint64		regressions = pg_atomic_read_u64(&area->regressions);
	int			count = id_space_count();
	Timeline   *of_server = generator_server_timeline();

	check_reference(result);
	check_lead(result, pg_atomic_read_u64(&area->limits.start_us), "IDs");
	check_timeline(result, &area->moments, &layout_moments, "IDs of 128 bits in order");
	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_by_number(i);

		if (timeline == NULL || id_space_is_record(timeline))
			continue;
		check_timeline(result, timeline, &timeline->layout,
					   timeline == of_server ? "IDs" :
					   psprintf("A generator's IDs of layout \"%s\"", snowflake_layout_text(&timeline->layout)));
	}
	if (regressions > 0)
		finding_put(result, FINDING_WARNING, "system clock",
					"Find out who sets the clock, and let it be slewed instead.",
					"Since the server started, the clock went back " UINT64_FORMAT " times, by up to %.3f s.",
					regressions, (double) pg_atomic_read_u64(&area->largest_regression_ns) / NS_PER_S);
}

/* What the reservation relies on. */
static void
check_durability(ReturnSetInfo *result)
{
	if (compat_origin_states == 0)
		finding_put(result, FINDING_ERROR, COMPAT_ORIGIN_STATES_NAME,
					"Set it to at least 1 and restart the server.",
					"It is 0, so the time of IDs cannot be reserved: no IDs are made.");
	if (!enableFsync)
		finding_put(result, FINDING_WARNING, "fsync",
					"Turn it on.",
					"It is off: after a crash of the machine IDs can repeat, and data can be lost.");
}

/*
 * idgen_check(OUT severity text, OUT subject text, OUT finding text, OUT cure text)
 */
Datum
idgen_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	check_settings(result);
	check_files(result);
	check_clock(result);
	check_durability(result);
	if (!setting_is_valid(&server_layout_setting) && !server_layout_is_fixed())
		return (Datum) 0;
	check_layout(result);
	check_fit(result, &generator_datacenter, LAYOUT_DATACENTER);
	check_fit(result, &generator_worker, LAYOUT_WORKER);
	check_node(result);
	check_timelines(result);
	check_generators(result, has_subscriptions());
	return (Datum) 0;
}
