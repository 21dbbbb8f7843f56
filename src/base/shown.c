/*-------------------------------------------------------------------------
 *
 * shown.c
 *	  See shown.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/shown.h"

/* Bytes of a text that a message shows at most. */
#define MAX_SHOWN 64

/* A text as a message shows it. */
const char *
shown(const char *text)
{
	int			length = strlen(text);
	int			clipped = pg_mbcliplen(text, length, MAX_SHOWN);

	return clipped == length ? text : psprintf("%.*s...", clipped, text);
}
