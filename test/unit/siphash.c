/*-------------------------------------------------------------------------
 *
 * siphash.c
 *	  Tests of siphash.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/siphash.h"

#include "tap.h"

/* The vectors that the authors publish: of the bytes 0, 1, ..., with the key 0, 1, .., 15. */
static const uint64 vectors[] = {
	UINT64CONST(0x726fdb47dd0e0e31), UINT64CONST(0x74f839c593dc67fd), UINT64CONST(0x0d6c8009d9a94f5a), UINT64CONST(0x85676696d7fb7e2d),
	UINT64CONST(0xcf2794e0277187b7), UINT64CONST(0x18765564cd99a68d), UINT64CONST(0xcbc9466e58fee3ce), UINT64CONST(0xab0200f58b01d137),
	UINT64CONST(0x93f5f5799a932462), UINT64CONST(0x9e0082df0ba9e4b0), UINT64CONST(0x7a5dbbc594ddb9f3), UINT64CONST(0xf4b32f46226bada7),
	UINT64CONST(0x751e8fbc860ee5fb), UINT64CONST(0x14ea5627c0843d90), UINT64CONST(0xf723ca908e7af2ee), UINT64CONST(0xa129ca6149be45e5),
};

int
main(void)
{
	unsigned char bytes[64];
	SipKey		key;
	int			wrong = 0;
	int			wrong_short = 0;

	for (int i = 0; i < lengthof(bytes); i++)
		bytes[i] = i;
	key = siphash_read_key(bytes);
	check(key.low == UINT64CONST(0x0706050403020100) && key.high == UINT64CONST(0x0f0e0d0c0b0a0908), "bytes of a key are little endian");
	for (int length = 0; length < lengthof(vectors); length++)
		wrong += siphash_bytes(key, bytes, length) != vectors[length];
	is_number(wrong, 0, "the published vectors");
	for (int length = 0; length <= SIPHASH_SHORT_BYTES; length++)
		wrong_short += siphash_short(key, siphash_read_word(bytes, length), length) != vectors[length];
	is_number(wrong_short, 0, "the same of a word");
	check(siphash_bytes(key, bytes, 63) == UINT64CONST(0x958a324ceb064572), "the published vector of 63 bytes");
	return done_testing();
}
