/*-------------------------------------------------------------------------
 *
 * setting.c
 *	  A setting that is the same for the whole server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/setting.h"

/*
 * The mark after a value that was set for a session, although only the
 * server's configuration may set it.
 */
#define FOREIGN_MARK " (not from the server's configuration)"

/*
 * The number (0 .. INT_MAX) that a text stands for, as PostgreSQL reads
 * integers, or SETTING_INVALID.  Allocates nothing and raises nothing, so hooks
 * may call it.
 */
int
setting_number(const char *str)
{
	int			number;

	return parse_int(str, &number, 0, NULL) && number >= 0 ? number : SETTING_INVALID;
}

/*
 * The text that SHOW displays for a number that is set as text: 8 for 010.  It
 * is valid until the next call.
 */
const char *
setting_show_text(const ServerSetting *setting)
{
	static char number[12];

	if (!setting_is_valid(setting))
		return setting->str;
	snprintf(number, sizeof(number), "%d", setting->value);
	return number;
}

/*
 * A text that is no valid value of any setting and contains the value that was
 * requested.  It is never freed.
 */
const char *
setting_foreign_text(const char *asked)
{
	Size		size = strlen(asked) + sizeof(FOREIGN_MARK);
	char	   *str = MemoryContextAlloc(TopMemoryContext, size);

	snprintf(str, size, "%s%s", asked, FOREIGN_MARK);
	return str;
}

/* The invalid text. */
const char *
setting_invalid_text(const ServerSetting *setting)
{
	return setting->refused ? setting->refused : setting->str;
}

static bool
is_foreign(const ServerSetting *setting)
{
	const char *mark = strstr(setting_invalid_text(setting), FOREIGN_MARK);

	return mark != NULL && strlen(mark) == strlen(FOREIGN_MARK);
}

const char *
setting_invalid_hint(const ServerSetting *setting)
{
	return is_foreign(setting) ?
		"Remove it from the session's options and from the settings of the role and the database, and connect again." :
		"Correct it in postgresql.conf or with ALTER SYSTEM, and reload the configuration.";
}

/*
 * ERROR INVALID_PARAMETER_VALUE: the value is invalid, for the reason in
 * detail.  hint may be NULL.
 */
void
setting_report_invalid(const ServerSetting *setting, const char *detail, const char *hint)
{
	bool		foreign = is_foreign(setting);

	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value for parameter \"%s\": \"%s\"",
				   setting->name, setting_invalid_text(setting)),
			errdetail("%s", foreign ?
					  "The value was set for the session, its role or its database, but only the server's configuration can set this parameter." :
					  detail),
			errhint("%s", foreign || hint == NULL ? setting_invalid_hint(setting) : hint));
}

void
setting_check(const ServerSetting *setting)
{
	if (!setting_is_valid(setting))
		setting_report_invalid(setting, SETTING_NUMBER_DETAIL, NULL);
}
