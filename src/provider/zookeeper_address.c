/*-------------------------------------------------------------------------
 *
 * zookeeper_address.c
 *	  Reading addresses of ZooKeepers.
 *
 *		zookeeper://HOST[:PORT][,HOST[:PORT]]...[/PATH]
 *
 * There is no scheme for TLS, as Debian's library of the client has none.
 * Errors do not repeat the address, in which a password may have been written
 * by mistake.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "provider/zookeeper_address.h"

#define SCHEME "zookeeper://"
#define DEFAULT_PORT 2181

/* More than the names of all hosts, and the path. */
#define MOST_CHARACTERS 2304

static void
malformed(const char *detail)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid address of a ZooKeeper"),
			errdetail_internal("%s", detail),
			errhint("Addresses look like \"zookeeper://host1:2181,host2:2181/path\"."));
}

/* A path that ZooKeeper does not take is refused by it again and again, so it is better found here. */
static void
check_path(const char *path)
{
	if (strlen(path) > ZOOKEEPER_LONGEST_PATH)
		malformed(psprintf("Its path is longer than %d bytes.", ZOOKEEPER_LONGEST_PATH));
	if (strpbrk(path, "?#") != NULL)
		malformed("There are no options.");
	while (*path != '\0')
	{
		size_t		length = strcspn(path + 1, "/");

		if (length == 0 || strncmp(path + 1, "..", Max(length, 2)) == 0 || (length == 1 && path[1] == '.'))
			malformed("Its path has a part that is empty or consists of dots.");
		path += 1 + length;
	}
}

/* Read the address of a store; ERROR if it is malformed. */
void
zookeeper_address_read(const char *store, ZookeeperAddress *address)
{
	const char *hosts = store + strlen(SCHEME);
	const char *wrong;
	size_t		length;

	if (strncmp(store, SCHEME, strlen(SCHEME)) != 0)
		malformed("It does not begin with \"" SCHEME "\".");
	if (strchr(store, '@') != NULL || strstr(store, "password=") != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("address of a ZooKeeper must not contain a user or a password"),
				errhint("Put them into the file that \"idgen.lease_secret_file\" names."));
	if (strlen(store) > MOST_CHARACTERS)
		malformed(psprintf("It is longer than %d bytes.", MOST_CHARACTERS));
	for (const char *byte = store; *byte != '\0'; byte++)
		if (*byte <= ' ' || *byte > '~')
			malformed("It contains spaces, or characters that are not ASCII.");
	length = strcspn(hosts, "/?");
	wrong = host_list_read(hosts, length, DEFAULT_PORT, address->hosts, ZOOKEEPER_MOST_HOSTS, &address->host_count);
	if (wrong != NULL)
		malformed(wrong);
	address->path = pstrdup(hosts + length);
	length = strlen(address->path);
	if (length > 0 && address->path[length - 1] == '/')
		address->path[length - 1] = '\0';
	check_path(address->path);
}
