/*-------------------------------------------------------------------------
 *
 * configuration_lines.c
 *	  The lines of a text in the format of postgresql.conf.
 *
 * PostgreSQL reads configuration only from files, and follows include
 * directives.  This reads a text, in which include is a name like any other.
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

/* Is the rest of a line empty, except for a comment? */
static bool
is_rest_empty(char *text)
{
	text = skip_blanks(text);
	return *text == '\0' || *text == '#';
}

/*
 * Remove the quotes from a value, in place; inside, '' and \' stand for a
 * quote.  Returns what follows the value, or NULL if the closing quote is
 * missing.
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

/* Read the value that follows a name; NULL if it is not valid. */
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

/* Terminate the next line of *text, and advance *text beyond it. */
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
 * Find the next line that sets a parameter; false at the end of the text, which
 * is modified.  The caller passes the same line to each call, with number 0 at
 * first.
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
