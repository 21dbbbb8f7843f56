/*-------------------------------------------------------------------------
 *
 * etcd_address.c
 *	  Reading addresses of etcds.
 *
 *		etcd://HOST[:PORT][,HOST[:PORT]]...[?NAME=VALUE[&NAME=VALUE]...]
 *
 * and the same with etcds: for TLS.  Errors do not repeat the address, in which
 * a password may have been written by mistake.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "provider/etcd_address.h"
#include "provider/host_list.h"

#define DEFAULT_PORT 2379
#define DEFAULT_PREFIX "/idgen"

/* More than the name of any host, or of any file. */
#define MOST_CHARACTERS 1024

pg_noreturn static void malformed(const char *format, ...) pg_attribute_printf(1, 2);

static void
malformed(const char *format, ...)
{
	char		detail[256];
	va_list		arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid address of an etcd"),
			errdetail_internal("%s", detail),
			errhint("Addresses look like \"etcd://host1:2379,host2:2379\"."));
}

pg_noreturn static void
refuse_password(void)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("address of an etcd must not contain a user or a password"),
			errhint("Put them into the file that \"idgen.lease_secret_file\" names."));
}

/* Read "name=value" (length). */
static void
read_option(const char *option, size_t length, EtcdAddress *address)
{
	const struct
	{
		const char *name;
		char	  **value;
	}			options[] = {
		{"cacert", &address->cacert}, {"cert", &address->cert}, {"key", &address->key}, {"prefix", &address->prefix},
	};
	const char *equals = memchr(option, '=', length);
	size_t		name = equals == NULL ? length : equals - option;

	if (pg_strncasecmp(option, "user", 4) == 0 || pg_strncasecmp(option, "pass", 4) == 0)
		refuse_password();
	for (int i = 0; i < lengthof(options); i++)
	{
		if (strlen(options[i].name) != name || strncmp(options[i].name, option, name) != 0)
			continue;
		if (equals == NULL || equals[1] != '/')
			malformed("The value of \"%s\" does not begin with a slash.", options[i].name);
		/* cppcheck-suppress nullPointerArithmeticRedundantCheck */
		*options[i].value = pnstrdup(equals + 1, length - name - 1);
		return;
	}
	malformed("There are no other options than \"cacert\", \"cert\", \"key\", and \"prefix\".");
}

static void
read_options(const char *options, EtcdAddress *address)
{
	while (*options != '\0')
	{
		size_t		length = strcspn(options, "&");

		read_option(options, length, address);
		options += length;
		if (*options == '&')
			options++;
	}
}

/* Take away the slashes at the end of the prefix, which may be all of it. */
static void
trim_prefix(char *prefix)
{
	size_t		length = strlen(prefix);

	while (length > 0 && prefix[length - 1] == '/')
		prefix[--length] = '\0';
}

/* Read the address of a store; ERROR if it is malformed. */
void
etcd_address_read(const char *store, EtcdAddress *address)
{
	const char *hosts = strstr(store, "://");
	ListedHost	listed[ETCD_MOST_ENDPOINTS];
	const char *wrong;
	size_t		length;

	memset(address, 0, sizeof(EtcdAddress));
	address->is_secure = strncmp(store, "etcds:", 6) == 0;
	if (hosts == NULL || (strncmp(store, "etcd:", 5) != 0 && !address->is_secure))
		malformed("It does not begin with \"etcd://\" or \"etcds://\".");
	if (strchr(store, '@') != NULL)
		refuse_password();
	if (strlen(store) > MOST_CHARACTERS)
		malformed("It is longer than %d bytes.", MOST_CHARACTERS);
	for (const char *byte = store; *byte != '\0'; byte++)
		if (*byte <= ' ' || *byte > '~')
			malformed("It contains spaces, or characters that are not ASCII.");
	hosts += 3;
	length = strcspn(hosts, "/?");
	wrong = host_list_read(hosts, length, DEFAULT_PORT, listed, ETCD_MOST_ENDPOINTS, &address->endpoint_count);
	if (wrong != NULL)
		malformed("%s", wrong);
	for (int i = 0; i < address->endpoint_count; i++)
		address->endpoints[i] = listed[i].endpoint;
	hosts += length;
	if (*hosts == '/')
		hosts++;
	if (*hosts != '\0' && *hosts != '?')
		malformed("There is a path behind the hosts.");
	address->prefix = pstrdup(DEFAULT_PREFIX);
	if (*hosts == '?')
		read_options(hosts + 1, address);
	if (!address->is_secure && (address->cacert || address->cert || address->key))
		malformed("Certificates are for \"etcds://\".");
	trim_prefix(address->prefix);
}
