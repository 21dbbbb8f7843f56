/*-------------------------------------------------------------------------
 *
 * configuration_lines.c
 *	  See configuration_lines.h.
 *
 * PostgreSQL reads configuration from files only, and follows what they include.  This
 * reads a text, and takes include for a name as any.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/configuration_lines.h"

#define BLANKS " \t\r"

static char *
skip_blanks(char *text)
{
	return text + strspn(text, BLANKS);
}

/* Is there nothing more on a line but a comment? */
static bool
is_rest_empty(char *text)
{
	text = skip_blanks(text);
	return *text == '\0' || *text == '#';
}

/*
 * Take the quotes off a value, in place, with '' and \' for one inside.  Returns what
 * follows, or NULL if it has no end.
 */
static char *
unquote(char *value)
{
	char	   *to = value;

	for (char *from = value + 1; *from != '\0'; from++)
	{
		if (*from == '\'' && from[1] != '\'')
		{
			*to = '\0';
			return from + 1;
		}
		if ((*from == '\'' || *from == '\\') && from[1] != '\0')
			from++;
		*to++ = *from;
	}
	return NULL;
}

/* Read what follows a name: the value, or NULL if it is none. */
static const char *
read_value(char *text)
{
	char	   *value = skip_blanks(text);
	char	   *end;

	if (*value == '=')
		value = skip_blanks(value + 1);
	if (*value == '\'')
	{
		end = unquote(value);
		return end != NULL && is_rest_empty(end) ? value : NULL;
	}
	end = value + strcspn(value, BLANKS "#'");
	if (end == value || !is_rest_empty(end))
		return NULL;
	*end = '\0';
	return value;
}

/* Cut off the next line of *text, which goes on after it. */
static char *
cut_line(char **text)
{
	char	   *line = *text;

	*text += strcspn(line, "\n");
	if (**text == '\n')
		*(*text)++ = '\0';
	return line;
}

/*
 * The next line that sets something, of a text that is changed.  False at its end.  line
 * begins with number 0, and is given to each call again.
 */
bool
configuration_line_next(char **text, ConfigurationLine *line)
{
	while (**text != '\0')
	{
		char	   *name = skip_blanks(cut_line(text));
		size_t		length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$");

		line->number++;
		if (is_rest_empty(name))
			continue;
		line->name = pnstrdup(name, length);
		line->value = read_value(name + length);
		return true;
	}
	return false;
}
