/*-------------------------------------------------------------------------
 *
 * uuid_inspect.c
 *	  uuid_inspect(): what a UUID contains, in words and a picture.
 *
 * The picture has the digits of each field, and a line that explains each:
 *
 *		017f22e279b0 7 cc3 98c4dc0c0c07398f
 *		|            | |   variant 10, rand_b 18c4dc0c0c07398f: random, or a counter and random
 *		|            | rand_a cc3: random, a counter, or 797 us as a fraction
 *		|            version 7
 *		unix_ts_ms 1645557742000: 2022-02-22 19:22:22 UTC
 *
 * The report depends only on the UUID, so times are in UTC, without an age.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "bits/picture.h"
#include "bits/ulid_text.h"
#include "engine/clock.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_node.h"

PG_FUNCTION_INFO_V1(idgen_uuid_inspect);

#define UUID_DIGITS 32
#define MOST_FIELDS 8

/* Adjacent digits, and their meaning. */
typedef struct Field
{
	int			digits;
	char	   *meaning;
} Field;

typedef struct Fields
{
	int			count;
	Field		fields[MOST_FIELDS];
} Fields;

static const char *const version_names[16] = {
	[1] = "time since 1582, and a node",
	[2] = "DCE security",
	[3] = "MD5 hash of a name",
	[4] = "random",
	[5] = "SHA-1 hash of a name",
	[6] = "sortable time since 1582, and a node",
	[7] = "sortable time since 1970, and random bits",
	[8] = "custom",
};

static const char *const variant_names[] = {
	[UUID_VARIANT_NCS] = "0, for Apollo's NCS",
	[UUID_VARIANT_RFC] = "10, of RFC 9562",
	[UUID_VARIANT_MICROSOFT] = "110, for Microsoft's COM",
	[UUID_VARIANT_FUTURE] = "111, reserved for the future",
};

static void append_field(Fields *fields, int digits, const char *format, ...) pg_attribute_printf(3, 4);

static void
append_field(Fields *fields, int digits, const char *format, ...)
{
	StringInfoData meaning;
	va_list		values;
	int			needed;

	initStringInfo(&meaning);
	for (;;)
	{
		va_start(values, format);
		needed = appendStringInfoVA(&meaning, format, values);
		va_end(values);
		if (needed == 0)
			break;
		enlargeStringInfo(&meaning, needed);
	}
	fields->fields[fields->count].digits = digits;
	fields->fields[fields->count++].meaning = meaning.data;
}

/* us since 1970 in ISO 8601, independent of DateStyle and TimeZone. */
static char *
format_utc(int64 unix_us)
{
	char	   *str = palloc(MAXDATELEN + 1);
	struct pg_tm tm;
	fsec_t		fraction;

	if (timestamp2tm(clock_timestamptz(unix_us), NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range"));
	EncodeDateTime(&tm, fraction, false, 0, NULL, USE_ISO_DATES, str);
	return psprintf("%s UTC", str);
}

/* The lower 64 bits without the variant. */
static uint64
get_tail(UuidBits uuid)
{
	return uuid.low & ((UINT64CONST(1) << UUID_TAIL_BITS) - 1);
}

static char *
format_node(uint64 node)
{
	char	   *address = psprintf("%02x:%02x:%02x:%02x:%02x:%02x",
								   (int) (node >> 40) & 0xFF, (int) (node >> 32) & 0xFF, (int) (node >> 24) & 0xFF,
								   (int) (node >> 16) & 0xFF, (int) (node >> 8) & 0xFF, (int) node & 0xFF);

	if ((node & UUID_NODE_MULTICAST) == 0)
		return psprintf("%s: a hardware address", address);
	if (node >> UUID_NODE_MARKS_SHIFT == UUID_NODE_MULTICAST >> UUID_NODE_MARKS_SHIFT)
		return psprintf("%s: no hardware address; datacenter %d, worker %d if it is the node of an idgen server",
						address, uuid_node_datacenter(node), uuid_node_worker(node));
	return psprintf("%s: no hardware address", address);
}

static void
append_gregorian(Fields *fields, UuidBits uuid)
{
	UuidGregorian parts = uuid_get_gregorian(uuid);
	int64		unix_us = 0;
	char	   *time;

	(void) uuid_time_us(uuid, false, &unix_us);
	time = psprintf("time %lld x 100 ns since 1582-10-15: %s", (long long) parts.ticks, format_utc(unix_us));
	if (uuid_version(uuid) == 1)
	{
		append_field(fields, 8, "time_low, time_mid, time_high: %s", time);
		append_field(fields, 4, "time_mid");
		append_field(fields, 1, "version 1");
		append_field(fields, 3, "time_high");
	}
	else
	{
		append_field(fields, 12, "time_high, time_mid, time_low: %s", time);
		append_field(fields, 1, "version 6");
		append_field(fields, 3, "time_low");
	}
	append_field(fields, 4, "variant 10, clock_seq %d", parts.clock_sequence);
	append_field(fields, 12, "node %s", format_node(parts.node));
}

static void
append_v7(Fields *fields, UuidBits uuid)
{
	int			rand_a = uuid.high & (UUID_FRACTIONS - 1);
	int64		unix_us = 0;

	(void) uuid_time_us(uuid, false, &unix_us);
	append_field(fields, 12, "unix_ts_ms %lld: %s", (long long) uuid_ms(uuid), format_utc(unix_us));
	append_field(fields, 1, "version 7");
	append_field(fields, 3, "rand_a %03x: random, a counter, or %d us as a fraction", rand_a,
				 rand_a * (int) US_PER_MS / UUID_FRACTIONS);
	append_field(fields, 16, "variant 10, rand_b %016llx: random, or a counter and random", (unsigned long long) get_tail(uuid));
}

/* For versions without a time: three fields, by their names. */
static void
append_plain(Fields *fields, UuidBits uuid, const char *first, const char *second, const char *third)
{
	append_field(fields, 12, "%s", first);
	append_field(fields, 1, "version %d", uuid_version(uuid));
	append_field(fields, 3, "%s", second);
	append_field(fields, 16, "variant 10, %s %016llx", third, (unsigned long long) get_tail(uuid));
}

static void
append_fields(Fields *fields, UuidBits uuid)
{
	switch (uuid_version(uuid))
	{
		case 1:
		case 6:
			append_gregorian(fields, uuid);
			break;
		case 3:
			append_plain(fields, uuid, "md5", "md5", "md5");
			break;
		case 4:
			append_plain(fields, uuid, "random", "random", "random");
			break;
		case 5:
			append_plain(fields, uuid, "sha1", "sha1", "sha1");
			break;
		case 7:
			append_v7(fields, uuid);
			break;
		case 8:
			append_plain(fields, uuid, "custom_a", "custom_b", "custom_c");
			break;
		default:
			append_plain(fields, uuid, "unknown", "unknown", "unknown");
			break;
	}
}

static void
append_picture(StringInfo report, UuidBits uuid)
{
	Fields		fields = {0};
	char		digits[UUID_DIGITS + 1];
	char		stems[UUID_DIGITS + MOST_FIELDS];
	int			columns[MOST_FIELDS] = {0};
	int			done = 0;

	append_fields(&fields, uuid);
	snprintf(digits, sizeof(digits), "%016llx%016llx", (unsigned long long) uuid.high, (unsigned long long) uuid.low);
	for (int i = 0; i < fields.count; i++)
	{
		columns[i] = done + i;
		appendStringInfo(report, "%s%.*s", i > 0 ? " " : "", fields.fields[i].digits, digits + done);
		done += fields.fields[i].digits;
	}
	for (int i = fields.count - 1; i >= 0; i--)
	{
		picture_stems(columns, i, stems);
		appendStringInfo(report, "\n%s%s", stems, fields.fields[i].meaning);
	}
}

/* What 16 bytes may be if they are not a UUID of RFC 9562. */
static void
append_other_kinds(StringInfo report, UuidBits uuid)
{
	char		str[ULID_TEXT_LENGTH];

	ulid_text_write(uuid, str);
	appendStringInfo(report, "As a ULID: %.*s, %s\n", ULID_TEXT_LENGTH, str, format_utc(uuid_ms(uuid) * US_PER_MS));
	appendStringInfo(report, "As an extended Snowflake: %s, node %012llx, sequence %d",
					 format_utc((int64) (uuid.high / NS_PER_US)), (unsigned long long) (uuid.low >> 16),
					 (int) (uuid.low & 0xFFFF));
}

/* uuid_inspect(id uuid) */
Datum
idgen_uuid_inspect(PG_FUNCTION_ARGS)
{
	UuidBits	uuid = PG_GETARG_UUID_BITS(0);
	int			version = uuid_version(uuid);
	StringInfoData report;

	initStringInfo(&report);
	appendStringInfo(&report, "%s\n", DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(0))));
	if (uuid_bits_equal(uuid, uuid_nil))
		appendStringInfoString(&report, "Nil UUID of RFC 9562: all bits are 0");
	else if (uuid_bits_equal(uuid, uuid_max))
		appendStringInfoString(&report, "Max UUID of RFC 9562: all bits are 1");
	else if (version < 0)
	{
		appendStringInfo(&report, "Not a UUID of RFC 9562: the variant is %s\n\n", variant_names[uuid_variant(uuid)]);
		append_other_kinds(&report, uuid);
	}
	else if (version_names[version] == NULL)
	{
		appendStringInfo(&report, "Not a UUID of RFC 9562, which defines no version %d\n\n", version);
		append_other_kinds(&report, uuid);
	}
	else
	{
		appendStringInfo(&report, "UUID of RFC 9562, version %d: %s\n\n", version, version_names[version]);
		append_picture(&report, uuid);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(report.data, report.len));
}
