/*-------------------------------------------------------------------------
 *
 * host_list.c
 *	  Reading lists of hosts: HOST[:PORT][,HOST[:PORT]]...
 *
 * What is wrong is told without repeating the list, in which a password may
 * have been written by mistake.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/host_list.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Are all of the length characters of text in allowed? */
static bool
consists_of(const char *text, size_t length, const char *allowed)
{
	return strspn(text, allowed) >= length;
}

/* The host of "host[:port]" (length), 0 if it is malformed; *port is what follows the colon, or NULL. */
static size_t
host_length(const char *endpoint, size_t length, const char **port)
{
	bool		is_bracketed = endpoint[0] == '[';
	const char *end = memchr(endpoint, is_bracketed ? ']' : ':', length);
	size_t		host = end == NULL ? length : end - endpoint + (is_bracketed ? 1 : 0);
	bool		is_valid;

	if (is_bracketed)
		is_valid = end != NULL && host > 2 && consists_of(endpoint + 1, host - 2, DIGITS "abcdefABCDEF:.");
	else
		is_valid = host > 0 && consists_of(endpoint, host, LETTERS DIGITS ".-_");
	if (!is_valid || (host < length && endpoint[host] != ':'))
		return 0;
	*port = host < length ? endpoint + host + 1 : NULL;
	return host;
}

/* Read "host[:port]" (length).  Returns NULL, or what is wrong. */
static const char *
read_host(const char *endpoint, size_t length, int default_port, ListedHost *host)
{
	const char *port;
	size_t		name = host_length(endpoint, length, &port);
	size_t		digits = length - name - 1;
	int			brackets = endpoint[0] == '[' ? 1 : 0;

	if (name == 0)
		return "A name of a host is missing or malformed.";
	host->port = default_port;
	if (port != NULL)
	{
		if (digits < 1 || digits > 5 || !consists_of(port, digits, DIGITS))
			return "A port is malformed.";
		host->port = atoi(port);
		if (host->port < 1 || host->port > 65535)
			return psprintf("Port %d does not exist.", host->port);
	}
	host->name = pnstrdup(endpoint + brackets, name - 2 * brackets);
	host->endpoint = psprintf("%.*s:%d", (int) name, endpoint, host->port);
	return NULL;
}

/* Read a list (length) of at most so many hosts.  Returns NULL, or what is wrong, as a whole sentence. */
const char *
host_list_read(const char *list, size_t length, int default_port, ListedHost *hosts, int most, int *count)
{
	const char *end = list + length;

	for (*count = 0; *count < most; list++)
	{
		const char *comma = memchr(list, ',', end - list);
		const char *stop = comma == NULL ? end : comma;
		const char *wrong = read_host(list, stop - list, default_port, &hosts[(*count)++]);

		if (wrong != NULL || comma == NULL)
			return wrong;
		list = comma;
	}
	return psprintf("There are more than %d hosts.", most);
}
