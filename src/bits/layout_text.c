/*-------------------------------------------------------------------------
 *
 * layout_text.c
 *	  See layout_text.h.
 *
 * The text names the fields from high to low with their bits.  The time also has the
 * length of a tick and the epoch, in UTC:
 *
 *		time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12
 *
 * Fields that add up to 63 bits leave out the sign bit.  layout_presets.c has the
 * names of presets.
 *
 * No fmgr, no shared memory, no allocation; problems are returned.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "common/int.h"

#include "bits/layout_text.h"

const char *const layout_field_names[LAYOUT_FIELDS] = {
	[LAYOUT_TIME] = "time",
	[LAYOUT_SEQUENCE] = "sequence",
	[LAYOUT_DATACENTER] = "datacenter",
	[LAYOUT_WORKER] = "worker",
	[LAYOUT_SHARD] = "shard",
	[LAYOUT_SLAB] = "slab",
};

/* A value must fit its column of snowflake_parse(). */
static const int most_bits[LAYOUT_FIELDS] = {
	[LAYOUT_TIME] = 63,
	[LAYOUT_SEQUENCE] = 31,
	[LAYOUT_DATACENTER] = 31,
	[LAYOUT_WORKER] = 31,
	[LAYOUT_SHARD] = 31,
	[LAYOUT_SLAB] = 62,
};

/* Long units first: a tick is written in the first unit that divides it. */
static const TimeUnit tick_units[] = {
	{"min", 60 * US_PER_S},
	{"s", US_PER_S},
	{"ms", US_PER_MS},
	{"us", 1},
};

#define DAY_US (86400 * US_PER_S)

typedef struct Reader
{
	const char *at;
	LayoutProblem *problem;
} Reader;

static bool set_problem(LayoutProblem *problem, const char *hint, const char *format, ...) pg_attribute_printf(3, 4);

/* Returns false, for the caller to return. */
static bool
set_problem(LayoutProblem *problem, const char *hint, const char *format, ...)
{
	va_list		values;

	va_start(values, format);
	vsnprintf(problem->detail, sizeof(problem->detail), format, values);
	va_end(values);
	problem->hint = hint;
	return false;
}

static const char *const grammar_hint = "A layout is the name of a preset, as the view snowflake_layouts lists them, or its fields from high to low, as in \"time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12\".";

/* What can be missing. */
typedef enum Expected
{
	EXPECTED_FIELD,
	EXPECTED_BITS,
	EXPECTED_TICK,
	EXPECTED_TICK_LENGTH,
	EXPECTED_TICK_UNIT,
	EXPECTED_EPOCH,
	EXPECTED_DATE,
	EXPECTED_TIME,
	EXPECTED_SECONDS,
	EXPECTED_FRACTION,
	EXPECTED_END,
} Expected;

/* The sentences about it: if nothing is in its place, and if something else is, which is shown. */
typedef struct SyntaxProblem
{
	const char *nothing;
	const char *other;
} SyntaxProblem;

static const SyntaxProblem syntax_problems[] = {
	[EXPECTED_FIELD] = {
		.nothing = "Expected the name of a preset, or a field, which is \"time\", \"datacenter\", \"worker\", \"shard\", \"slab\", \"sequence\" or \"unused\".",
		.other = "Expected the name of a preset, or a field, which is \"time\", \"datacenter\", \"worker\", \"shard\", \"slab\", \"sequence\" or \"unused\", but found \"%.*s\".",
	},
	[EXPECTED_BITS] = {
		.nothing = "Expected a number of bits.",
		.other = "Expected a number of bits, but found \"%.*s\".",
	},
	[EXPECTED_TICK] = {
		.nothing = "Expected the length of a tick, as in \"of 1 ms\", after the bits of the time.",
		.other = "Expected the length of a tick, as in \"of 1 ms\", after the bits of the time, but found \"%.*s\".",
	},
	[EXPECTED_TICK_LENGTH] = {
		.nothing = "Expected the length of a tick, as in \"1 ms\".",
		.other = "Expected the length of a tick, as in \"1 ms\", but found \"%.*s\".",
	},
	[EXPECTED_TICK_UNIT] = {
		.nothing = "Expected the unit of a tick, \"us\", \"ms\", \"s\" or \"min\".",
		.other = "Expected the unit of a tick, \"us\", \"ms\", \"s\" or \"min\", but found \"%.*s\".",
	},
	[EXPECTED_EPOCH] = {
		.nothing = "Expected the epoch, as in \"since 2020-01-01\", after the length of a tick.",
		.other = "Expected the epoch, as in \"since 2020-01-01\", after the length of a tick, but found \"%.*s\".",
	},
	[EXPECTED_DATE] = {
		.nothing = "Expected a date, as in \"2020-01-31\".",
		.other = "Expected a date, as in \"2020-01-31\", but found \"%.*s\".",
	},
	[EXPECTED_TIME] = {
		.nothing = "Expected a time, as in \"23:59\" or \"23:59:59.999\".",
		.other = "Expected a time, as in \"23:59\" or \"23:59:59.999\", but found \"%.*s\".",
	},
	[EXPECTED_SECONDS] = {
		.nothing = "Expected seconds.",
		.other = "Expected seconds, but found \"%.*s\".",
	},
	[EXPECTED_FRACTION] = {
		.nothing = "Expected up to 6 digits of a second's fraction.",
		.other = "Expected up to 6 digits of a second's fraction, but found \"%.*s\".",
	},
	[EXPECTED_END] = {
		.nothing = "Expected a comma or the end.",
		.other = "Expected a comma or the end, but found \"%.*s\".",
	},
};

/* Show what was found instead of what was expected, without cutting a character in two. */
static bool
set_syntax_problem(Reader *reader, Expected expected)
{
	int			length = 0;

	while (length < 20 && reader->at[length] != '\0' && reader->at[length] != ',')
		length++;
	while (length > 0 && (reader->at[length] & 0xC0) == 0x80)
		length--;
	if (length == 0)
		return set_problem(reader->problem, grammar_hint, "%s", syntax_problems[expected].nothing);
	return set_problem(reader->problem, grammar_hint, syntax_problems[expected].other, length, reader->at);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
skip_space(Reader *reader)
{
	while (is_space(*reader->at))
		reader->at++;
}

/* Take a word in any case, if it comes next. */
static bool
take_word(Reader *reader, const char *word)
{
	size_t		length = strlen(word);

	skip_space(reader);
	if (pg_strncasecmp(reader->at, word, length) != 0 || is_letter(reader->at[length]))
		return false;
	reader->at += length;
	return true;
}

static bool
take_character(Reader *reader, char c)
{
	if (*reader->at != c)
		return false;
	reader->at++;
	return true;
}

/* Take a number of at most most_digits (1 .. 18) digits; a longer one is not taken. */
static bool
take_number(Reader *reader, int most_digits, int64 *number)
{
	const char *end = reader->at;

	*number = 0;
	while (is_digit(*end) && end - reader->at < most_digits)
		*number = *number * 10 + (*end++ - '0');
	if (end == reader->at || is_digit(*end))
		return false;
	reader->at = end;
	return true;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar.  In the formula, years begin in March. */
static int64
days_since_1970(int64 year, int64 month, int64 day)
{
	int64		years = month > 2 ? year : year - 1;
	int64		months = month > 2 ? month - 3 : month + 9;

	return 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 1 - 719468;
}

/* days must not be negative. */
static void
days_to_date(int64 days, int64 *year, int64 *month, int64 *day)
{
	*year = 1970 + days / 366;
	while (days_since_1970(*year + 1, 1, 1) <= days)
		(*year)++;
	*month = 12;
	while (days_since_1970(*year, *month, 1) > days)
		(*month)--;
	*day = days - days_since_1970(*year, *month, 1) + 1;
}

/* Take "2020-01-31" as days since 1970. */
static bool
take_date(Reader *reader, int64 *days)
{
	const char *start;
	int64		year,
				month,
				day;
	int64		year_again,
				month_again,
				day_again;

	skip_space(reader);
	start = reader->at;
	if (!take_number(reader, 4, &year) || !take_character(reader, '-') ||
		!take_number(reader, 2, &month) || !take_character(reader, '-') ||
		!take_number(reader, 2, &day))
	{
		reader->at = start;
		return set_syntax_problem(reader, EXPECTED_DATE);
	}
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return set_problem(reader->problem, NULL, "The epoch must be a date from 1970-01-01 to 9999-12-31.");
	*days = days_since_1970(year, month, day);
	days_to_date(*days, &year_again, &month_again, &day_again);
	if (day_again != day)
		return set_problem(reader->problem, NULL, "The month of the epoch has no day %d.", (int) day);
	return true;
}

static bool
take_fraction(Reader *reader, int64 *us)
{
	const char *digits = reader->at;

	if (!take_number(reader, 6, us))
		return set_syntax_problem(reader, EXPECTED_FRACTION);
	for (int64 places = reader->at - digits; places < 6; places++)
		*us *= 10;
	return true;
}

/* Take "23:59", "23:59:59" or "23:59:59.999999" as us. */
static bool
take_time_of_day(Reader *reader, int64 *us)
{
	const char *start = reader->at;
	int64		hour,
				minute,
				second = 0,
				fraction = 0;

	if (!take_number(reader, 2, &hour) || !take_character(reader, ':') || !take_number(reader, 2, &minute))
	{
		reader->at = start;
		return set_syntax_problem(reader, EXPECTED_TIME);
	}
	if (take_character(reader, ':'))
	{
		if (!take_number(reader, 2, &second))
			return set_syntax_problem(reader, EXPECTED_SECONDS);
		if (take_character(reader, '.') && !take_fraction(reader, &fraction))
			return false;
	}
	if (hour > 23 || minute > 59 || second > 59)
		return set_problem(reader->problem, NULL, "The epoch's time of day must be from 00:00 to 23:59:59.999999.");
	*us = ((hour * 60 + minute) * 60 + second) * US_PER_S + fraction;
	return true;
}

/* Take a timestamp in UTC as us since 1970. */
static bool
take_epoch(Reader *reader, int64 *unix_us)
{
	int64		days = 0;
	int64		of_day_us = 0;

	if (!take_date(reader, &days))
		return false;
	if (take_character(reader, 'T') || is_space(*reader->at))
	{
		skip_space(reader);
		if (is_digit(*reader->at) && !take_time_of_day(reader, &of_day_us))
			return false;
	}
	if (!take_word(reader, "UTC"))
		(void) take_word(reader, "Z");
	*unix_us = days * DAY_US + of_day_us;
	return true;
}

/* Take "10 ms" as us. */
static bool
take_tick(Reader *reader, int64 *tick_us)
{
	int64		count;

	skip_space(reader);
	if (!take_number(reader, 9, &count))
		return set_syntax_problem(reader, EXPECTED_TICK_LENGTH);
	for (int i = 0; i < lengthof(tick_units); i++)
	{
		if (!take_word(reader, tick_units[i].name))
			continue;
		*tick_us = count * tick_units[i].us;
		if (*tick_us < 1 || *tick_us > DAY_US)
			return set_problem(reader->problem, NULL, "A tick must be from 1 us to a day, which is 1440 min.");
		return true;
	}
	return set_syntax_problem(reader, EXPECTED_TICK_UNIT);
}

/* Take what follows the bits of the time: "of 1 ms since 2020-01-01". */
static bool
take_time_unit(Reader *reader, SnowflakeLayout *layout)
{
	int64		epoch_us;

	if (!take_word(reader, "of"))
		return set_syntax_problem(reader, EXPECTED_TICK);
	if (!take_tick(reader, &layout->tick_us))
		return false;
	if (!take_word(reader, "since"))
		return set_syntax_problem(reader, EXPECTED_EPOCH);
	if (!take_epoch(reader, &epoch_us))
		return false;
	if (epoch_us % layout->tick_us != 0)
		return set_problem(reader->problem, "Choose an epoch that is a whole number of ticks after 1970-01-01.",
						   "The epoch is not at the start of a tick.");
	layout->epoch_ticks = epoch_us / layout->tick_us;
	return true;
}

#define UNUSED_BITS LAYOUT_FIELDS
#define NO_FIELD (LAYOUT_FIELDS + 1)

/* Take the name of a field, or "unused". */
static int
take_field_name(Reader *reader)
{
	for (int field = 0; field < LAYOUT_FIELDS; field++)
		if (take_word(reader, layout_field_names[field]))
			return field;
	return take_word(reader, "unused") ? UNUSED_BITS : NO_FIELD;
}

/* Take a field and set its width.  take_fields() sets its place. */
static bool
take_field(Reader *reader, SnowflakeLayout *layout, int *field, int *bits)
{
	int64		number;

	*field = take_field_name(reader);
	if (*field == NO_FIELD)
		return set_syntax_problem(reader, EXPECTED_FIELD);
	skip_space(reader);
	if (!take_number(reader, 2, &number))
		return set_syntax_problem(reader, EXPECTED_BITS);
	*bits = number;
	if (!take_word(reader, "bits"))
		(void) take_word(reader, "bit");
	if (*field == UNUSED_BITS)
		return true;

	if (layout_has(layout, *field))
		return set_problem(reader->problem, NULL, "There are two fields \"%s\".", layout_field_names[*field]);
	if (number < 1 || number > most_bits[*field])
		return set_problem(reader->problem, NULL, "Field \"%s\" has %d bits; it must have from 1 to %d.",
						   layout_field_names[*field], (int) number, most_bits[*field]);
	layout->bits[*field] = number;
	return *field != LAYOUT_TIME || take_time_unit(reader, layout);
}

/* Each part of a layout has at least one of its 64 bits. */
#define MOST_PARTS 64

static bool
take_fields(Reader *reader, SnowflakeLayout *layout)
{
	int			fields[MOST_PARTS];
	int			bits[MOST_PARTS] = {0};
	int			parts = 0;
	int			sum = 0;

	do
	{
		if (parts == MOST_PARTS)
			return set_problem(reader->problem, NULL, "There are more than %d fields.", MOST_PARTS);
		if (!take_field(reader, layout, &fields[parts], &bits[parts]))
			return false;
		sum += bits[parts++];
		skip_space(reader);
	} while (take_character(reader, ','));

	if (*reader->at != '\0')
		return set_syntax_problem(reader, EXPECTED_END);
	if (sum != 63 && sum != 64)
		return set_problem(reader->problem, sum < 63 ? "Name the bits that are not used, as in \"unused 10\"." : NULL,
						   "The fields add up to %d bits; they must add up to 64, or to 63 without the sign bit.", sum);

	for (int i = 0, below = sum; i < parts; i++)
	{
		below -= bits[i];
		if (fields[i] != UNUSED_BITS)
			layout->shift[fields[i]] = below;
	}
	return true;
}

/* Check the layout as a whole. */
static bool
check_valid(const SnowflakeLayout *layout, LayoutProblem *problem)
{
	int64		end_tick;
	int64		end_us;

	if (!layout_has(layout, LAYOUT_TIME))
		return set_problem(problem, "For numbers without a time, use a sequence.", "There is no field \"time\".");
	if (layout_usable_bits(layout, LAYOUT_TIME) == 0)
		return set_problem(problem, NULL, "The only bit of the time is the sign bit.");
	if (layout->shift[LAYOUT_SEQUENCE] > layout->shift[LAYOUT_TIME])
		return set_problem(problem, NULL, "The sequence is above the time, so IDs would not increase.");
	if (layout_usable_bits(layout, LAYOUT_TIME) > 62 ||
		pg_add_s64_overflow(layout->epoch_ticks, layout_end_tick(layout), &end_tick) ||
		pg_mul_s64_overflow(end_tick, layout->tick_us, &end_us))
		return set_problem(problem, "Give the time fewer bits, and leave the highest unused.",
						   "The time reaches beyond the year 294246, where timestamps end.");
	return true;
}

/*
 * Read a layout in words.  Returns false if it is not a valid layout: then problem says
 * why, and layout is undefined.
 */
bool
layout_read(const char *str, SnowflakeLayout *layout, LayoutProblem *problem)
{
	Reader		reader = {
		.at = str,
		.problem = problem,
	};

	memset(layout, 0, sizeof(SnowflakeLayout));
	return take_fields(&reader, layout) && check_valid(layout, problem);
}

/* Write the length of a tick, as in "10 ms". */
void
layout_write_tick(int64 tick_us, char *str, size_t size)
{
	const TimeUnit *unit = tick_units;

	while (tick_us % unit->us != 0)
		unit++;
	snprintf(str, size, "%lld %s", (long long) (tick_us / unit->us), unit->name);
}

/* Write us since 1970 (not negative) as layout_read() takes an epoch. */
void
layout_write_timestamp(int64 unix_us, char *str, size_t size)
{
	int64		second = unix_us % DAY_US / US_PER_S;
	int			fraction = unix_us % US_PER_S;
	int64		year,
				month,
				day;
	int			length;

	days_to_date(unix_us / DAY_US, &year, &month, &day);
	length = snprintf(str, size, "%04d-%02d-%02d", (int) year, (int) month, (int) day);
	if (unix_us % DAY_US != 0)
		length += snprintf(str + length, size - length, " %02d:%02d:%02d",
						   (int) (second / 3600), (int) (second / 60 % 60), (int) (second % 60));
	if (fraction % US_PER_MS != 0)
		snprintf(str + length, size - length, ".%06d", fraction);
	else if (fraction != 0)
		snprintf(str + length, size - length, ".%03d", (int) (fraction / US_PER_MS));
}

/* The highest field below a bit; NO_FIELD if there is none. */
static int
next_lower_field(const SnowflakeLayout *layout, int below)
{
	int			next = NO_FIELD;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
	{
		if (!layout_has(layout, field) || layout->shift[field] >= below)
			continue;
		if (next == NO_FIELD || layout->shift[field] > layout->shift[next])
			next = field;
	}
	return next;
}

/* Write a layout in words as layout_read() takes it.  LAYOUT_TEXT_SIZE bytes hold any layout. */
void
layout_write(const SnowflakeLayout *layout, char *str, size_t size)
{
	char		tick[32];
	char		epoch[LAYOUT_TIMESTAMP_SIZE];
	int			length = 0;
	int			below;

	layout_write_tick(layout->tick_us, tick, sizeof(tick));
	layout_write_timestamp(layout->epoch_ticks * layout->tick_us, epoch, sizeof(epoch));

	/* An unused sign bit is not written. */
	below = layout_uses_sign(layout, next_lower_field(layout, 64)) ? 64 : 63;
	while (below > 0)
	{
		int			field = next_lower_field(layout, below);
		int			top = field == NO_FIELD ? 0 : layout->shift[field] + layout->bits[field];

		if (top < below)
			length += snprintf(str + length, size - length, "%sunused %d",
							   length > 0 ? ", " : "", below - top);
		if (field == NO_FIELD)
			break;
		length += snprintf(str + length, size - length, "%s%s %d", length > 0 ? ", " : "",
						   layout_field_names[field], layout->bits[field]);
		if (field == LAYOUT_TIME)
			length += snprintf(str + length, size - length, " bits of %s since %s", tick, epoch);
		below = layout->shift[field];
	}
}
