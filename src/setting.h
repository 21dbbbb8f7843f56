/*-------------------------------------------------------------------------
 *
 * setting.h
 *	  A setting that is the same for the whole server.
 *
 * Such a setting belongs to the file that acts on it.  idgen.c makes it one of
 * PostgreSQL's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SETTING_H
#define IDGEN_SETTING_H

typedef struct ServerSetting
{
	const char *name;
	int			value;			/* or that of text */
	char	   *text;
	const char *asked;			/* for before the library was loaded; may be NULL */
	bool		refused;		/* another value was asked for, and not taken */
	bool		restoring;		/* a parallel worker expects its leader's value */
} ServerSetting;

/* ERROR if another value was asked for, and not taken. */
extern void setting_check(const ServerSetting *setting);

#endif							/* IDGEN_SETTING_H */
