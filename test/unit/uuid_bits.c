/*-------------------------------------------------------------------------
 *
 * uuid_bits.c
 *	  Tests of uuid_bits.c, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "uuid_bits.h"

#include "tap.h"

static void
test_uuidv7(void)
{
	/* RFC 9562, appendix A.6; a fraction of 0xCC3 begins at 797,607.4 ns */
	static const unsigned char example[16] = {
		0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x7C, 0xC3,
		0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F,
	};
	static const unsigned char smallest[16] = {[6] = 0x70,[8] = 0x80};
	unsigned char largest[16];
	unsigned char uuid[16];
	bool		distinct = true;

	uuid_bits_write(uuid_make_v7(INT64CONST(1645557742000), uuid_fraction(797608), UINT64CONST(0x18C4DC0C0C07398F)), uuid);
	check(memcmp(uuid, example, 16) == 0, "uuidv7: the example of RFC 9562");

	uuid_bits_write(uuid_make_v7(0, 0, 0), uuid);
	check(memcmp(uuid, smallest, 16) == 0, "uuidv7: all fields zero");

	memset(largest, 0xFF, sizeof(largest));
	largest[6] = 0x7F;
	largest[8] = 0xBF;
	uuid_bits_write(uuid_make_v7(UUID_END_MS - 1, uuid_fraction(999999), PG_UINT64_MAX), uuid);
	check(memcmp(uuid, largest, 16) == 0, "uuidv7: all fields full, version and variant intact");

	/* Every step of UUID_FRACTION_NS must show in the fraction. */
	for (uint32 ns = 0; ns + UUID_FRACTION_NS < 1000000; ns++)
		distinct = distinct && uuid_fraction(ns) < uuid_fraction(ns + UUID_FRACTION_NS);
	check(distinct, "uuidv7: UUID_FRACTION_NS apart means a later fraction");
}

int
main(void)
{
	test_uuidv7();
	return done_testing();
}
