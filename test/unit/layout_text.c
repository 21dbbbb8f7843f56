/*-------------------------------------------------------------------------
 *
 * layout_text.c
 *	  Tests of layout_text.c, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/layout_text.h"

#include "tap.h"

/* What is read, and what is written of it. */
static const struct
{
	const char *str;
	const char *written;
}			readings[] = {

	{"time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12",
	"time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12"},
	{"  TIME\t41  Bits OF\n1MS since 2020-1-1 ,worker 10 bits,sequence 12 bit ",
	"time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"},
	{"unused 1, time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12",
	"time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"},
	{"time 42 bits of 1 ms since 2020-01-01, worker 10, sequence 12",
	"time 42 bits of 1 ms since 2020-01-01, worker 10, sequence 12"},
	{"unused 3, unused 2, time 41 of 1 ms since 2020-01-01, unused 0, unused 7, sequence 10",
	"unused 5, time 41 bits of 1 ms since 2020-01-01, unused 7, sequence 10"},
	{"time 41 bits of 1 ms since 2020-01-01, sequence 12, unused 10",
	"time 41 bits of 1 ms since 2020-01-01, sequence 12, unused 10"},
	{"time 63 bits of 1 us since 1970-01-01, unused 1",
	"time 63 bits of 1 us since 1970-01-01, unused 1"},
	{"slab 32, time 16 bits of 1 s since 1970-01-01, sequence 16",
	"slab 32, time 16 bits of 1 s since 1970-01-01, sequence 16"},
	{"shard 3, worker 3, datacenter 3, time 36 bits of 60000 ms since 2020-01-01, slab 6, sequence 12",
	"shard 3, worker 3, datacenter 3, time 36 bits of 1 min since 2020-01-01, slab 6, sequence 12"},
	{"time 22 bits of 1440 min since 2020-01-01, worker 10, sequence 31",
	"time 22 bits of 1440 min since 2020-01-01, worker 10, sequence 31"},
	{"time 41 bits of 1500 us since 2020-01-01, sequence 22",
	"time 41 bits of 1500 us since 2020-01-01, sequence 22"},
	{"time 41 bits of 2000 us since 2020-01-01T12:34:56.780000Z, sequence 22",
	"time 41 bits of 2 ms since 2020-01-01 12:34:56.780, sequence 22"},
	{"time 41 bits of 1 us since 2020-01-01 00:00:00.000001 UTC, sequence 22",
	"time 41 bits of 1 us since 2020-01-01 00:00:00.000001, sequence 22"},
	{"time 41 bits of 100 us since 2020-01-01 23:59:59.1, sequence 22",
	"time 41 bits of 100 us since 2020-01-01 23:59:59.100, sequence 22"},
	{"time 41 bits of 1 s since 2020-02-29 23:59 utc, sequence 22",
	"time 41 bits of 1 s since 2020-02-29 23:59:00, sequence 22"},
	{"time 22 bits of 1 s since 9999-12-31 23:59:59, sequence 22, unused 19",
	"time 22 bits of 1 s since 9999-12-31 23:59:59, sequence 22, unused 19"},
};

static void
test_readings(void)
{
	for (int i = 0; i < lengthof(readings); i++)
	{
		SnowflakeLayout layout;
		LayoutProblem problem;
		char		str[LAYOUT_TEXT_SIZE];

		check(layout_read(readings[i].str, &layout, &problem), of("is read", readings[i].written));
		layout_write(&layout, str, sizeof(str));
		is_text(str, readings[i].written, "and is written in its plainest form");
	}
}

#define GRAMMAR \
	"A layout is the name of a preset, as the view snowflake_layouts lists them, or its fields from high to low, as in \"time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12\"."
#define EXPECTED_FIELD \
	"Expected the name of a preset, or a field, which is \"time\", \"datacenter\", \"worker\", \"shard\", \"slab\", \"sequence\" or \"unused\""
#define TOO_FAR \
	"The time reaches beyond the year 294246, where timestamps end."

/* What is not read, and why. */
static const struct
{
	const char *str;
	const char *detail;
	const char *hint;
}			refusals[] = {

	/* the grammar of fields */
	{"", EXPECTED_FIELD ".", GRAMMAR},
	{" ,", EXPECTED_FIELD ".", GRAMMAR},
	{"twiter", EXPECTED_FIELD ", but found \"twiter\".", GRAMMAR},
	{"times 41", EXPECTED_FIELD ", but found \"times 41\".", GRAMMAR},
	{"a name that is longer than is shown", EXPECTED_FIELD ", but found \"a name that is longe\".", GRAMMAR},
	{"1234567890123456789é", EXPECTED_FIELD ", but found \"1234567890123456789\".", GRAMMAR},
	{"123456789012345678é9", EXPECTED_FIELD ", but found \"123456789012345678é\".", GRAMMAR},
	{"time", "Expected a number of bits.", GRAMMAR},
	{"time 100 bits", "Expected a number of bits, but found \"100 bits\".", GRAMMAR},
	{"time -1", "Expected a number of bits, but found \"-1\".", GRAMMAR},
	{"worker 10 sequence 12", "Expected a comma or the end, but found \"sequence 12\".", GRAMMAR},
	{"worker 10,", EXPECTED_FIELD ".", GRAMMAR},
	{"worker 5, worker 5", "There are two fields \"worker\".", NULL},
	{"worker 0", "Field \"worker\" has 0 bits; it must have from 1 to 31.", NULL},
	{"worker 32", "Field \"worker\" has 32 bits; it must have from 1 to 31.", NULL},
	{"slab 63", "Field \"slab\" has 63 bits; it must have from 1 to 62.", NULL},
	{"time 64", "Field \"time\" has 64 bits; it must have from 1 to 63.", NULL},
	{"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0,"
		"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0,"
		"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0,"
		"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0,"
		"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0,"
		"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0,"
		"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0,"
		"unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0, unused 0",
	"There are more than 64 fields.", NULL},

	/* the time's tick */
	{"time 41", "Expected the length of a tick, as in \"of 1 ms\", after the bits of the time.", GRAMMAR},
	{"time 41, worker 10",
	"Expected the length of a tick, as in \"of 1 ms\", after the bits of the time.", GRAMMAR},
	{"time 41 bits of ms", "Expected the length of a tick, as in \"1 ms\", but found \"ms\".", GRAMMAR},
	{"time 41 bits of 1234567890 us",
	"Expected the length of a tick, as in \"1 ms\", but found \"1234567890 us\".", GRAMMAR},
	{"time 41 bits of 1 day", "Expected the unit of a tick, \"us\", \"ms\", \"s\" or \"min\", but found \"day\".", GRAMMAR},
	{"time 41 bits of 1 since", "Expected the unit of a tick, \"us\", \"ms\", \"s\" or \"min\", but found \"since\".", GRAMMAR},
	{"time 41 bits of 0 ms", "A tick must be from 1 us to a day, which is 1440 min.", NULL},
	{"time 41 bits of 1441 min", "A tick must be from 1 us to a day, which is 1440 min.", NULL},
	{"time 41 bits of 999999999 min", "A tick must be from 1 us to a day, which is 1440 min.", NULL},
	{"time 41 bits of 1 ms, worker 10",
	"Expected the epoch, as in \"since 2020-01-01\", after the length of a tick.", GRAMMAR},

	/* the epoch */
	{"time 41 bits of 1 ms since", "Expected a date, as in \"2020-01-31\".", GRAMMAR},
	{"time 41 bits of 1 ms since 1577836800000",
	"Expected a date, as in \"2020-01-31\", but found \"1577836800000\".", GRAMMAR},
	{"time 41 bits of 1 ms since 2020/01/31",
	"Expected a date, as in \"2020-01-31\", but found \"2020/01/31\".", GRAMMAR},
	{"time 41 bits of 1 ms since 2020-01-311",
	"Expected a date, as in \"2020-01-31\", but found \"2020-01-311\".", GRAMMAR},
	{"time 41 bits of 1 ms since 1969-12-31", "The epoch must be a date from 1970-01-01 to 9999-12-31.", NULL},
	{"time 41 bits of 1 ms since 2020-13-01", "The epoch must be a date from 1970-01-01 to 9999-12-31.", NULL},
	{"time 41 bits of 1 ms since 2020-00-01", "The epoch must be a date from 1970-01-01 to 9999-12-31.", NULL},
	{"time 41 bits of 1 ms since 2020-01-00", "The epoch must be a date from 1970-01-01 to 9999-12-31.", NULL},
	{"time 41 bits of 1 ms since 2020-01-32", "The epoch must be a date from 1970-01-01 to 9999-12-31.", NULL},
	{"time 41 bits of 1 ms since 2020-02-30", "The month of the epoch has no day 30.", NULL},
	{"time 41 bits of 1 ms since 2021-02-29", "The month of the epoch has no day 29.", NULL},
	{"time 41 bits of 1 ms since 2100-02-29", "The month of the epoch has no day 29.", NULL},
	{"time 41 bits of 1 ms since 2020-11-31", "The month of the epoch has no day 31.", NULL},
	{"time 41 bits of 1 ms since 2020-01-01 12",
	"Expected a time, as in \"23:59\" or \"23:59:59.999\", but found \"12\".", GRAMMAR},
	{"time 41 bits of 1 ms since 2020-01-01 12:00:x", "Expected seconds, but found \"x\".", GRAMMAR},
	{"time 41 bits of 1 ms since 2020-01-01 12:00:00.",
	"Expected up to 6 digits of a second's fraction.", GRAMMAR},
	{"time 41 bits of 1 ms since 2020-01-01 12:00:00.1234567",
	"Expected up to 6 digits of a second's fraction, but found \"1234567\".", GRAMMAR},
	{"time 41 bits of 1 ms since 2020-01-01 24:00",
	"The epoch's time of day must be from 00:00 to 23:59:59.999999.", NULL},
	{"time 41 bits of 1 ms since 2020-01-01 23:60",
	"The epoch's time of day must be from 00:00 to 23:59:59.999999.", NULL},
	{"time 41 bits of 1 ms since 2020-01-01 23:59:60",
	"The epoch's time of day must be from 00:00 to 23:59:59.999999.", NULL},
	{"time 41 bits of 1 ms since 2020-01-01 12:00+01, sequence 22",
	"Expected a comma or the end, but found \"+01\".", GRAMMAR},
	{"time 41 bits of 1 ms since 2020-01-01 00:00:00.0005, sequence 22",
	"The epoch is not at the start of a tick.", "Choose an epoch that is a whole number of ticks after 1970-01-01."},

	/* the layout as a whole */
	{"time 41 bits of 1 ms since 2020-01-01, sequence 21",
		"The fields add up to 62 bits; they must add up to 64, or to 63 without the sign bit.",
	"Name the bits that are not used, as in \"unused 10\"."},
	{"time 41 bits of 1 ms since 2020-01-01, sequence 24",
	"The fields add up to 65 bits; they must add up to 64, or to 63 without the sign bit.", NULL},
	{"worker 31, sequence 31, unused 1", "There is no field \"time\".", "For numbers without a time, use a sequence."},
	{"time 1 bit of 1 ms since 2020-01-01, worker 31, shard 31, unused 1", "The only bit of the time is the sign bit.", NULL},
	{"sequence 12, time 41 bits of 1 ms since 2020-01-01, worker 10",
	"The sequence is above the time, so IDs would not increase.", NULL},
	{"time 63 bits of 1 us since 1970-01-01", TOO_FAR, "Give the time fewer bits, and leave the highest unused."},
	{"time 62 bits of 2 us since 1970-01-01, unused 1", TOO_FAR, "Give the time fewer bits, and leave the highest unused."},
	{"time 62 bits of 1 ms since 1970-01-01, unused 1", TOO_FAR, "Give the time fewer bits, and leave the highest unused."},
	{"time 53 bits of 1 ms since 9999-12-31, worker 10",
	TOO_FAR, "Give the time fewer bits, and leave the highest unused."},
};

static void
test_refusals(void)
{
	for (int i = 0; i < lengthof(refusals); i++)
	{
		SnowflakeLayout layout;
		LayoutProblem problem = {0};

		check(!layout_read(refusals[i].str, &layout, &problem), of("is refused", refusals[i].str));
		is_text(problem.detail, refusals[i].detail, "and why");
		if (refusals[i].hint == NULL)
			check(problem.hint == NULL, "and no hint is needed");
		else
			is_text(problem.hint ? problem.hint : "", refusals[i].hint, "and what to do");
	}
}

static void
test_ticks(void)
{
	static const struct
	{
		int64		us;
		const char *str;
	}			ticks[] = {
		{1, "1 us"}, {999, "999 us"}, {1000, "1 ms"}, {1001, "1001 us"}, {10000, "10 ms"}, {1000000, "1 s"},
		{59 * US_PER_S, "59 s"}, {60 * US_PER_S, "1 min"}, {90 * US_PER_S, "90 s"}, {86400 * US_PER_S, "1440 min"},
	};

	for (int i = 0; i < lengthof(ticks); i++)
	{
		char		str[32];

		layout_write_tick(ticks[i].us, str, sizeof(str));
		is_text(str, ticks[i].str, "a tick");
	}
}

static void
test_moments(void)
{
	static const struct
	{
		int64		us;
		const char *str;
	}			moments[] = {
		{0, "1970-01-01"}, {1, "1970-01-01 00:00:00.000001"}, {1000, "1970-01-01 00:00:00.001"},
		{US_PER_S, "1970-01-01 00:00:01"}, {86400 * US_PER_S - 1, "1970-01-01 23:59:59.999999"},
		{86400 * US_PER_S, "1970-01-02"}, {INT64CONST(951782400000000), "2000-02-29"},
		{INT64CONST(4107542400000000), "2100-03-01"}, {INT64CONST(253402300799999000), "9999-12-31 23:59:59.999"},
		{INT64CONST(253402300800000000), "10000-01-01"},
		{PG_INT64_MAX, "294247-01-10 04:00:54.775807"},
	};

	for (int i = 0; i < lengthof(moments); i++)
	{
		char		str[LAYOUT_TIMESTAMP_SIZE];

		layout_write_timestamp(moments[i].us, str, sizeof(str));
		is_text(str, moments[i].str, "a moment");
	}
}

/* Is this day, so many after 1970-01-01, written so and read back? */
static bool
is_day(int64 days, int year, int month, int day)
{
	char		date[LAYOUT_TIMESTAMP_SIZE];
	char		expected[LAYOUT_TIMESTAMP_SIZE];
	char		str[LAYOUT_TEXT_SIZE];
	SnowflakeLayout layout;
	LayoutProblem problem;

	layout_write_timestamp(days * 86400 * US_PER_S, date, sizeof(date));
	snprintf(expected, sizeof(expected), "%04d-%02d-%02d", year, month, day);
	snprintf(str, sizeof(str), "time 22 bits of 1440 min since %s, unused 41", expected);
	return strcmp(date, expected) == 0 && layout_read(str, &layout, &problem) && layout.epoch_ticks == days;
}

/* The days on both sides of where months of uncertain length and years end, up to 9999. */
static void
test_calendar(void)
{
	bool		all = true;

	for (int64 year = 1970, days = 0; year <= 9999; year++)
	{
		int64		leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

		all = all && is_day(days, year, 1, 1) && is_day(days + 31 + 27, year, 2, 28) &&
			(!leap || is_day(days + 31 + 28, year, 2, 29)) && is_day(days + 31 + 28 + leap, year, 3, 1) &&
			is_day(days + 364 + leap, year, 12, 31);
		days += 365 + leap;
	}
	check(all, "dates of 1970 to 9999");
}

int
main(void)
{
	test_readings();
	test_refusals();
	test_ticks();
	test_moments();
	test_calendar();
	return done_testing();
}
