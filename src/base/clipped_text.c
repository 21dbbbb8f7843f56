/*-------------------------------------------------------------------------
 *
 * clipped_text.c
 *	  See clipped_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/clipped_text.h"

/* Bytes of a text that a message shows at most. */
#define MAX_CLIPPED_TEXT 64

/* A text as a message shows it. */
const char *
clip_text(const char *text)
{
	int			length = strlen(text);
	int			clipped = pg_mbcliplen(text, length, MAX_CLIPPED_TEXT);

	return clipped == length ? text : psprintf("%.*s...", clipped, text);
}
