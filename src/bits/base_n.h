/*-------------------------------------------------------------------------
 *
 * base_n.h
 *	  Numbers of 64 and of 128 bits as short text: base62, base58, base32 and hex.
 *
 * An encoding writes as many digits as 2^64 - 1 needs, always, or as 2^128 - 1 does,
 * with the most significant first, and its digits ascend in ASCII.  So the order of
 * such texts by their bytes is the order of the numbers.  It reads any number of
 * digits.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 * Sources: base58 has the digits of Bitcoin; base32 is Douglas Crockford's, with
 * what he says of reading, without his check symbol.  Base62 has its digits in
 * the order in which GMP has them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_BASE_N_H
#define IDGEN_BASE_N_H

#include "bits/uuid_bits.h"

typedef struct BaseNEncoding
{
	const char *name;			/* in lower case */
	const char *digits;			/* by their value */
	int			base;			/* how many they are */
	int			length;			/* digits written of 64 bits */
	int			length_128;		/* digits written of 128 bits */
	unsigned char (*fold) (unsigned char);	/* to the case of the digits; NULL: either case has its own */
	const char *look_alikes;	/* pairs, after fold: a character, and the digit that it is read as */
	bool		hyphens;		/* may they stand anywhere, and mean nothing? */
} BaseNEncoding;

#define BASE_N_ENCODINGS 4

/* Digits that any of them writes, at most. */
#define BASE_N_MAX_LENGTH 16
#define BASE_N_MAX_LENGTH_128 32

extern const BaseNEncoding base_n_encodings[BASE_N_ENCODINGS];

typedef enum BaseNStatus
{
	BASE_N_OK,
	BASE_N_EMPTY,				/* no digit in it */
	BASE_N_BAD_CHARACTER,		/* one that is no digit */
	BASE_N_OVERFLOW,			/* more than 64 bits, or 128 */
} BaseNStatus;

extern void base_n_encode(const BaseNEncoding *encoding, uint64 value, char *text);
extern BaseNStatus base_n_decode(const BaseNEncoding *encoding, const char *text, size_t length,
								   uint64 *value, size_t *bad);
extern void base_n_encode_128(const BaseNEncoding *encoding, UuidBits value, char *text);
extern BaseNStatus base_n_decode_128(const BaseNEncoding *encoding, const char *text, size_t length,
									   UuidBits *value, size_t *bad);

#endif							/* IDGEN_BASE_N_H */
