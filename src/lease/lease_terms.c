/*-------------------------------------------------------------------------
 *
 * lease_terms.c
 *	  What the machine of leases is told of this server and its settings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "utils/guc.h"

#include "engine/reference_clock.h"
#include "engine/drift.h"
#include "lease/lease_store.h"
#include "lease/lease_terms.h"

/*
 * The name of this server in the store: the same after a restart, so that it
 * prefers the worker ID that it had.  It is for people, too; nothing depends on
 * it, and clones may have the same.
 */
static void
write_holder(char *holder)
{
	char		host[64];

	if (gethostname(host, sizeof(host)) != 0)
		strlcpy(host, "unknown", sizeof(host));
	host[sizeof(host) - 1] = '\0';
	snprintf(holder, LEASE_HOLDER_SIZE, "%s:%d", host, PostPortNumber);
}

/*
 * How far IDs can be ahead of a clock that is right: calls that wait take
 * positions beyond the drift limit, by less than a second and a tick.
 */
int64
lease_most_ahead_us(void)
{
	return (drift_max.value + reference_max_regression.value) * US_PER_MS + 2 * US_PER_S;
}

/* Terms by the settings as they are now, for a server with this layout and datacenter. */
void
lease_terms_make(LeaseTermsText *result, const SnowflakeLayout *layout, int datacenter)
{
	int64		drift_us = drift_max.value * US_PER_MS;
	LeaseTerms	terms = {
		.layout = result->layout,
		.datacenter = layout_has(layout, LAYOUT_DATACENTER) ? datacenter : 0,
		.holder = result->holder,
		.ttl_ms = lease_ttl_ms,
		.reach_us = lease_reach_ms * US_PER_MS,
		.drift_us = drift_us,
		.doubt_us = lease_most_ahead_us(),
		.max_skew_us = lease_max_skew_ms * US_PER_MS,
	};

	layout_write(layout, result->layout, sizeof(result->layout));
	write_holder(result->holder);
	result->terms = terms;
}

/* A nonce (LEASE_NONCE_SIZE) that has never been before.  ERROR INTERNAL_ERROR without random bits. */
void
lease_make_nonce(char *nonce)
{
	uint8		random16[16];

	if (!pg_strong_random(random16, sizeof(random16)))
		ereport(ERROR,
				errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	lease_nonce_write(random16, nonce);
}
