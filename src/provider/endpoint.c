/*-------------------------------------------------------------------------
 *
 * endpoint.c
 *	  Where a server of a store listens, as in an address: HOST[:PORT].
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/endpoint.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Are all of the length characters of str in allowed? */
static bool
consists_of(const char *str, size_t length, const char *allowed)
{
	return strspn(str, allowed) >= length;
}

/* Find the host of str (length), and what follows it; false if it is malformed. */
static bool
read_host(const char *str, size_t length, Endpoint *endpoint, const char **rest)
{
	bool		is_bracketed = length > 0 && str[0] == '[';
	const char *host = is_bracketed ? str + 1 : str;
	const char *end = memchr(str, is_bracketed ? ']' : ':', length);
	size_t		host_length = (end == NULL ? str + length : end) - host;

	if (host_length == 0 || (is_bracketed && end == NULL) ||
		!consists_of(host, host_length, is_bracketed ? DIGITS "abcdefABCDEF:." : LETTERS DIGITS ".-_"))
		return false;
	endpoint->host = pnstrdup(host, host_length);
	*rest = host + host_length + (is_bracketed ? 1 : 0);
	return *rest == str + length || **rest == ':';
}

/*
 * Read an endpoint, whose host is allocated.  Returns the objection to it, a
 * sentence, or NULL.
 */
const char *
endpoint_read(const char *str, size_t length, int default_port, Endpoint *endpoint)
{
	const char *port;
	size_t		digits;

	if (!read_host(str, length, endpoint, &port))
		return "A name of a host is missing or malformed.";
	endpoint->port = default_port;
	if (port == str + length)
		return NULL;
	port++;
	digits = str + length - port;
	if (digits < 1 || digits > 5 || !consists_of(port, digits, DIGITS))
		return "A port is malformed.";
	endpoint->port = atoi(port);
	return endpoint->port >= 1 && endpoint->port <= 65535 ? NULL :
		psprintf("Port %d does not exist.", endpoint->port);
}
