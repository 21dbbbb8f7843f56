/*-------------------------------------------------------------------------
 *
 * ulid_type.c
 *	  The type ulid: how it differs from uuid.
 *
 * A ulid has the bytes of a uuid; the functions of uuid compare, hash and send it.  Its
 * own functions are for its text, its time, and a cast from bytea.
 *
 * A timestamp without time zone is taken as UTC, so nothing here depends on TimeZone.
 * Both kinds of timestamps count us since 2000.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/clipped_text.h"
#include "base/compat.h"
#include "bits/id128_bounds.h"
#include "bits/ulid_text.h"
#include "engine/clock.h"
#include "ulid/ulid_type.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_time.h"

PG_FUNCTION_INFO_V1(idgen_ulid_in);
PG_FUNCTION_INFO_V1(idgen_ulid_out);
PG_FUNCTION_INFO_V1(idgen_ulid_of_bytea);
PG_FUNCTION_INFO_V1(idgen_ulid_timestamp);
PG_FUNCTION_INFO_V1(idgen_ulid_of_timestamp);
PG_FUNCTION_INFO_V1(idgen_ulid_smaller);
PG_FUNCTION_INFO_V1(idgen_ulid_larger);

/* For ereport(): what is wrong with a text.  bad is the index of a bad character. */
static int
ulid_text_detail(UlidTextStatus status, const char *str, size_t bad)
{
	switch (status)
	{
		case ULID_TEXT_WRONG_LENGTH:
			return errdetail("A ULID has %d characters, and this text has %d.", ULID_TEXT_LENGTH,
							 pg_mbstrlen(str));
		case ULID_TEXT_BAD_CHARACTER:
			return errdetail("Character %d, \"%.*s\", is not a digit of Crockford's base32.", (int) bad + 1,
							 pg_mblen(str + bad), str + bad);
		case ULID_TEXT_OVERFLOW:
			return errdetail("The first character of a ULID is at most \"7\", so that it has 128 bits.");
		case ULID_TEXT_OK:
			break;
	}
	return 0;
}

/* With hyphens, without, or with hyphens and in braces. */
static bool
looks_like_uuid(size_t length)
{
	return length == 36 || length == 32 || length == 38;
}

/* ulid_in(text cstring) */
Datum
idgen_ulid_in(PG_FUNCTION_ARGS)
{
	const char *str = PG_GETARG_CSTRING(0);
	size_t		length = strlen(str);
	size_t		bad = 0;
	UuidBits	ulid;
	UlidTextStatus status = ulid_text_read(str, length, &ulid, &bad);

	if (status != ULID_TEXT_OK)
		ereturn(fcinfo->context, (Datum) 0,
				errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid input syntax for type %s: \"%s\"", "ulid", clip_text(str)),
				ulid_text_detail(status, str, bad),
				looks_like_uuid(length) ? errhint("Cast the text of a UUID to uuid first, and then to ulid.") : 0);
	return uuid_datum(ulid);
}

/* ulid_out(ulid) */
Datum
idgen_ulid_out(PG_FUNCTION_ARGS)
{
	char	   *str = palloc(ULID_TEXT_LENGTH + 1);

	ulid_text_write(PG_GETARG_UUID_BITS(0), str);
	str[ULID_TEXT_LENGTH] = '\0';
	PG_RETURN_CSTRING(str);
}

/* bytea_to_ulid(bytea) */
Datum
idgen_ulid_of_bytea(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);

	if (VARSIZE_ANY_EXHDR(bytes) != UUID_BYTES)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				errmsg("invalid length of bytes for type %s", "ulid"),
				errdetail("A ULID has %d bytes, and these are %d.", UUID_BYTES,
						  (int) VARSIZE_ANY_EXHDR(bytes)));
	return uuid_datum(uuid_bits_read((unsigned char *) VARDATA_ANY(bytes)));
}

/* ms since 1970.  ERROR DATETIME_VALUE_OUT_OF_RANGE if ULIDs cannot hold the time. */
int64
timestamptz_to_ulid_ms(TimestampTz moment)
{
	return timestamptz_to_uuid_us(moment, false, "type ulid") / US_PER_MS;
}

/* ulid_timestamp(id ulid), ulid_to_timestamp(ulid) */
Datum
idgen_ulid_timestamp(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(uuid_ms(PG_GETARG_UUID_BITS(0)) * US_PER_MS));
}

/* timestamptz_to_ulid(timestamptz), timestamp_to_ulid(timestamp): returns the least ULID of the millisecond */
Datum
idgen_ulid_of_timestamp(PG_FUNCTION_ARGS)
{
	return uuid_datum(id128_least(ID128_ORDER_ULID, timestamptz_to_ulid_ms(PG_GETARG_TIMESTAMPTZ(0))));
}

static bool
ulid_is_less(Datum one, Datum other)
{
	return memcmp(DatumGetUUIDP(one)->data, DatumGetUUIDP(other)->data, UUID_BYTES) < 0;
}

/* ulid_smaller(ulid, ulid) */
Datum
idgen_ulid_smaller(PG_FUNCTION_ARGS)
{
	return ulid_is_less(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) ? PG_GETARG_DATUM(0) : PG_GETARG_DATUM(1);
}

/* ulid_larger(ulid, ulid) */
Datum
idgen_ulid_larger(PG_FUNCTION_ARGS)
{
	return ulid_is_less(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)) ? PG_GETARG_DATUM(1) : PG_GETARG_DATUM(0);
}
