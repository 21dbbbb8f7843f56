/*-------------------------------------------------------------------------
 *
 * segment_agent.h
 *	  The process that takes ranges from roots elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_AGENT_H
#define IDGEN_SEGMENT_AGENT_H

#include "fmgr.h"

/* idgen.segment_root_timeout, in ms */
extern int	segment_root_timeout_ms;

/* idgen.segment_secret_file */
extern char *segment_secret_file;

extern PGDLLEXPORT void idgen_segment_agent(Datum argument);

#endif							/* IDGEN_SEGMENT_AGENT_H */
