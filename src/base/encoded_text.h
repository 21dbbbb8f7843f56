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
#include "bits/base_n.h"

/* The type of which a text should be a value. */
typedef struct EncodedType
{
	const char *name;			/* in SQL */
	const char *value;			/* what messages call a value: "ID" */
	int			bits;			/* encoded at full length: 64 or 128 */
	UuidBits	largest;		/* value */
} EncodedType;

extern const BaseNEncoding *encoded_text_encoding(text *name);
extern UuidBits encoded_text_decode(text *argument, text *encoding_name, const EncodedType *type);

#endif							/* IDGEN_ENCODED_TEXT_H */
