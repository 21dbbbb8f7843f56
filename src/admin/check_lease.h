/*-------------------------------------------------------------------------
 *
 * check_lease.h
 *	  Is the worker ID of this server leased, and for how long?
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_LEASE_H
#define IDGEN_CHECK_LEASE_H

#include "nodes/execnodes.h"

#include "bits/layout_overlap.h"

extern void check_lease(ReturnSetInfo *result, const SnowflakeLayout *layout);
extern void check_leased_numbers(ReturnSetInfo *result, const char *subject, const IdNumbers *numbers,
								 bool has_server_worker);

#endif							/* IDGEN_CHECK_LEASE_H */
