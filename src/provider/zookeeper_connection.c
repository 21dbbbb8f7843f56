/*-------------------------------------------------------------------------
 *
 * zookeeper_connection.c
 *	  A session with ZooKeeper, from one connection to the next.
 *
 * The client is the library's for one thread: it looks after the session in
 * zookeeper_interest() and zookeeper_process(), which are called by whoever
 * waits.  What they return between connections says nothing about the session;
 * its watcher is told of that.  They are used here to count failures alone.
 *
 * The library waits in two cases, and is kept from both.  It would ask for the
 * addresses of hosts: that is done by resolver.c, and the library is given
 * numbers.  It would look for another server only after two thirds of the
 * session's time without an answer: zookeeper_connection_cut() ends the
 * connection behind its back, and the session goes on with the next server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "storage/fd.h"
#include "storage/latch.h"

#include "provider/zookeeper_connection.h"

/* Holds numeric addresses of all hosts, each with a port. */
#define HOSTS_SIZE (ZOOKEEPER_MOST_HOSTS * (RESOLVER_TEXT_SIZE + RESOLVER_MOST_ADDRESSES * 8))

char		zookeeper_failure[256];

int64
zookeeper_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------------- what the library tells */

/* Of the lines that the library logs about failures, keep server and reason. */
static void
note_failure(const char *line)
{
	const char *failure = strstr(line, "Socket ");
	char		server[64];
	char		error[64];
	char		reason[128];

	if (failure == NULL || sscanf(failure, "Socket %63s zk retcode=%*d, errno=%*d(%63[^)]): %127[^\n]",
								  server, error, reason) != 3)
		return;
	snprintf(zookeeper_failure, sizeof(zookeeper_failure), "ZooKeeper at %s: %s (%s)", server, reason, error);
}

static void
watch(zhandle_t *handle, int type, int state, const char *path, void *context)
{
	ZookeeperConnection *connection = context;

	if (type != ZOO_SESSION_EVENT)
		return;
	connection->is_connected = state == ZOO_CONNECTED_STATE;
	if (state == ZOO_EXPIRED_SESSION_STATE)
		connection->is_expired = true;
	if (state == ZOO_AUTH_FAILED_STATE)
		connection->is_refused = true;
}

/* ---------------------------------------------------------------------- hosts */

static void
end_resolving(ZookeeperConnection *connection)
{
	for (int i = 0; i < ZOOKEEPER_MOST_HOSTS; i++)
	{
		if (connection->resolvers[i] != NULL)
			resolver_end(connection->resolvers[i]);
		connection->resolvers[i] = NULL;
	}
	connection->is_resolving = false;
}

/* Ask for the addresses of all hosts that are names. */
static bool
begin_resolving(ZookeeperConnection *connection)
{
	const ZookeeperAddress *address = connection->address;

	connection->is_resolving = true;
	for (int i = 0; i < address->host_count; i++)
	{
		if (!resolver_is_needed(address->hosts[i].name))
			continue;
		connection->resolvers[i] = resolver_start(address->hosts[i].name);
		if (connection->resolvers[i] == NULL)
		{
			end_resolving(connection);
			strlcpy(zookeeper_failure, "could not start a thread to resolve a host name", sizeof(zookeeper_failure));
			return false;
		}
	}
	return true;
}

static bool
is_resolved(const ZookeeperConnection *connection)
{
	for (int i = 0; i < ZOOKEEPER_MOST_HOSTS; i++)
		if (connection->resolvers[i] != NULL && !resolver_is_done(connection->resolvers[i]))
			return false;
	return true;
}

/* Add "number:port" for each of the numbers, which have commas between them. */
static void
add_numbers(char *hosts, char *numbers, int port)
{
	char	   *rest;

	for (char *number = strtok_r(numbers, ",", &rest); number != NULL; number = strtok_r(NULL, ",", &rest))
		snprintf(hosts + strlen(hosts), HOSTS_SIZE - strlen(hosts), "%s%s:%d", hosts[0] == '\0' ? "" : ",", number, port);
}

/* Write all addresses that are known now.  The library takes IPv6 addresses without brackets. */
static void
write_hosts(const ZookeeperConnection *connection, char *hosts)
{
	hosts[0] = '\0';
	for (int i = 0; i < connection->address->host_count; i++)
	{
		const ListedHost *host = &connection->address->hosts[i];
		const Resolver *resolver = connection->resolvers[i];
		char		numbers[RESOLVER_TEXT_SIZE];

		if (resolver == NULL)
			strlcpy(numbers, host->name, sizeof(numbers));
		else if (!resolver_is_done(resolver) || resolver_addresses(resolver, numbers) == 0)
		{
			snprintf(zookeeper_failure, sizeof(zookeeper_failure), "could not translate host name \"%.100s\" to address: %.80s",
					 host->name, resolver_is_done(resolver) ? resolver_error(resolver) : "no answer in time");
			continue;
		}
		add_numbers(hosts, numbers, host->port);
	}
}

/* ---------------------------------------------------------------------- handles */

/* The library keeps the user's password, and sends it with each connection. */
static void
give_user(ZookeeperConnection *connection)
{
	char		secret[1024];
	int			length;

	if (connection->user == NULL)
		return;
	length = snprintf(secret, sizeof(secret), "%s:%s", connection->user,
					  connection->password == NULL ? "" : connection->password);
	if (length < (int) sizeof(secret))
		zoo_add_auth(connection->handle, "digest", secret, length, NULL, NULL);
	explicit_bzero(secret, sizeof(secret));
}

/* There are addresses: begin to connect to one of them. */
static void
create_handle(ZookeeperConnection *connection)
{
	char		hosts[HOSTS_SIZE];

	write_hosts(connection, hosts);
	end_resolving(connection);
	if (hosts[0] != '\0')
	{
		zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
		connection->handle = zookeeper_init2(hosts, watch, connection->session_ms,
											 connection->session.client_id == 0 ? NULL : &connection->session,
											 connection, ZOO_NO_LOG_CLIENTENV, note_failure);
		if (connection->handle == NULL)
			snprintf(zookeeper_failure, sizeof(zookeeper_failure), "could not create a handle of ZooKeeper's client: %s",
					 strerror(errno));
	}
	if (connection->handle == NULL)
	{
		connection->failures += connection->address->host_count;
		return;
	}
	ReserveExternalFD();
	zoo_set_servers_resolution_delay(connection->handle, -1);
	give_user(connection);
}

/* Begin to connect, unless that has been done.  False if that is not possible now. */
bool
zookeeper_connection_begin(ZookeeperConnection *connection)
{
	connection->wake_ms = 0;
	return connection->handle != NULL || connection->is_resolving || begin_resolving(connection);
}

/* End the handle, and the session, too, if it is connected. */
static void
close_handle(ZookeeperConnection *connection)
{
	if (connection->handle != NULL)
	{
		zookeeper_close(connection->handle);
		ReleaseExternalFD();
	}
	connection->handle = NULL;
	connection->socket = -1;
	connection->interest = 0;
	connection->is_connected = false;
	connection->is_expired = false;
	connection->is_refused = false;
}

/* End the session, as far as it is connected: what is bound to it vanishes. */
void
zookeeper_connection_end_session(ZookeeperConnection *connection)
{
	end_resolving(connection);
	close_handle(connection);
	memset(&connection->session, 0, sizeof(clientid_t));
}

/* Connect anew when the next operation begins, in the same session if there is one. */
void
zookeeper_connection_close(ZookeeperConnection *connection)
{
	end_resolving(connection);
	if (connection->handle == NULL)
		return;
	zookeeper_connection_cut(connection);
	if (connection->is_expired)
		memset(&connection->session, 0, sizeof(clientid_t));
	else
		connection->session = *zoo_client_id(connection->handle);
	close_handle(connection);
}

/* ---------------------------------------------------------------------- events */

/* Returns false if the connection has failed. */
static bool
count_failure(ZookeeperConnection *connection, int result)
{
	if (result == ZOK || result == ZNOTHING || result == ZINVALIDSTATE)
		return true;
	connection->failures++;
	connection->socket = -1;
	return false;
}

/* Let the library say what it waits for; it connects here.  Returns whether it has a connection to go on with. */
static bool
ask_interest(ZookeeperConnection *connection)
{
	struct timeval timeout = {0};
	int			result;

	connection->socket = -1;
	connection->interest = 0;
	result = zookeeper_interest(connection->handle, &connection->socket, &connection->interest, &timeout);
	connection->wake_ms = zookeeper_now_ms() + (int64) timeout.tv_sec * 1000 + timeout.tv_usec / 1000;
	if (!count_failure(connection, result) || result == ZINVALIDSTATE)
		connection->socket = -1;
	return connection->socket >= 0;
}

/* The events that are there now, of those that the library waits for. */
static int
ready_events(const ZookeeperConnection *connection)
{
	struct pollfd poll_fd = {.fd = connection->socket};

	if (connection->interest & ZOOKEEPER_READ)
		poll_fd.events |= POLLIN;
	if (connection->interest & ZOOKEEPER_WRITE)
		poll_fd.events |= POLLOUT;
	if (poll(&poll_fd, 1, 0) <= 0)
		return 0;
	if (poll_fd.revents & (POLLERR | POLLHUP | POLLNVAL))
		return connection->interest;
	return ((poll_fd.revents & POLLIN) ? ZOOKEEPER_READ : 0) | ((poll_fd.revents & POLLOUT) ? ZOOKEEPER_WRITE : 0);
}

/*
 * Do what can be done without waiting.  must_do_with_resolved: do not wait for
 * addresses of hosts any longer.
 */
void
zookeeper_connection_advance(ZookeeperConnection *connection, bool must_do_with_resolved)
{
	if (connection->is_resolving && (must_do_with_resolved || is_resolved(connection)))
		create_handle(connection);
	while (connection->handle != NULL && ask_interest(connection))
	{
		int			events = ready_events(connection);

		/* Without events, too: the library may have something left to do. */
		if (!count_failure(connection, zookeeper_process(connection->handle, events)) || events == 0)
			break;
	}
}

/* What to wait for, at most *timeout_ms, which becomes less if the library wants to be called earlier. */
int
zookeeper_connection_sockets(ZookeeperConnection *connection, LeaseSocket *sockets, int64 *timeout_ms)
{
	int			count = 0;

	for (int i = 0; i < ZOOKEEPER_MOST_HOSTS; i++)
		if (connection->resolvers[i] != NULL && !resolver_is_done(connection->resolvers[i]))
			sockets[count++] = (LeaseSocket)
		{
			resolver_socket(connection->resolvers[i]), WL_SOCKET_READABLE
		};
	if (connection->handle == NULL)
		return count;
	*timeout_ms = Max(0, Min(*timeout_ms, connection->wake_ms - zookeeper_now_ms()));
	if (connection->socket < 0)
		return 0;
	sockets[0].socket = connection->socket;
	sockets[0].events = ((connection->interest & ZOOKEEPER_WRITE) ? WL_SOCKET_WRITEABLE : 0) |
		((connection->interest & ZOOKEEPER_READ) ? WL_SOCKET_READABLE : 0);
	return 1;
}

/*
 * End the connection, but not the session: the library finds it closed, tells
 * all that waits for answers, and goes on with the next server.  It reads first
 * what has been received.
 */
void
zookeeper_connection_cut(ZookeeperConnection *connection)
{
	int			result = ZOK;

	if (connection->handle == NULL || connection->socket < 0)
		return;
	(void) shutdown(connection->socket, SHUT_RDWR);
	while (result == ZOK || result == ZNOTHING)
		result = zookeeper_process(connection->handle, ZOOKEEPER_READ | ZOOKEEPER_WRITE);
	count_failure(connection, result);
}
