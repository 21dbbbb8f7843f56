/*-------------------------------------------------------------------------
 *
 * hlc_text.c
 *	  See hlc_text.h.
 *
 * The text is "2026-11-29T16:40:20.123Z/17": a time in UTC as ISO 8601 has it, with at
 * most three digits after the point, a slash, and the logical count.  It depends on no
 * setting, so input of the type is immutable.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/hlc_text.h"
#include "bits/layout.h"

/* Read exactly so many digits. */
static bool
read_digits(const char **at, int count, int *number)
{
	*number = 0;
	for (; count > 0; count--, (*at)++)
	{
		if (**at < '0' || **at > '9')
			return false;
		*number = *number * 10 + (**at - '0');
	}
	return true;
}

static bool
read_character(const char **at, char expected)
{
	if (**at != expected)
		return false;
	(*at)++;
	return true;
}

static bool
is_leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap_year(year));
}

/* Days from the beginning of year 1 to that of a year. */
static int64
days_before_year(int year)
{
	int64		before = year - 1;

	return before * 365 + before / 4 - before / 100 + before / 400;
}

/* Days since 1970 of a valid date. */
static int64
days_since_1970(int year, int month, int day)
{
	int64		days = days_before_year(year) - days_before_year(1970) + day - 1;

	for (int earlier = 1; earlier < month; earlier++)
		days += days_of_month(year, earlier);
	return days;
}

static bool
read_date(const char **at, int64 *days)
{
	int			year;
	int			month;
	int			day;

	if (!read_digits(at, 4, &year) || !read_character(at, '-') || !read_digits(at, 2, &month) ||
		!read_character(at, '-') || !read_digits(at, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	*days = days_since_1970(year, month, day);
	return true;
}

/* The ms after a point, if there is one. */
static bool
read_fraction(const char **at, int *ms)
{
	int			unit = 100;

	*ms = 0;
	if (!read_character(at, '.'))
		return true;
	for (; unit > 0 && **at >= '0' && **at <= '9'; unit /= 10)
		*ms += (*(*at)++ - '0') * unit;
	return unit < 100;
}

static bool
read_time(const char **at, int64 *ms_of_day)
{
	int			hour;
	int			minute;
	int			second;
	int			ms;

	if (!read_digits(at, 2, &hour) || !read_character(at, ':') || !read_digits(at, 2, &minute) ||
		!read_character(at, ':') || !read_digits(at, 2, &second) || !read_fraction(at, &ms))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ms_of_day = (((int64) hour * 60 + minute) * 60 + second) * 1000 + ms;
	return true;
}

/* One or more digits of a number that the sequence of the layout holds. */
static bool
read_logical(const char **at, int64 *logical)
{
	const char *start = *at;

	for (*logical = 0; **at >= '0' && **at <= '9'; (*at)++)
	{
		*logical = *logical * 10 + (**at - '0');
		if (*logical > (int64) layout_max(&layout_hlc, LAYOUT_SEQUENCE))
			return false;
	}
	return *at > start;
}

/*
 * Read a time and a count.  Returns false, with *hlc unchanged, if the text is anything
 * else, or the clock cannot have this value.
 */
bool
hlc_text_read(const char *str, int64 *hlc)
{
	const char *at = str;
	int64		days;
	int64		ms_of_day;
	int64		logical;
	int64		ms;

	if (!read_date(&at, &days) || !read_character(&at, 'T') || !read_time(&at, &ms_of_day) ||
		!read_character(&at, 'Z') || !read_character(&at, '/') || !read_logical(&at, &logical) || *at != '\0')
		return false;
	ms = days * 24 * 60 * 60 * 1000 + ms_of_day;
	if (ms >= layout_end_tick(&layout_hlc))
		return false;
	*hlc = layout_compose(&layout_hlc, layout_tick_position(&layout_hlc, ms) + logical, 0);
	return true;
}
