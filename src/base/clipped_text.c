/*-------------------------------------------------------------------------
 *
 * clipped_text.c
 *	  Text from users, clipped for messages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/clipped_text.h"

/* The longest text, in bytes, that a message shows in full. */
#define MAX_CLIPPED_TEXT 64

/* A text, or its beginning if it is long, in whole characters. */
const char *
clip_text(const char *text)
{
	int			length = strlen(text);
	int			clipped = pg_mbcliplen(text, length, MAX_CLIPPED_TEXT);

	return clipped == length ? text : psprintf("%.*s...", clipped, text);
}
