/*-------------------------------------------------------------------------
 *
 * postgres_address.c
 *	  How to connect to the servers of a store.
 *
 * idgen.lease_store is an URI of libpq's.  libpq tries several hosts one after
 * the other, but the time that each may take is left to whoever connects
 * asynchronously.  So each host is tried as an address of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <libpq-fe.h>

#include "postgres_address.h"
#include "resolver.h"

/* Settings that each server may have a value of its own for. */
static const char *const lists[] = {"host", "hostaddr", "port"};

/* Secrets that libpq does not mark as such. */
static const char *const secrets[] = {"scram_client_key", "scram_server_key", "oauth_client_secret"};

static bool
is_in(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static PQconninfoOption *
find_option(PQconninfoOption *options, const char *name)
{
	for (PQconninfoOption *option = options; option->keyword != NULL; option++)
		if (strcmp(option->keyword, name) == 0)
			return option;
	return NULL;
}

static int
comma_list_length(const PQconninfoOption *option)
{
	int			length = 1;

	if (option == NULL || option->val == NULL)
		return 0;
	for (const char *comma = option->val; (comma = strchr(comma, ',')) != NULL; comma++)
		length++;
	return length;
}

/* A value of a list; if there is but one, it is for all servers. */
static char *
list_value(const PQconninfoOption *option, int number)
{
	const char *value = option->val;

	if (comma_list_length(option) == 1)
		return pstrdup(value);
	while (number-- > 0)
		value = strchr(value, ',') + 1;
	return pnstrdup(value, strcspn(value, ","));
}

/* How many servers there are to try on their own: 1 if libpq is to say what is wrong with the lists. */
static int
count_hosts(PQconninfoOption *options)
{
	int			hosts = comma_list_length(find_option(options, "host"));
	int			addresses = comma_list_length(find_option(options, "hostaddr"));
	int			ports = comma_list_length(find_option(options, "port"));
	int			count = Max(hosts, addresses);

	if ((hosts > 0 && addresses > 0 && hosts != addresses) || (ports > 1 && ports != count))
		return 1;
	return Max(count, 1);
}

static bool
is_secret(const PQconninfoOption *option)
{
	return option->dispchar[0] == '*' || is_in(option->keyword, secrets, lengthof(secrets));
}

/*
 * The URI's settings, to be freed by PQconninfoFree.  ERROR if it is not an
 * URI, or contains a secret.  libpq's own messages quote the URI, with all that
 * it contains, and so does PostgreSQL's log.
 */
static PQconninfoOption *
parse_uri(const char *uri)
{
	char	   *message = NULL;
	PQconninfoOption *options = PQconninfoParse(uri, &message);
	bool		has_secret = false;

	PQfreemem(message);
	if (options == NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the address of the coordination store is not a valid URI of PostgreSQL"),
				errhint("The form is \"postgresql://user@host1,host2:port/database?parameter=value\"."));
	for (PQconninfoOption *option = options; option->keyword != NULL; option++)
		has_secret |= option->val != NULL && is_secret(option);
	if (has_secret)
	{
		PQconninfoFree(options);
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the address of the coordination store must not contain a password"),
				errhint("Put it into the file named by idgen.lease_secret_file, or into a password file of libpq's."));
	}
	return options;
}

/* Add a parameter at the end of a host's lists. */
static void
add(PostgresHost *host, int *count, const char *name, const char *value)
{
	host->names[*count] = pstrdup(name);
	host->values[*count] = pstrdup(value);
	(*count)++;
}

/* The name of a host, or NULL if it is an address, or has one. */
static char *
name_to_resolve(PQconninfoOption *options, int number)
{
	const PQconninfoOption *host = find_option(options, "host");
	char	   *name;

	if (comma_list_length(host) == 0 || comma_list_length(find_option(options, "hostaddr")) > 0)
		return NULL;
	name = list_value(host, number);
	return resolver_is_needed(name) ? name : NULL;
}

/*
 * What a host is connected to with.  libpq takes the last of several values, so
 * defaults come first, and then what the URI may not change.
 */
static PostgresHost
read_host(PQconninfoOption *options, int number, bool is_single, const LeaseAddress *address)
{
	char	   *timeout_ms = psprintf("%d", address->timeout_ms);
	int			option_count = 0;
	int			count = 0;
	PostgresHost host = {0};

	while (options[option_count].keyword != NULL)
		option_count++;
	host.names = palloc0(sizeof(char *) * (option_count + 16));
	host.values = palloc0(sizeof(char *) * (option_count + 16));

	/*
	 * A server that has gone away is noticed, even if none of its packets
	 * arrive.
	 */
	add(&host, &count, "tcp_user_timeout", timeout_ms);
	add(&host, &count, "keepalives_idle", "10");
	add(&host, &count, "keepalives_interval", "5");
	add(&host, &count, "keepalives_count", "3");
	/* It would ask a server for tickets, and wait for that. */
	add(&host, &count, "gssencmode", "disable");
	add(&host, &count, "fallback_application_name", address->application);
	for (PQconninfoOption *option = options; option->keyword != NULL; option++)
		if (option->val != NULL)
			add(&host, &count, option->keyword,
				is_single || !is_in(option->keyword, lists, lengthof(lists)) ? option->val : list_value(option, number));
	if (address->user != NULL)
		add(&host, &count, "user", address->user);
	if (address->password != NULL)
		add(&host, &count, "password", address->password);
	add(&host, &count, "client_encoding", "UTF8");
	add(&host, &count, "target_session_attrs", "read-write");
	host.count = count;
	host.to_resolve = name_to_resolve(options, number);
	return host;
}

/* ERROR if the address is malformed or contains a password. */
PostgresAddress *
postgres_address_read(const LeaseAddress *address)
{
	PQconninfoOption *options = parse_uri(address->store);
	PostgresAddress *result = palloc(sizeof(PostgresAddress));

	result->host_count = count_hosts(options);
	result->hosts = palloc(sizeof(PostgresHost) * result->host_count);
	for (int i = 0; i < result->host_count; i++)
		result->hosts[i] = read_host(options, i, result->host_count == 1, address);
	PQconninfoFree(options);
	return result;
}

/*
 * Have a host that has been resolved connected to at its addresses, a list of
 * so many.  libpq wants its name as often as there are addresses, in names
 * (size bytes), which the host's parameters then point into.
 */
void
postgres_address_resolve(PostgresHost *host, const char *addresses, int count, char *names, size_t size)
{
	names[0] = '\0';
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			strlcat(names, ",", size);
		strlcat(names, host->to_resolve, size);
	}
	host->names[host->count] = "host";
	host->values[host->count] = names;
	host->names[host->count + 1] = "hostaddr";
	host->values[host->count + 1] = addresses;
}
