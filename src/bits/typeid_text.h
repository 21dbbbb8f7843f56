/*-------------------------------------------------------------------------
 *
 * typeid_text.h
 *	  The text of a TypeID: a prefix that names a type, "_", and a UUID in base32.
 *
 * A prefix is letters from a to z, and "_" between them, which may be several in a
 * row; it ends at the last "_" of the text.  An empty one has no "_" after it.  The
 * suffix is that of a ULID in lower case, and no other way to write it is read: so two
 * texts that differ are two TypeIDs.
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
	size_t		prefix_length;	/* of the text that it was read from */
	UuidBits	uuid;
} Typeid;

typedef enum TypeidStatus
{
	TYPEID_OK,
	TYPEID_BAD_PREFIX_CHARACTER,	/* one that is not allowed, or not there */
	TYPEID_PREFIX_TOO_LONG,
	TYPEID_EMPTY_PREFIX,		/* and "_" after it */
	TYPEID_BAD_SUFFIX_LENGTH,
	TYPEID_BAD_SUFFIX_CHARACTER,	/* one that is no digit */
	TYPEID_OVERFLOW,			/* more than 128 bits */
} TypeidStatus;

extern TypeidStatus typeid_prefix_check(const char *prefix, size_t length, size_t *bad);
extern size_t typeid_write(UuidBits uuid, const char *prefix, size_t length, char *text);
extern TypeidStatus typeid_read(const char *text, size_t length, Typeid *typeid, size_t *bad);

#endif							/* IDGEN_TYPEID_TEXT_H */
