/*-------------------------------------------------------------------------
 *
 * check_lease_settings.h
 *	  Could a worker ID be leased with these settings?
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_LEASE_SETTINGS_H
#define IDGEN_CHECK_LEASE_SETTINGS_H

#include "nodes/execnodes.h"

#include "base/setting.h"

/* Settings of leases, of the server or proposed for it. */
typedef struct LeaseSettings
{
	const char *store;			/* empty: none is leased */
	const char *pool;
	int			ttl_ms;
	int			reach_ms;
} LeaseSettings;

extern bool check_lease_names(ReturnSetInfo *result, const LeaseSettings *settings);
extern void check_lease_address(ReturnSetInfo *result, const LeaseSettings *settings);
extern void check_lease_times(ReturnSetInfo *result, const LeaseSettings *settings);
extern void check_lease_and_worker(ReturnSetInfo *result, const ServerSetting *worker);

#endif							/* IDGEN_CHECK_LEASE_SETTINGS_H */
