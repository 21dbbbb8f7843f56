/*-------------------------------------------------------------------------
 *
 * setting.h
 *	  A setting that is the same for the whole server.
 *
 * Such a setting belongs to the file that acts on it.  idgen.c makes it one of
 * PostgreSQL's.
 *
 * What decides which IDs a server issues is a text to PostgreSQL, which takes any.
 * PostgreSQL keeps a value that it has, in the sessions that have one, when it refuses
 * another: then the server would go on under a node that its configuration does not
 * name, and not in all sessions.  A text that says nothing is instead an error for
 * whoever uses it, and the same one in every session.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SETTING_H
#define IDGEN_SETTING_H

/* It fits no field, and is no number that a text can say. */
#define SETTING_INVALID (-1)

/* Why a text says no number. */
#define SETTING_NUMBER_DETAIL "It must be a whole number, and not negative."

typedef struct ServerSetting
{
	const char *name;
	int			value;			/* the number, or that of text; SETTING_INVALID if it says none */
	char	   *text;			/* NULL if PostgreSQL reads the number */
	const char *refused;		/* another one that was asked for, and not taken; or NULL */
} ServerSetting;

static inline bool
setting_is_valid(const ServerSetting *setting)
{
	return setting->value != SETTING_INVALID && setting->refused == NULL;
}

extern int	setting_number(const char *text);
extern const char *setting_show_text(const ServerSetting *setting);
extern const char *setting_foreign_text(const char *asked);
extern const char *setting_invalid_text(const ServerSetting *setting);
extern const char *setting_invalid_hint(const ServerSetting *setting);
extern void setting_report_invalid(const ServerSetting *setting, const char *detail, const char *hint);
extern void setting_check(const ServerSetting *setting);

#endif							/* IDGEN_SETTING_H */
