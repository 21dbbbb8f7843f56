/*-------------------------------------------------------------------------
 *
 * redis_address.c
 *	  Reading addresses of Redis.
 *
 *		redis://HOST[:PORT][/DATABASE]
 *		rediss://HOST[:PORT][/DATABASE][?cacert=FILE]
 *
 * There is but one host: of several, there would have to be an authority that
 * says which one is the master.  Errors do not repeat the address, in which a
 * password may have been written by mistake.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/redis_address.h"

#define DEFAULT_PORT 6379

/* More than the name of any host, or of any file. */
#define MOST_CHARACTERS 1024

/* More than any Redis has. */
#define MOST_DATABASE_DIGITS 5

#define CACERT "?cacert="

static void
malformed(const char *detail)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid address of a Redis"),
			errdetail_internal("%s", detail),
			errhint("Addresses look like \"redis://host:6379/0\"."));
}

/* Refuse what is no address as a whole; returns what follows the scheme. */
static const char *
skip_scheme(const char *store, RedisAddress *address)
{
	address->is_secure = strncmp(store, "rediss://", 9) == 0;
	if (!address->is_secure && strncmp(store, "redis://", 8) != 0)
		malformed("It does not begin with \"redis://\" or \"rediss://\".");
	if (strchr(store, '@') != NULL || strstr(store, "user") != NULL || strstr(store, "pass") != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("address of a Redis must not contain a user or a password"),
				errhint("Put them into the file that \"idgen.lease_secret_file\" names."));
	if (strlen(store) > MOST_CHARACTERS)
		malformed("It is too long.");
	for (const char *byte = store; *byte != '\0'; byte++)
		if (*byte <= ' ' || *byte > '~')
			malformed("It contains spaces, or characters that are not ASCII.");
	return strstr(store, "://") + 3;
}

/* Read "/DATABASE"; returns what follows it. */
static const char *
read_database(const char *path, RedisAddress *address)
{
	size_t		digits;

	if (*path != '/')
		return path;
	path++;
	digits = strspn(path, "0123456789");
	if (digits > MOST_DATABASE_DIGITS)
		malformed("The number of the database is too large.");
	address->database = atoi(path);
	return path + digits;
}

/* Read the address of a store; ERROR if it is malformed. */
void
redis_address_read(const char *store, RedisAddress *address)
{
	const char *rest;
	const char *wrong;
	size_t		length;
	int			count;

	memset(address, 0, sizeof(RedisAddress));
	rest = skip_scheme(store, address);
	length = strcspn(rest, "/?");
	if (memchr(rest, ',', length) != NULL)
		malformed("There is more than one host.");
	wrong = host_list_read(rest, length, DEFAULT_PORT, &address->host, 1, &count);
	if (wrong != NULL)
		malformed(wrong);
	rest = read_database(rest + length, address);
	if (address->is_secure && strncmp(rest, CACERT "/", sizeof(CACERT)) == 0)
		address->cacert = pstrdup(rest + strlen(CACERT));
	else if (*rest != '\0')
		malformed("Behind the host there is more than the number of a database.");
}
