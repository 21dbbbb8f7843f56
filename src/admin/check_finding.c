/*-------------------------------------------------------------------------
 *
 * check_finding.c
 *	  Adding findings to the result, including those about any layout.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "admin/check_finding.h"
#include "engine/clock.h"
#include "generator/server_layout.h"

static const char *const severities[] = {
	[FINDING_ERROR] = "error",
	[FINDING_WARNING] = "warning",
	[FINDING_NOTICE] = "notice",
};

/*
 * The hint comes before the text, because the text is a format with further
 * arguments.
 */
void
finding_put(ReturnSetInfo *result, Severity severity, const char *subject,
			const char *hint, const char *format, ...)
{
	bool		nulls[4] = {false};
	Datum		values[4];
	StringInfoData str;
	int			error = errno;	/* for %m */
	int			needed;

	initStringInfo(&str);
	do
	{
		va_list		arguments;

		errno = error;
		va_start(arguments, format);
		needed = appendStringInfoVA(&str, format, arguments);
		va_end(arguments);
		if (needed != 0)
			enlargeStringInfo(&str, needed);
	} while (needed != 0);

	values[0] = CStringGetTextDatum(severities[severity]);
	values[1] = CStringGetTextDatum(subject);
	values[2] = CStringGetTextDatum(str.data);
	values[3] = CStringGetTextDatum(hint);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Is now within the time of the layout, and not near its end? */
void
finding_put_layout(ReturnSetInfo *result, const char *subject, const SnowflakeLayout *layout)
{
	int64		now_us = clock_unix_ns() / NS_PER_US;
	int64		start_us = layout_tick_start_us(layout, 0);
	int64		end_us = layout_end_us(layout);

	if (now_us < start_us)
		finding_put(result, FINDING_ERROR, subject,
					"Check the system clock, or choose another layout.",
					"The layout's epoch, %s, is in the future, so no IDs are issued.",
					timestamptz_to_str(clock_timestamptz(start_us)));
	else if (now_us >= end_us)
		finding_put(result, FINDING_ERROR, subject,
					"Change to another layout, epoch or node; see docs/layouts.md.",
					"The layout's time ended on %s, so no IDs are issued.",
					timestamptz_to_str(clock_timestamptz(end_us)));
	else if (end_us - now_us < LAYOUT_LAST_YEARS_US)
		finding_put(result, FINDING_WARNING, subject,
					"Plan the change to another layout, epoch or node; see docs/layouts.md.",
					"The layout's time ends on %s.",
					timestamptz_to_str(clock_timestamptz(end_us)));
}
