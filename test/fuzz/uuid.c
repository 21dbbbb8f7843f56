/*-------------------------------------------------------------------------
 *
 * uuid.c
 *	  What uuid_bits.c promises, for any fields and any 128 bits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/layout.h"
#include "bits/id128_bounds.h"
#include "bits/uuid_bits.h"

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

void
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

/* Versions 1 and 6 hold what they were made of, and 6 is in order of time. */
void
check_gregorian(Input *input)
{
	UuidGregorian parts[2];
	UuidBits	ordered[2];
	bool		later;

	for (int i = 0; i < 2; i++)
	{
		parts[i].ticks = (int64) take_upto(input, 8, (UINT64CONST(1) << UUID_GREGORIAN_BITS) - 1);
		parts[i].clock_sequence = (uint16) take_upto(input, 2, UUID_CLOCK_SEQUENCES - 1);
		parts[i].node = take_upto(input, 6, (UINT64CONST(1) << UUID_NODE_BITS) - 1);
		for (int version = 1; version <= 6; version += 5)
		{
			UuidBits	uuid = uuid_make_gregorian(version, parts[i]);
			UuidGregorian read = uuid_get_gregorian(uuid);
			int64		unix_us;
			int64		since_1970 = parts[i].ticks - UUID_GREGORIAN_TICKS_TO_1970;

			require(uuid_version(uuid) == version);
			require(read.ticks == parts[i].ticks);
			require(read.clock_sequence == parts[i].clock_sequence);
			require(read.node == parts[i].node);
			require(uuid_time_us(uuid, take(input, 1) % 2 != 0, &unix_us));
			require(since_1970 - unix_us * 10 >= 0 && since_1970 - unix_us * 10 < 10);
		}
		ordered[i] = uuid_make_gregorian(6, parts[i]);
	}
	later = parts[1].ticks > parts[0].ticks;
	if (parts[0].ticks == parts[1].ticks)
		require(ordered[0].high == ordered[1].high);
	else
		require(ordered[!later].high < ordered[later].high);
}

static bool
is_below(UuidBits one, UuidBits other)
{
	return one.high < other.high || (one.high == other.high && one.low < other.low);
}

/* Of any two ticks of an order, all values of the earlier one are below those of the other. */
void
check_uuid_orders(Input *input)
{
	Id128Order	order = (Id128Order) take_upto(input, 1, ID128_ORDER_EXTENDED);
	int64		first = id128_first_tick(order);
	int64		tick[2];
	UuidBits	least[2];
	UuidBits	greatest[2];
	bool		later;

	for (int i = 0; i < 2; i++)
	{
		int64		unix_us;

		tick[i] = first + (int64) take_upto(input, 8, (uint64) (id128_last_tick(order) - first));
		least[i] = id128_least(order, tick[i]);
		greatest[i] = id128_greatest(order, tick[i]);
		require(is_below(least[i], greatest[i]));
		if (uuid_time_us(least[i], false, &unix_us) && (order == ID128_ORDER_V6 || order == ID128_ORDER_V7))
			require(unix_us == tick[i] * id128_tick_us(order));
		if (uuid_time_us(greatest[i], false, &unix_us) && (order == ID128_ORDER_V6 || order == ID128_ORDER_V7))
			require(unix_us == tick[i] * id128_tick_us(order));
	}
	later = tick[1] > tick[0];
	if (tick[0] == tick[1])
		require(uuid_bits_equal(least[0], least[1]) && uuid_bits_equal(greatest[0], greatest[1]));
	else
		require(is_below(greatest[!later], least[later]));
}
