/*-------------------------------------------------------------------------
 *
 * clipped_text.c
 *	  Text from users and others, clipped for messages.
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

/*
 * Copy a text into a buffer of size bytes (5 ..), or its beginning, in whole words and
 * with dots behind it, if it does not fit.  Raises nothing.
 */
void
clip_into(char *buffer, size_t size, const char *str)
{
	static const char dots[] = "...";
	int			length = strlen(str);
	int			clipped = (int) (size - sizeof(dots));

	if ((size_t) length < size)
	{
		memcpy(buffer, str, length + 1);
		return;
	}
	/* A space is no part of another character in any encoding of a server. */
	while (clipped > 0 && str[clipped] != ' ')
		clipped--;
	while (clipped > 0 && str[clipped - 1] == ' ')
		clipped--;
	if (clipped == 0)
		clipped = pg_mbcliplen(str, length, (int) (size - sizeof(dots)));
	memcpy(buffer, str, clipped);
	memcpy(buffer + clipped, dots, sizeof(dots));
}
