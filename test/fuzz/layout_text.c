/*-------------------------------------------------------------------------
 *
 * layout_text.c
 *	  What layout_text.c and layout_presets.c promise, for any text and any
 *	  moment.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "mb/pg_wchar.h"

#include "bits/layout_presets.h"
#include "bits/layout_text.h"

#include "fuzz.h"

/* Not a place that a hint is at. */
static const char unset[] = "";

/* A text in a block of memory that ends where the text does. */
static char *
take_text(Input *input)
{
	char	   *str = malloc(input->size + 1);

	require(str != NULL);
	memcpy(str, input->data, input->size);
	str[input->size] = '\0';
	return str;
}

/* A layout that was read comes out of the words it is written in, and those are read back as themselves. */
static void
check_accepted(const SnowflakeLayout *layout)
{
	SnowflakeLayout again;
	LayoutProblem problem;
	char		str[LAYOUT_TEXT_SIZE];
	char		text_again[LAYOUT_TEXT_SIZE];

	layout_write(layout, str, sizeof(str));
	require(strlen(str) < sizeof(str) - 1);
	require(layout_read(str, &again, &problem));
	require(layout_equal(layout, &again));
	layout_write(&again, text_again, sizeof(text_again));
	require(strcmp(str, text_again) == 0);
	if (layout_preset_name(layout) != NULL)
		require(layout_equal(layout_by_name(layout_preset_name(layout)), layout));
}

/* A reason is a sentence, and cuts no character that the text has in two. */
static void
check_refused(const char *str, const LayoutProblem *problem)
{
	size_t		length = strnlen(problem->detail, sizeof(problem->detail));

	require(length > 1 && length < sizeof(problem->detail));
	require(problem->detail[length - 1] == '.');
	require(problem->hint != unset);
	if (pg_encoding_verifymbstr(PG_UTF8, str, strlen(str)) == (int) strlen(str))
		require(pg_encoding_verifymbstr(PG_UTF8, problem->detail, length) == (int) length);
}

static void
check_text(const char *str)
{
	SnowflakeLayout layout;
	LayoutProblem problem;

	memset(&layout, 0x7F, sizeof(layout));
	memset(&problem, 0x7F, sizeof(problem));
	problem.hint = unset;
	if (layout_read(str, &layout, &problem))
		check_accepted(&layout);
	else
		check_refused(str, &problem);
	(void) layout_by_name(str);
}

/* A moment is written as the C library has it, and its first microseconds are read as an epoch. */
static void
check_moment_text(int64 unix_us)
{
	time_t		seconds = unix_us / US_PER_S;
	int			fraction = unix_us % US_PER_S;
	struct tm	parts;
	char		str[LAYOUT_TIMESTAMP_SIZE];
	char		expected[80];
	char		words[LAYOUT_TEXT_SIZE];
	int			length;
	SnowflakeLayout layout;
	LayoutProblem problem;

	memset(str, 'x', sizeof(str));
	layout_write_timestamp(unix_us, str, sizeof(str));
	require(strlen(str) < sizeof(str) - 1);
	require(gmtime_r(&seconds, &parts) != NULL);
	length = snprintf(expected, sizeof(expected), "%04d-%02d-%02d",
					  parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
	if (seconds % 86400 != 0 || fraction != 0)
		snprintf(expected + length, sizeof(expected) - length, " %02d:%02d:%02d",
				 parts.tm_hour, parts.tm_min, parts.tm_sec);
	require(strncmp(str, expected, strlen(expected)) == 0);
	require(strlen(str) == strlen(expected) + (fraction == 0 ? 0 : fraction % 1000 == 0 ? 4 : 7));

	if (parts.tm_year + 1900 > 9999)
		return;
	snprintf(words, sizeof(words), "time 40 bits of 1 us since %s, unused 23", str);
	require(layout_read(words, &layout, &problem));
	require(layout.epoch_ticks == unix_us);
}

void
check_layout_text(Input *input)
{
	/* Of years up to 294246 */
	int64		unix_us = take_upto(input, 8, INT64CONST(9223371331200000000));
	char	   *str;

	check_moment_text(unix_us);
	str = take_text(input);
	check_text(str);
	free(str);
}
