/*-------------------------------------------------------------------------
 *
 * encoded_text.h
 *	  Short text as an argument of SQL: which encoding it is in, and what is wrong
 *	  with it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ENCODED_TEXT_H
#define IDGEN_ENCODED_TEXT_H

#include "base/compat.h"
#include "bits/base_n.h"

/* The type that a text should be a value of. */
typedef struct EncodedType
{
	const char *name;			/* as SQL has it */
	const char *value;			/* what a value is called: "ID" */
} EncodedType;

extern const BaseNEncoding *encoded_text_encoding(text *name);

/* largest is the greatest value of the type in that encoding. */
pg_noreturn extern void encoded_text_report(const BaseNEncoding *encoding, const char *encoded,
											BaseNStatus status, size_t bad,
											EncodedType type, const char *largest);

#endif							/* IDGEN_ENCODED_TEXT_H */
