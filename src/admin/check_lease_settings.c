/*-------------------------------------------------------------------------
 *
 * check_lease_settings.c
 *	  Could a worker ID be leased with these settings?
 *
 * They are those of the server, or proposed for it.  The address of a store
 * is shown to nobody, as it may contain a password.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "admin/check_finding.h"
#include "admin/check_lease_settings.h"
#include "engine/lease_limit.h"
#include "lease/lease_store.h"

/* Are the texts of the store and the pool valid, as far as the settings themselves are checked? */
bool
check_lease_names(ReturnSetInfo *result, const LeaseSettings *settings)
{
	const char *store_objection = lease_store_objection(settings->store);
	const char *pool_objection = lease_pool_objection(settings->pool);

	if (store_objection != NULL)
		finding_put(result, FINDING_ERROR, lease_store.name,
					setting_invalid_hint(&lease_store),
					"The value is invalid, so IDs that contain the server's worker ID are not issued. %s", store_objection);
	if (settings->store[0] != '\0' && pool_objection != NULL)
		finding_put(result, FINDING_ERROR, lease_pool.name, setting_invalid_hint(&lease_pool),
					"The value \"%s\" is invalid, so no worker ID is leased. %s", settings->pool, pool_objection);
	return store_objection == NULL && pool_objection == NULL;
}

/* Does the provider accept the address?  The store is not connected to. */
void
check_lease_address(ReturnSetInfo *result, const LeaseSettings *settings)
{
	const char *objection = lease_store_try(settings->store, settings->pool);

	if (objection != NULL)
		finding_put(result, FINDING_ERROR, lease_store.name,
					"Correct the address, or install the module of this kind of store.",
					"With this value no worker ID can be leased: %s", objection);
}

/* Do the times go together? */
void
check_lease_times(ReturnSetInfo *result, const LeaseSettings *settings)
{
	if (settings->ttl_ms > settings->reach_ms)
		finding_put(result, FINDING_WARNING, "idgen.lease_ttl",
					"Lower it; half of \"idgen.lease_reach\" is usual.",
					"The value is %d ms, and \"idgen.lease_reach\" is %d ms. After a crash, the worker ID is kept from others for longer than its IDs need.",
					settings->ttl_ms, settings->reach_ms);
}

/* A worker ID is set, but does not count. */
void
check_lease_and_worker(ReturnSetInfo *result, const ServerSetting *worker)
{
	if (setting_is_valid(worker) && worker->value == 0)
		return;
	finding_put(result, FINDING_NOTICE, worker->name,
				"Remove one of the two settings.",
				"The value is \"%s\", but \"%s\" is set, so the worker ID that is leased counts.",
				setting_invalid_text(worker), lease_store.name);
}
