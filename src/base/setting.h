/*-------------------------------------------------------------------------
 *
 * setting.h
 *	  A setting that is the same for the whole server.
 *
 * Such a setting belongs to the file that uses it; settings.c defines it in
 * PostgreSQL.
 *
 * Settings that decide which IDs a server issues are text, and PostgreSQL
 * accepts any text.  If PostgreSQL refused a value, it would keep the previous
 * one in the sessions that have one: then the server would continue under a
 * node that its configuration does not name, and not in all sessions.  An
 * invalid text is instead an error whenever it is used, the same in every
 * session.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SETTING_H
#define IDGEN_SETTING_H

/* The value of an invalid text: it fits no field, and no valid text stands for it. */
#define SETTING_INVALID (-1)

/* The reason why a text is not a valid number. */
#define SETTING_NUMBER_DETAIL "It must be a whole number, and not negative."

typedef struct ServerSetting
{
	const char *name;
	int			value;			/* the number that str stands for, or
								 * SETTING_INVALID */
	char	   *str;			/* NULL if PostgreSQL reads the number */
	const char *refused;		/* another value that was requested and
								 * refused; or NULL */
} ServerSetting;

static inline bool
setting_is_valid(const ServerSetting *setting)
{
	return setting->value != SETTING_INVALID && setting->refused == NULL;
}

extern int	setting_number(const char *str);
extern const char *setting_show_text(const ServerSetting *setting);
extern const char *setting_foreign_text(const char *asked);
extern const char *setting_invalid_text(const ServerSetting *setting);
extern const char *setting_invalid_hint(const ServerSetting *setting);
extern void setting_report_invalid(const ServerSetting *setting, const char *detail, const char *hint);
extern void setting_check(const ServerSetting *setting);

#endif							/* IDGEN_SETTING_H */
