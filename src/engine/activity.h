/*-------------------------------------------------------------------------
 *
 * activity.h
 *	  Which roles' activity the current user may see, as in pg_stat_activity.
 *
 * An ID can be guessed from the time at which it was issued, or from a counter
 * that changes at that time.  So current values are shown only to roles with
 * the privileges of pg_read_all_stats; other roles see those of roles whose
 * privileges they have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ACTIVITY_H
#define IDGEN_ACTIVITY_H

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"

static inline bool
activity_all_is_visible(void)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}

static inline bool
activity_role_is_visible(Oid role)
{
	return activity_all_is_visible() || has_privs_of_role(GetUserId(), role);
}

#endif							/* IDGEN_ACTIVITY_H */
