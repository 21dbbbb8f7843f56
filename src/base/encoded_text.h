/*-------------------------------------------------------------------------
 *
 * encoded_text.h
 *	  Short text as an argument of SQL functions: its encoding, and errors in
 *	  it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ENCODED_TEXT_H
#define IDGEN_ENCODED_TEXT_H

#include "base/compat.h"
#include "bits/id_text.h"

/* The type of which a text should be a value. */
typedef struct EncodedType
{
	const char *name;			/* in SQL */
	const char *value;			/* the word for a value, such as "ID" */
} EncodedType;

extern const IdTextEncoding *encoded_text_encoding(text *name);

/* largest is the largest value of the type in that encoding. */
pg_noreturn extern void encoded_text_report(const IdTextEncoding *encoding, const char *encoded,
											IdTextStatus status, size_t bad,
											EncodedType type, const char *largest);

#endif							/* IDGEN_ENCODED_TEXT_H */
