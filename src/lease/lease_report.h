/*-------------------------------------------------------------------------
 *
 * lease_report.h
 *	  What the agent tells people: problems as sentences, and changes in the log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_REPORT_H
#define IDGEN_LEASE_REPORT_H

#include "bits/lease_machine.h"

/* What has been logged. */
typedef struct LeaseLog
{
	const char *pool;			/* of the machine; the setting may be another
								 * by now */
	bool		is_held;
	int64		claims;
	LeaseProblem problem;
} LeaseLog;

extern void lease_report_problem(const LeaseMachine *machine, const LeaseTerms *terms, char *error);
extern void lease_report_change(LeaseLog *log, const LeaseMachine *machine, const char *error);

#endif							/* IDGEN_LEASE_REPORT_H */
