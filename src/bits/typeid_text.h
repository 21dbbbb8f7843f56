/*-------------------------------------------------------------------------
 *
 * typeid_text.h
 *	  The text of a TypeID: a prefix that names a type, "_", and a UUID in base32.
 *
 * A prefix has letters from a to z, with one or more "_" allowed between two letters.
 * It ends at the last "_" of the text.  After an empty prefix there is no "_".  The
 * suffix is the text of a ULID in lower case.  No other spelling is read, so different
 * texts are different TypeIDs.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 * Source: the specification at github.com/jetify-com/typeid, version 0.3.0.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TYPEID_TEXT_H
#define IDGEN_TYPEID_TEXT_H

#include "bits/ulid_text.h"

#define TYPEID_PREFIX_MAX_LENGTH 63

/* Prefix, "_" and suffix */
#define TYPEID_MAX_LENGTH (TYPEID_PREFIX_MAX_LENGTH + 1 + ULID_TEXT_LENGTH)

typedef struct Typeid
{
	size_t		prefix_length;	/* in the text that was read */
	UuidBits	uuid;
} Typeid;

typedef enum TypeidStatus
{
	TYPEID_OK,
	TYPEID_BAD_PREFIX_CHARACTER,	/* not allowed, or not allowed in this
									 * place */
	TYPEID_PREFIX_TOO_LONG,
	TYPEID_EMPTY_PREFIX,		/* followed by "_" */
	TYPEID_BAD_SUFFIX_LENGTH,
	TYPEID_BAD_SUFFIX_CHARACTER,	/* not a digit */
	TYPEID_OVERFLOW,			/* more than 128 bits */
} TypeidStatus;

extern TypeidStatus typeid_prefix_check(const char *prefix, size_t length, size_t *bad);
extern size_t typeid_write(UuidBits uuid, const char *prefix, size_t length, char *str);
extern TypeidStatus typeid_read(const char *str, size_t length, Typeid *typeid, size_t *bad);

#endif							/* IDGEN_TYPEID_TEXT_H */
