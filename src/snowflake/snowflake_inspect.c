/*-------------------------------------------------------------------------
 *
 * snowflake_inspect.c
 *	  snowflake_inspect(): the formats that an ID may have, in words and a
 *	  picture.
 *
 * With a layout, the report is the bits and their meaning, and depends on
 * nothing else.  Without one, it ranks the layouts that the ID may have, and
 * has the picture for the most plausible one; see layout_guess.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "common/int.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/clipped_text.h"
#include "bits/layout_capacity.h"
#include "bits/layout_guess.h"
#include "bits/layout_picture.h"
#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "engine/clock.h"
#include "generator/own_layouts.h"
#include "snowflake/snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_inspect);
PG_FUNCTION_INFO_V1(idgen_snowflake_inspect_text);
PG_FUNCTION_INFO_V1(idgen_snowflake_inspect_layout);
PG_FUNCTION_INFO_V1(idgen_snowflake_inspect_text_layout);

/* Candidates with a smaller chance get no line of their own. */
#define LEAST_CHANCE 0.01

static const TimeUnit age_units[] = {
	{"year", YEAR_US},
	{"day", USECS_PER_DAY},
	{"hour", USECS_PER_HOUR},
	{"minute", USECS_PER_MINUTE},
	{"second", USECS_PER_SEC},
};

/* Is it a character that is ignored around and between the digits of a copied number? */
static bool
is_ornament(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == '_' || c == '"' || c == '\'';
}

/* Returns false if 64 bits overflow. */
static bool
append_digit_to_number(uint64 *number, char digit)
{
	return !pg_mul_u64_overflow(*number, 10, number) && !pg_add_u64_overflow(*number, digit - '0', number);
}

/* The lengths of 128-bit IDs as text. */
#define UUID_LENGTH 36
#define ULID_LENGTH 26

/*
 * The hint: which function reads a text that is not a decimal number of 64
 * bits.
 */
static const char *
get_reader_hint(const char *copied)
{
	size_t		length = 0;

	for (const char *c = copied; *c != '\0'; c++)
		length += !is_ornament(*c);
	if (length == UUID_LENGTH)
		return "A UUID is read by uuid_inspect().";
	if (length == ULID_LENGTH)
		return "A ULID is read by a cast to ulid, and its time by ulid_timestamp().";
	return "Text in base62, base58, base32 or hex is read by snowflake_decode().";
}

/*
 * Read the 64 bits of an ID from a decimal number: -2^63, as in a bigint, .. 2^64 - 1.
 * ERROR INVALID_TEXT_REPRESENTATION or NUMERIC_VALUE_OUT_OF_RANGE for other text.
 */
static uint64
read_snowflake_text(text *argument)
{
	char	   *copied = text_to_cstring(argument);
	char	   *at = copied;
	bool		negative = false;
	bool		in_range = true;
	int			digits = 0;
	uint64		number = 0;

	while (is_ornament(*at))
		at++;
	if (*at == '-')
	{
		negative = true;
		at++;
	}
	for (; *at != '\0'; at++)
	{
		if (is_ornament(*at))
			continue;
		if (*at < '0' || *at > '9')
			break;
		digits++;
		in_range = in_range && append_digit_to_number(&number, *at);
	}
	if (digits == 0 || *at != '\0')
		ereport(ERROR,
				errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid input syntax for a snowflake ID: \"%s\"", clip_text(copied)),
				errdetail("An ID is a decimal number; spaces, commas, underscores and quotes do not matter."),
				errhint("%s", get_reader_hint(copied)));
	if (!in_range || (negative && number > UINT64CONST(1) << 63))
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("value \"%s\" is out of range for a snowflake ID", clip_text(copied)),
				errdetail("An ID has 64 bits: from -9223372036854775808 to 18446744073709551615."),
				strspn(copied, "0123456789") == ULID_LENGTH ? errhint("%s", get_reader_hint(copied)) : 0);
	return negative ? -number : number;
}

/* The ID in decimal and hex, and as a bigint if that differs. */
static void
append_forms(StringInfo str, uint64 id)
{
	appendStringInfo(str, "%llu = 0x%016llX", (unsigned long long) id, (unsigned long long) id);
	if (id > PG_INT64_MAX)
		appendStringInfo(str, ", as bigint %lld", (long long) id);
}

static void
append_picture(StringInfo str, const SnowflakeLayout *layout, uint64 id)
{
	char		picture[LAYOUT_PICTURE_SIZE];

	layout_draw_picture(layout, id, picture, sizeof(picture));
	appendStringInfoString(str, picture);
}

/* The layout, the picture, and the note of the preset. */
static void
append_layout(StringInfo str, const SnowflakeLayout *layout, uint64 id)
{
	const LayoutPreset *preset = layout_find_preset(layout);
	char		specification[LAYOUT_TEXT_SIZE];

	layout_write(layout, specification, sizeof(specification));
	if (preset != NULL)
		appendStringInfo(str, "As %s: %s\n", preset->name, preset->used_by);
	appendStringInfo(str, "%s\n\n", specification);
	append_picture(str, layout, id);
	if (preset != NULL && preset->note != NULL)
		appendStringInfo(str, "\n\n%s", preset->note);
}

/* In the largest unit that fits. */
static void
append_age(StringInfo str, int64 age_us)
{
	int64		span_us = Max(age_us, -age_us);

	for (int i = 0; i < lengthof(age_units); i++)
	{
		int64		count = span_us / age_units[i].us;

		if (count == 0)
			continue;
		appendStringInfo(str, "%lld %s%s %s", (long long) count, age_units[i].name, count == 1 ? "" : "s",
						 age_us > 0 ? "ago" : "ahead");
		return;
	}
	appendStringInfoString(str, "now");
}

static void
append_time_and_age(StringInfo str, const SnowflakeLayout *layout, uint64 id, int64 now_us)
{
	int64		unix_us;
	char		timestamp[LAYOUT_TIMESTAMP_SIZE];

	if (layout_is_in_slabs(layout) ||
		!layout_try_tick_start_us(layout, layout_get(layout, LAYOUT_TIME, id), &unix_us))
	{
		appendStringInfoString(str, "no date");
		return;
	}
	layout_write_timestamp(unix_us, timestamp, sizeof(timestamp));
	appendStringInfo(str, "%s UTC, ", timestamp);
	append_age(str, now_us - unix_us);
}

/* The fields other than the time. */
static void
append_fields(StringInfo str, const SnowflakeLayout *layout, uint64 id)
{
	const char *between = ": ";

	for (int i = 1; i < LAYOUT_FIELDS; i++)
	{
		/* The sequence is the second field, but comes last in the report. */
		int			field = i + 1 < LAYOUT_FIELDS ? i + 1 : LAYOUT_SEQUENCE;

		if (!layout_has(layout, field))
			continue;
		appendStringInfo(str, "%s%s %llu", between, layout_field_names[field],
						 (unsigned long long) layout_get(layout, field, id));
		between = ", ";
	}
}

static void
append_doubts(StringInfo str, const LayoutCandidate *candidate)
{
	const LayoutDoubts *doubts = &candidate->doubts;

	if (doubts->before_system)
		appendStringInfoString(str, "; there were no such IDs yet");
	if (doubts->near_epoch)
		appendStringInfoString(str, "; there were hardly any such IDs yet");
	if (doubts->node_too_low)
		appendStringInfo(str, "; nodes are numbered from %d", candidate->preset->usage.first_node);
	if (doubts->sequence_too_low)
		appendStringInfo(str, "; the sequence starts at %d", candidate->preset->usage.first_sequence);
	if (doubts->sequence_high)
		appendStringInfo(str, "; the sequence is high, and starts at %d in each tick",
						 candidate->preset->usage.first_sequence);
}

static const char *
get_candidate_name(const LayoutCandidate *candidate)
{
	if (candidate->kind == CANDIDATE_OTHER_EPOCH)
		return "the same fields with another epoch";
	if (candidate->kind == CANDIDATE_COUNTER)
		return "a count, not a snowflake ID";
	if (candidate->kind == CANDIDATE_RANDOM)
		return "a random number, not a snowflake ID";
	return candidate->preset != NULL ? candidate->preset->name : candidate->own->name;
}

static void
append_candidate(StringInfo str, const LayoutCandidate *candidate, uint64 id, int64 now_us)
{
	appendStringInfo(str, "\n%4d %%  %-14s", (int) rint(candidate->chance * 100), get_candidate_name(candidate));
	if (candidate->kind != CANDIDATE_LAYOUT)
		return;
	appendStringInfoString(str, "  ");
	append_time_and_age(str, candidate->layout, id, now_us);
	append_fields(str, candidate->layout, id);
	if (candidate->own != NULL)
		appendStringInfo(str, "; %s", candidate->own->owner);
	append_doubts(str, candidate);
}

/* The names of candidates with a verdict and too small a chance for a line. */
static void
append_dismissed(StringInfo str, const char *why, const LayoutCandidate *candidates, int count,
				 LayoutVerdict verdict)
{
	const char *between = "";

	for (int i = 0; i < count; i++)
	{
		const LayoutCandidate *candidate = &candidates[i];

		if (candidate->verdict != verdict || candidate->chance >= LEAST_CHANCE || candidate->kind != CANDIDATE_LAYOUT)
			continue;
		if (*between == '\0')
			appendStringInfo(str, "\n%s: ", why);
		appendStringInfo(str, "%s%s", between, get_candidate_name(candidate));
		between = ", ";
	}
}

/* All candidates at least half as likely as the likeliest one. */
static void
append_verdict(StringInfo str, const LayoutCandidate *candidates, int count)
{
	int			likely = 1;

	while (likely < count && candidates[likely].chance * 2 >= candidates[0].chance)
		likely++;
	appendStringInfo(str, "%s%s", likely == 1 ? "Most likely: " : "Likely: ", get_candidate_name(&candidates[0]));
	for (int i = 1; i < likely; i++)
		appendStringInfo(str, "%s%s", i + 1 < likely ? ", " : " or ", get_candidate_name(&candidates[i]));
}

static text *
inspect_in_layout(uint64 id, const SnowflakeLayout *layout)
{
	StringInfoData report;

	initStringInfo(&report);
	append_forms(&report, id);
	appendStringInfoString(&report, "\n");
	append_layout(&report, layout, id);
	return cstring_to_text_with_len(report.data, report.len);
}

static text *
inspect_in_all_layouts(uint64 id)
{
	int64		now_us = clock_unix_us(GetCurrentTransactionStartTimestamp());
	int			own_count;
	OwnLayout  *own = own_layouts(&own_count);
	LayoutCandidate *candidates = palloc(LAYOUT_CANDIDATES(own_count) * sizeof(LayoutCandidate));
	int			count = layout_guess(id, own, own_count, now_us, candidates);
	StringInfoData report;

	initStringInfo(&report);
	append_forms(&report, id);
	appendStringInfoString(&report, "\n");
	append_verdict(&report, candidates, count);
	if (candidates[0].kind == CANDIDATE_LAYOUT)
	{
		appendStringInfoString(&report, "\n\n");
		append_layout(&report, candidates[0].layout, id);
	}
	appendStringInfoString(&report, "\n\nchance  of");
	for (int i = 0; i < count && candidates[i].chance >= LEAST_CHANCE; i++)
		append_candidate(&report, &candidates[i], id, now_us);
	appendStringInfoString(&report, "\n");
	append_dismissed(&report, "Less likely", candidates, count, LAYOUT_FITS);
	append_dismissed(&report, "In the future", candidates, count, LAYOUT_IN_FUTURE);
	append_dismissed(&report, "With unused bits that are set", candidates, count, LAYOUT_STRAY_BITS);
	return cstring_to_text_with_len(report.data, report.len);
}

/* snowflake_inspect(id bigint) */
Datum
idgen_snowflake_inspect(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(inspect_in_all_layouts(PG_GETARG_INT64(0)));
}

/* snowflake_inspect(id text) */
Datum
idgen_snowflake_inspect_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(inspect_in_all_layouts(read_snowflake_text(PG_GETARG_TEXT_PP(0))));
}

/* snowflake_inspect(id bigint, layout snowflake_layout) */
Datum
idgen_snowflake_inspect_layout(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(inspect_in_layout(PG_GETARG_INT64(0), PG_GETARG_LAYOUT_P(1)));
}

/* snowflake_inspect(id text, layout snowflake_layout) */
Datum
idgen_snowflake_inspect_text_layout(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(inspect_in_layout(read_snowflake_text(PG_GETARG_TEXT_PP(0)), PG_GETARG_LAYOUT_P(1)));
}
