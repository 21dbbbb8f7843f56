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
clip_text(const char *str)
{
	int			length = strlen(str);
	int			clipped = pg_mbcliplen(str, length, MAX_CLIPPED_TEXT);

	return clipped == length ? str : psprintf("%.*s...", clipped, str);
}
