/*-------------------------------------------------------------------------
 *
 * agent_process.h
 *	  Background workers that talk to other servers for this one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_AGENT_PROCESS_H
#define IDGEN_AGENT_PROCESS_H

#include "port/atomics.h"
#include "postmaster/bgworker.h"

/* A kind of agent, of which there is at most one. */
typedef struct AgentKind
{
	const char *name;			/* "idgen lease agent" */
	const char *function;		/* its main function, in this library */
	const char *purpose;		/* "lease a worker ID" */
} AgentKind;

/* In shared memory. */
typedef struct AgentProcess
{
	pg_atomic_uint32 agent;		/* number of its PGPROC + 1; 0: none */
	pg_atomic_uint64 start_tried_ns;	/* monotonic */
} AgentProcess;

extern BackgroundWorker agent_process_describe(const AgentKind *kind);
extern void agent_process_start(const AgentKind *kind, pg_atomic_uint32 *agent, pg_atomic_uint64 *start_tried_ns);
extern void agent_process_wake(pg_atomic_uint32 *agent);
extern void agent_process_set_up(void);
extern bool agent_process_become(AgentProcess *process);

#endif							/* IDGEN_AGENT_PROCESS_H */
