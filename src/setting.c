/*-------------------------------------------------------------------------
 *
 * setting.c
 *	  See setting.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "setting.h"

void
setting_check(const ServerSetting *setting)
{
	if (setting->refused)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of parameter \"%s\" was not accepted", setting->name),
				setting->asked ?
				errdetail("No IDs are made with a value other than the one that was asked for, \"%s\".", setting->asked) :
				errdetail("No IDs are made with a value other than the one that was asked for."),
				errhint("Set it in postgresql.conf or by ALTER SYSTEM, within its range, and nowhere else. Then reload the configuration and connect again."));
}
