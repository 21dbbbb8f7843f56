/*-------------------------------------------------------------------------
 *
 * check_finding.h
 *	  What idgen_check() returns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_FINDING_H
#define IDGEN_CHECK_FINDING_H

#include "nodes/execnodes.h"

#include "bits/layout.h"

typedef enum Severity
{
	FINDING_ERROR,				/* no IDs are made, or they can repeat */
	FINDING_WARNING,			/* that will come, or can */
	FINDING_NOTICE,				/* as it is meant, perhaps */
} Severity;

extern void finding_put(ReturnSetInfo *result, Severity severity, const char *subject,
						const char *cure, const char *format,...) pg_attribute_printf(5, 6);
extern void finding_put_layout(ReturnSetInfo *result, const char *subject,
							   const SnowflakeLayout *layout);

#endif							/* IDGEN_CHECK_FINDING_H */
