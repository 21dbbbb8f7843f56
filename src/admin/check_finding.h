/*-------------------------------------------------------------------------
 *
 * check_finding.h
 *	  A finding: a row of idgen_check(), with a severity, a subject, a text and a hint.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_FINDING_H
#define IDGEN_CHECK_FINDING_H

#include "nodes/execnodes.h"

#include "bits/layout.h"

typedef enum Severity
{
	FINDING_ERROR,				/* no IDs are issued, or they can repeat */
	FINDING_WARNING,			/* that will happen, or may */
	FINDING_NOTICE,				/* this may be intended */
} Severity;

extern void finding_put(ReturnSetInfo *result, Severity severity, const char *subject,
						const char *hint, const char *format, ...) pg_attribute_printf(5, 6);
extern void finding_put_layout(ReturnSetInfo *result, const char *subject,
							   const SnowflakeLayout *layout);

#endif							/* IDGEN_CHECK_FINDING_H */
