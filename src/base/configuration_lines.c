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
skip_blanks(char *str)
{
	return str + strspn(str, BLANKS);
}

/* Is the rest of a line empty, except for a comment? */
static bool
is_rest_empty(char *str)
{
	str = skip_blanks(str);
	return *str == '\0' || *str == '#';
}

/*
 * The end of a quoted string, after its closing quote; NULL if there is none.
 */
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

/* The end of what its lexer calls ID; str itself if that does not begin there. */
static char *
end_of_id(char *str)
{
	if (!is_letter(*str))
		return str;
	while (is_letter(*str) || is_digit(*str))
		str++;
	return str;
}

/* ... QUALIFIED_ID; NULL if the text does not begin with one. */
static char *
end_of_qualified_id(char *str)
{
	char	   *dot = end_of_id(str);
	char	   *end = dot == str || *dot != '.' ? dot : end_of_id(dot + 1);

	return dot == str || *dot != '.' || end == dot + 1 ? NULL : end;
}

/* ... UNQUOTED_STRING, which is at least as long as an ID. */
static char *
end_of_word(char *str)
{
	if (!is_letter(*str))
		return str;
	while (is_letter(*str) || is_digit(*str) || (*str != '\0' && strchr("-._:/", *str) != NULL))
		str++;
	return str;
}

/* ... INTEGER, with its unit, or REAL, whichever is longer. */
static char *
end_of_number(char *str)
{
	char	   *digits = str + (*str == '-' || *str == '+');
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
		return str;
	if (*digits == '0' && digits[1] == 'x' && strspn(digits + 2, DIGITS "abcdefABCDEF") > 0)
		end = digits + 2 + strspn(digits + 2, DIGITS "abcdefABCDEF");
	return end + strspn(end, LETTERS);
}

/* Read what follows a name: the value, or NULL if it is none. */
static const char *
read_value(char *str)
{
	char	   *value = skip_blanks(str);
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

/* Terminate the next line of *str, and advance *str beyond it. */
static char *
cut_line(char **str)
{
	char	   *line = *str;

	*str += strcspn(line, "\n");
	if (**str == '\n')
		*(*str)++ = '\0';
	return line;
}

/*
 * Find the next line that sets a parameter; false at the end of the text, which
 * is modified.  The caller passes the same line to each call, with number 0 at
 * first.
 */
bool
configuration_line_next(char **str, ConfigurationLine *line)
{
	while (**str != '\0')
	{
		char	   *name = skip_blanks(cut_line(str));
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
