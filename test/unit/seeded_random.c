/*-------------------------------------------------------------------------
 *
 * seeded_random.c
 *	  Tests of seeded_random.h, in TAP.
 *
 * The numbers are those that the publications of SplitMix64 have for these seeds: series
 * of IDs must not change with a version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/seeded_random.h"

#include "tap.h"

int
main(void)
{
	static const uint64 of_0[] = {UINT64CONST(0xE220A8397B1DCDAF), UINT64CONST(0x6E789E6AA1B965F4), UINT64CONST(0x06C45D188009454F)};
	static const uint64 of_1234567[] = {
		UINT64CONST(6457827717110365317), UINT64CONST(3203168211198807973), UINT64CONST(9817491932198370423),
		UINT64CONST(4593380528125082431), UINT64CONST(16408922859458223821)
	};
	uint64		state = 0;

	for (int i = 0; i < lengthof(of_0); i++)
		check(seeded_word(&state) == of_0[i], "a number of the seed 0");
	state = 1234567;
	for (int i = 0; i < lengthof(of_1234567); i++)
		check(seeded_word(&state) == of_1234567[i], "a number of the seed 1234567");
	return done_testing();
}
