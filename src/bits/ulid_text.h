/*-------------------------------------------------------------------------
 *
 * ulid_text.h
 *	  The text of a ULID: 26 digits of Crockford's base32.
 *
 * They hold 130 bits, so the first one is at most 7.  The texts sort in ASCII like the
 * ULIDs.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 * Source: the specification at github.com/ulid/spec.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ULID_TEXT_H
#define IDGEN_ULID_TEXT_H

#include "bits/uuid_bits.h"

#define ULID_TEXT_LENGTH 26

typedef enum UlidTextStatus
{
	ULID_TEXT_OK,
	ULID_TEXT_BAD_CHARACTER,	/* not a digit */
	ULID_TEXT_WRONG_LENGTH,
	ULID_TEXT_OVERFLOW,			/* more than 128 bits */
} UlidTextStatus;

extern void ulid_text_write(UuidBits ulid, char *str);
extern UlidTextStatus ulid_text_read(const char *str, size_t length, UuidBits *ulid, size_t *bad);

#endif							/* IDGEN_ULID_TEXT_H */
