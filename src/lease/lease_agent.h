/*-------------------------------------------------------------------------
 *
 * lease_agent.h
 *	  The process that leases this server's worker ID.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_AGENT_H
#define IDGEN_LEASE_AGENT_H

#include "fmgr.h"

extern void lease_agent_register(void);
extern void lease_agent_start(void);

extern PGDLLEXPORT void idgen_lease_agent(Datum argument);

#endif							/* IDGEN_LEASE_AGENT_H */
