/*-------------------------------------------------------------------------
 *
 * activity.h
 *	  Which roles' activity the current user may see, as in pg_stat_activity.
 *
 * The time at which another role was issued an ID, or a counter that changes at
 * that time, is most of the ID.  So current values are shown only to users who
 * may see everybody's statistics; other users see those of roles that they have
 * the privileges of.
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
