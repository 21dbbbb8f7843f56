/*-------------------------------------------------------------------------
 *
 * activity.h
 *	  Whose IDs a role may be told about: its own, as in pg_stat_activity.
 *
 * The moment at which another one was issued an ID, or a count that moves at that
 * moment, is most of the ID.  So what is current is shown to who may see
 * everybody's statistics; others see what belongs to roles that they are, or are
 * members of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ACTIVITY_H
#define IDGEN_ACTIVITY_H

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"

/* May the current user see what everybody does? */
static inline bool
activity_is_shown(void)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}

/* ... and what sessions of this role do? */
static inline bool
activity_of_role_is_shown(Oid role)
{
	return activity_is_shown() || has_privs_of_role(GetUserId(), role);
}

#endif							/* IDGEN_ACTIVITY_H */
