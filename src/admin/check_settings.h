/*-------------------------------------------------------------------------
 *
 * check_settings.h
 *	  What idgen_check() finds about values of settings, current or proposed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_SETTINGS_H
#define IDGEN_CHECK_SETTINGS_H

#include "nodes/execnodes.h"

#include "base/setting.h"
#include "bits/layout.h"

extern void check_settings(ReturnSetInfo *result);
extern void check_setting(ReturnSetInfo *result, const ServerSetting *setting, bool waits_for_restart);
extern void check_layout(ReturnSetInfo *result, const SnowflakeLayout *layout);
extern void check_node_fits(ReturnSetInfo *result, const SnowflakeLayout *layout, const ServerSetting *datacenter,
							const ServerSetting *worker);
extern void check_clock_limits(ReturnSetInfo *result, int max_drift, int max_regression, int reserve_ahead);

#endif							/* IDGEN_CHECK_SETTINGS_H */
