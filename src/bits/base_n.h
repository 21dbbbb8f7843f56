/*-------------------------------------------------------------------------
 *
 * base_n.h
 *	  Numbers of 64 and of 128 bits as short text: base62, base58, base32 and hex.
 *
 * An encoding always writes as many digits as 2^64 - 1 or 2^128 - 1 needs, the most
 * significant first, and its digits ascend in ASCII.  So such texts, ordered by their
 * bytes, are in the order of the numbers.  An encoding reads any number of digits.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 * Sources: base58 has the digits of Bitcoin.  base32 is Douglas Crockford's, with his
 * rules for reading and without his check symbol.  base62 has its digits in the order
 * of GMP.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_BASE_N_H
#define IDGEN_BASE_N_H

#include "bits/uuid_bits.h"

typedef struct BaseNEncoding
{
	const char *name;			/* in lower case */
	const char *digits;			/* in the order of their values */
	int			base;			/* number of digits */
	int			length;			/* digits written for 64 bits */
	int			length_128;		/* digits written for 128 bits */
	unsigned char (*fold) (unsigned char);	/* to the case of the digits; NULL
											 * if both cases are digits */
	const char *look_alikes;	/* pairs, applied after fold: a character and
								 * the digit that it is read as */
	bool		hyphens;		/* are hyphens ignored? */
} BaseNEncoding;

#define BASE_N_ENCODINGS 4

/* The largest length and length_128. */
#define BASE_N_MAX_LENGTH 16
#define BASE_N_MAX_LENGTH_128 32

extern const BaseNEncoding base_n_encodings[BASE_N_ENCODINGS];

typedef enum BaseNStatus
{
	BASE_N_OK,
	BASE_N_EMPTY,				/* no digit in the text */
	BASE_N_BAD_CHARACTER,		/* a character that is not a digit */
	BASE_N_OVERFLOW,			/* more than 64 or 128 bits */
} BaseNStatus;

extern void base_n_encode(const BaseNEncoding *encoding, uint64 value, char *str);
extern BaseNStatus base_n_decode(const BaseNEncoding *encoding, const char *str, size_t length,
								 uint64 *value, size_t *bad);
extern void base_n_encode_128(const BaseNEncoding *encoding, UuidBits value, char *str);
extern BaseNStatus base_n_decode_128(const BaseNEncoding *encoding, const char *str, size_t length,
									 UuidBits *value, size_t *bad);

#endif							/* IDGEN_BASE_N_H */
