/*-------------------------------------------------------------------------
 *
 * configuration_lines.h
 *	  The lines of a text in the format of postgresql.conf.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CONFIGURATION_LINES_H
#define IDGEN_CONFIGURATION_LINES_H

/* A line that sets a parameter. */
typedef struct ConfigurationLine
{
	int			number;			/* from 1 on */
	const char *name;
	const char *value;			/* without quotes; NULL if it is not valid */
} ConfigurationLine;

extern bool configuration_line_next(char **str, ConfigurationLine *line);

#endif							/* IDGEN_CONFIGURATION_LINES_H */
