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

#include "utils/guc.h"

#include "base/configuration_lines.h"

#define BLANKS " \t\r"
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

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

/* The end of what begins with a quote, after its other one; NULL if there is none. */
static char *
end_of_quoted(char *value)
{
	for (char *c = value + 1; *c != '\0'; c++)
	{
		if (*c == '\'' && c[1] != '\'')
			return c + 1;
		if ((*c == '\'' || *c == '\\') && c[1] != '\0')
			c++;
	}
	return NULL;
}

/* PostgreSQL's lexer, guc-file.l, takes bytes above ASCII as letters. */
static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || IS_HIGHBIT_SET(c);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The end of what its lexer calls ID; text itself if that does not begin there. */
static char *
end_of_id(char *text)
{
	if (!is_letter(*text))
		return text;
	while (is_letter(*text) || is_digit(*text))
		text++;
	return text;
}

/* ... QUALIFIED_ID; NULL if the text does not begin with one. */
static char *
end_of_qualified_id(char *text)
{
	char	   *dot = end_of_id(text);
	char	   *end = dot == text || *dot != '.' ? dot : end_of_id(dot + 1);

	return dot == text || *dot != '.' || end == dot + 1 ? NULL : end;
}

/* ... UNQUOTED_STRING, which is at least as long as an ID. */
static char *
end_of_word(char *text)
{
	if (!is_letter(*text))
		return text;
	while (is_letter(*text) || is_digit(*text) || (*text != '\0' && strchr("-._:/", *text) != NULL))
		text++;
	return text;
}

/* ... INTEGER, with its unit, or REAL, whichever is longer. */
static char *
end_of_number(char *text)
{
	char	   *digits = text + (*text == '-' || *text == '+');
	char	   *whole = digits + strspn(digits, DIGITS);
	char	   *end = whole;

	if (*whole == '.')
	{
		end = whole + 1 + strspn(whole + 1, DIGITS);
		if (*end == 'e' || *end == 'E')
		{
			char	   *exponent = end + 1 + (end[1] == '-' || end[1] == '+');

			end = is_digit(*exponent) ? exponent + strspn(exponent, DIGITS) : end;
		}
		return end;
	}
	if (end == digits)
		return text;
	if (*digits == '0' && digits[1] == 'x' && strspn(digits + 2, DIGITS "abcdefABCDEF") > 0)
		end = digits + 2 + strspn(digits + 2, DIGITS "abcdefABCDEF");
	return end + strspn(end, LETTERS);
}

/* Read what follows a name: the value, or NULL if it is none. */
static const char *
read_value(char *text)
{
	char	   *value = skip_blanks(text);
	bool		is_quoted;
	char	   *end;

	if (*value == '=')
		value = skip_blanks(value + 1);
	is_quoted = *value == '\'';
	if (is_quoted)
		end = end_of_quoted(value);
	else
		end = is_letter(*value) ? end_of_word(value) : end_of_number(value);
	if (end == NULL || end == value || !is_rest_empty(end) || end_of_qualified_id(value) == end)
		return NULL;
	*end = '\0';
	return is_quoted ? DeescapeQuotedString(value) : value;
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
		char	   *end;

		line->number++;
		if (is_rest_empty(name))
			continue;
		end = end_of_word(name);
		line->name = pnstrdup(name, end - name);
		line->value = end == end_of_id(name) || end == end_of_qualified_id(name) ? read_value(end) : NULL;
		return true;
	}
	return false;
}
