/*-------------------------------------------------------------------------
 *
 * check_horizon.c
 *	  Does a transaction hold back horizons for long?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "admin/check_finding.h"
#include "admin/check_horizon.h"
#include "engine/activity.h"
#include "engine/clock.h"
#include "outbox/horizon_holders.h"

/*
 * IDs are issued in any case, so this is a warning.  When a transaction began to
 * generate IDs is for those to know who may see its activity.
 */
void
check_horizon(ReturnSetInfo *result)
{
	TimestampTz since;
	int64		lag_us;

	if (horizon_lag_limit_ms == 0 || !activity_all_is_visible() || !horizon_held_since(&since))
		return;
	lag_us = GetCurrentTimestamp() - since;
	if (lag_us >= horizon_lag_limit_ms * US_PER_MS)
		finding_put(result, FINDING_WARNING, "horizon",
					"Look at idgen_horizon_holders for the transaction, and end it. \"idle_in_transaction_session_timeout\" ends those that are idle.",
					"A transaction in which IDs were generated has been open for %.0f s, and \"idgen.horizon_lag_limit\" is %.0f s. Readers that stop at the horizon wait for it.",
					(double) lag_us / US_PER_S, (double) horizon_lag_limit_ms / 1000);
}
