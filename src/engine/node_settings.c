/*-------------------------------------------------------------------------
 *
 * node_settings.c
 *	  The settings of this server's layout and node.
 *
 * idgen.worker_id is a number, or "ordinal" or "ordinal+N": the number at the
 * end of this machine's host name, as a Kubernetes StatefulSet gives one to each
 * of its pods, and N more.  The host name is read whenever the setting is
 * assigned.
 *
 * Hooks call what is here, so nothing allocates or raises, except
 * node_setting_check().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "engine/node_settings.h"

#define ORDINAL "ordinal"

/* Holds a host name: Linux has 64 characters at most, others 255. */
#define HOST_NAME_SIZE 256

ServerSetting server_layout_setting = {
	.name = "idgen.layout",
	.str = "default",
};
ServerSetting generator_datacenter = {
	.name = "idgen.datacenter_id",
	.str = "0",
};
ServerSetting generator_worker = {
	.name = "idgen.worker_id",
	.str = "0",
};

/* The name of this machine, without its domain. */
static void
read_host_name(char *name)
{
	if (gethostname(name, HOST_NAME_SIZE) != 0)
		name[0] = '\0';
	name[HOST_NAME_SIZE - 1] = '\0';
	name[strcspn(name, ".")] = '\0';
}

/* The number that digits stand for, or SETTING_INVALID if there are none, or something else, or too many. */
static int
read_digits(const char *digits)
{
	int64		number = 0;

	if (*digits == '\0')
		return SETTING_INVALID;
	for (; *digits != '\0'; digits++)
	{
		if (*digits < '0' || *digits > '9')
			return SETTING_INVALID;
		number = number * 10 + (*digits - '0');
		if (number > PG_INT32_MAX)
			return SETTING_INVALID;
	}
	return (int) number;
}

/* The number at the end of this machine's host name, or SETTING_INVALID. */
static int
host_ordinal(void)
{
	char		name[HOST_NAME_SIZE];
	char	   *end;

	read_host_name(name);
	end = name + strlen(name);
	while (end > name && end[-1] >= '0' && end[-1] <= '9')
		end--;
	return read_digits(end);
}

/* What is to be added to the ordinal; SETTING_INVALID if the text names none. */
static int
ordinal_base(const char *str)
{
	const char *rest = str + strlen(ORDINAL);

	if (pg_strncasecmp(str, ORDINAL, strlen(ORDINAL)) != 0)
		return SETTING_INVALID;
	if (*rest == '\0')
		return 0;
	return *rest == '+' ? read_digits(rest + 1) : SETTING_INVALID;
}

/* Is a text of idgen.worker_id "ordinal" or "ordinal+N"? */
bool
node_setting_names_ordinal(const char *text)
{
	return ordinal_base(text) != SETTING_INVALID;
}

/* The number (0 .. INT_MAX) that a text of idgen.worker_id stands for, or SETTING_INVALID. */
int
node_setting_worker(const char *text)
{
	int			base = ordinal_base(text);
	int			ordinal;

	if (base == SETTING_INVALID)
		return setting_number(text);
	ordinal = host_ordinal();
	return ordinal == SETTING_INVALID || ordinal > PG_INT32_MAX - base ? SETTING_INVALID : base + ordinal;
}

/* Write why a text is invalid, a sentence, to detail (NODE_DETAIL_SIZE). */
const char *
node_setting_detail(const char *text, char *detail)
{
	char		name[HOST_NAME_SIZE];

	if (!node_setting_names_ordinal(text))
		return SETTING_NUMBER_DETAIL;
	read_host_name(name);
	snprintf(detail, NODE_DETAIL_SIZE, host_ordinal() == SETTING_INVALID ?
			 "The host name \"%.80s\" does not end in a number." :
			 "The number at the end of the host name \"%.80s\" is too large.", name);
	return detail;
}

/* ERROR INVALID_PARAMETER_VALUE if a setting of the node is invalid. */
void
node_setting_check(const ServerSetting *setting)
{
	char		detail[NODE_DETAIL_SIZE];
	bool		is_ordinal = setting == &generator_worker && node_setting_names_ordinal(setting->str);

	if (setting_is_valid(setting))
		return;
	setting_report_invalid(setting, node_setting_detail(setting->str, detail),
						   is_ordinal ? "Give the machine a name that ends in its number, as a StatefulSet does, or set a number." : NULL);
}
