/*-------------------------------------------------------------------------
 *
 * check_settings.c
 *	  Are the values of settings valid, and consistent with each other?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "admin/check_finding.h"
#include "admin/check_settings.h"
#include "engine/drift.h"
#include "engine/lease_limit.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"
#include "generator/generator.h"
#include "generator/layout_convert.h"
#include "generator/server_layout.h"
#include "uuid/uuid_node.h"

/*
 * An invalid value that takes effect at the next start does not prevent IDs
 * before that.
 */
void
check_setting(ReturnSetInfo *result, const ServerSetting *setting, bool waits_for_restart)
{
	char		detail[NODE_DETAIL_SIZE];
	bool		is_ordinal = setting->name == generator_worker.name &&
		node_setting_names_ordinal(setting_invalid_text(setting));

	if (setting_is_valid(setting))
		return;
	finding_put(result, waits_for_restart ? FINDING_WARNING : FINDING_ERROR, setting->name,
				setting_invalid_hint(setting),
				waits_for_restart ?
				"The value \"%s\" is invalid. When the server restarts, no IDs are issued." :
				"The value \"%s\" is invalid. IDs that depend on it are not issued.%s%s",
				setting_invalid_text(setting), is_ordinal ? " " : "",
				is_ordinal ? node_setting_detail(setting->str, detail) : "");
}

/*
 * The settings of the server.  If the layout is fixed, its setting applies from the next
 * start on.
 */
void
check_settings(ReturnSetInfo *result)
{
	const ServerSetting *settings[] = {
		&server_layout_setting, &generator_datacenter, &generator_worker, &drift_max, &reference_max_regression,
	};

	for (int i = 0; i < lengthof(settings); i++)
	{
		/* check_lease() says that it does not count. */
		if (settings[i] == &generator_worker && lease_is_configured())
			continue;
		check_setting(result, settings[i], settings[i] == &server_layout_setting && server_layout_is_fixed());
	}
	if (setting_is_valid(&drift_max) && setting_is_valid(&reference_max_regression))
		check_clock_limits(result, drift_max.value, reference_max_regression.value, reservation_ahead);
}

/* The server's layout: its time, and whether another layout waits for a restart. */
void
check_layout(ReturnSetInfo *result, const SnowflakeLayout *layout)
{
	const SnowflakeLayout *asked = server_layout_asked();

	finding_put_layout(result, server_layout_setting.name, layout);
	if (asked != NULL && !layout_equal(layout, asked))
		finding_put(result, FINDING_WARNING, server_layout_setting.name,
					"Restart the server, or undo the change.",
					"The setting is \"%s\", but until the server restarts, IDs are issued with \"%s\".",
					layout_to_text(asked), layout_to_text(layout));
}

/*
 * Does a part of the node fit the layout, unless that is NULL, and the bits that it has in
 * 128-bit IDs?  These have more room than most layouts.
 */
static void
check_field_fits(ReturnSetInfo *result, const SnowflakeLayout *layout, LayoutField field, const ServerSetting *setting, int bits)
{
	char		detail[GENERATOR_DETAIL_SIZE];

	if (!setting_is_valid(setting))
		return;
	if (layout != NULL && setting->value > layout_max(layout, field))
		finding_put(result, FINDING_ERROR, setting->name,
					"Choose a value that the layout has room for, or another layout.",
					"%s The server issues no snowflake IDs of its own.",
					generator_misfit_detail(layout, field, setting->value, detail));
	else if (setting->value >> bits != 0)
		finding_put(result, FINDING_WARNING, setting->name,
					"Choose a value that the node of 128-bit IDs has room for.",
					"The value is %d, and the node of 128-bit IDs has room for 0 to %d. IDs that contain this node are not issued.",
					setting->value, (1 << bits) - 1);
}

/* layout is NULL if it is not known, worker if it is leased. */
void
check_node_fits(ReturnSetInfo *result, const SnowflakeLayout *layout, const ServerSetting *datacenter,
				const ServerSetting *worker)
{
	check_field_fits(result, layout, LAYOUT_DATACENTER, datacenter, UUID_NODE_DATACENTER_BITS);
	if (worker != NULL)
		check_field_fits(result, layout, LAYOUT_WORKER, worker, UUID_NODE_WORKER_BITS);
}

/*
 * Is the lead after a restart within idgen.max_regression?  IDs may be ahead of the clock by
 * the drift, and continue after the reservation, which extends beyond that.  All in ms.
 */
void
check_clock_limits(ReturnSetInfo *result, int max_drift, int max_regression, int reserve_ahead)
{
	/* 0 turns off the reference clock, so calls are expected to wait. */
	if (max_regression == 0 || (int64) max_drift + reserve_ahead <= max_regression)
		return;
	finding_put(result, FINDING_WARNING, reference_max_regression.name,
				"Raise it, or lower \"idgen.max_drift\" or \"idgen.reserve_ahead\".",
				"\"idgen.max_drift\" and \"idgen.reserve_ahead\" add up to %d ms, and \"idgen.max_regression\" is %d ms. After a restart, calls can wait for up to the difference.",
				max_drift + reserve_ahead, max_regression);
}
