/*-------------------------------------------------------------------------
 *
 * arithmetic.c
 *	  A libFuzzer target: what the arithmetic that needs no server promises, for
 *	  any numbers within the ranges its callers keep to, and for any text.
 *
 * Here are the checks of uuid_bits.c, and the choice among all.  Those of
 * layouts are in layout.c and layout_text.c, those of texts in id_text.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout.h"
#include "uuid_bits.h"

#include "fuzz.h"

/* A UUID's number of 8 bytes. */
static uint64
read_half(const unsigned char *bytes)
{
	uint64		number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

typedef struct UuidFields
{
	int64		ms;
	uint32		ns;
	uint64		tail;
} UuidFields;

static UuidFields
take_uuid_fields(Input *input)
{
	UuidFields	fields;

	fields.ms = take_upto(input, 6, UUID_END_MS - 1);
	fields.ns = take_upto(input, 3, 999999);
	fields.tail = take(input, 8);
	return fields;
}

/* Version and variant are intact, and each field is in its place. */
static void
check_uuid(const unsigned char uuid[16], UuidFields fields)
{
	uint64		high = read_half(uuid);
	uint64		low = read_half(uuid + 8);
	uint64		fraction = high & 0xFFF;

	require((high >> 12 & 0xF) == 7);
	require(low >> UUID_TAIL_BITS == 2);
	require((int64) (high >> 16) == fields.ms);
	require(fraction * 1000000 <= (uint64) fields.ns * 4096);
	require((fraction + 1) * 1000000 > (uint64) fields.ns * 4096);
	require(low << (64 - UUID_TAIL_BITS) == fields.tail << (64 - UUID_TAIL_BITS));
}

/* Later by UUID_FRACTION_NS is larger; by less, it is not smaller in its time. */
static void
check_uuid_order(const unsigned char earlier[16], UuidFields from,
				 const unsigned char later[16], UuidFields to)
{
	int64		passed = Min(to.ms - from.ms, 2) * NS_PER_MS + (int64) to.ns - (int64) from.ns;

	require(memcmp(earlier, later, 8) <= 0);
	if (passed >= UUID_FRACTION_NS)
		require(memcmp(earlier, later, 8) < 0);
	if (passed == 0)
		require(memcmp(earlier, later, 8) == 0);
}

static void
check_uuids(Input *input)
{
	UuidFields	fields[2];
	unsigned char uuid[2][16];
	bool		in_order;

	for (int i = 0; i < 2; i++)
	{
		fields[i] = take_uuid_fields(input);
		uuid_bits_write(uuid_make_v7(fields[i].ms, uuid_fraction(fields[i].ns), fields[i].tail), uuid[i]);
		check_uuid(uuid[i], fields[i]);
	}
	in_order = fields[0].ms < fields[1].ms ||
		(fields[0].ms == fields[1].ms && fields[0].ns <= fields[1].ns);
	check_uuid_order(uuid[!in_order], fields[!in_order], uuid[in_order], fields[in_order]);
}

static void (*const checks[]) (Input *) = {check_layout, check_uuids, check_layout_text, check_id_text};

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	checks[take_upto(&input, 1, lengthof(checks) - 1)] (&input);
	return 0;
}
