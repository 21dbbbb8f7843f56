/*-------------------------------------------------------------------------
 *
 * resolver.c
 *	  The addresses of a host, without waiting for them.
 *
 * The C library's resolver waits, for many seconds if name servers are away.
 * So it is asked in a thread, which knows nothing of PostgreSQL, runs none of
 * its signal handlers, and closes a pipe when it is done.  Whoever asked may
 * have lost interest by then: the last of the two frees the question.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/atomics.h"

#include "provider/resolver.h"

struct Resolver
{
	pg_atomic_uint32 users;		/* who asked, and the thread */
	char	   *host;
	int			pipe[2];		/* the thread closes [1], after it has written
								 * what follows */
	int			error;			/* of getaddrinfo */
	struct addrinfo *addresses;
};

/* Is a host a name, rather than an address or the folder of a socket? */
bool
resolver_is_needed(const char *host)
{
	struct in6_addr address;

	return host[0] != '\0' && host[0] != '/' && host[0] != '@' && strchr(host, ',') == NULL &&
		inet_pton(AF_INET, host, &address) != 1 && inet_pton(AF_INET6, host, &address) != 1;
}

static void
leave(Resolver *resolver)
{
	if (pg_atomic_sub_fetch_u32(&resolver->users, 1) > 0)
		return;
	if (resolver->addresses != NULL)
		freeaddrinfo(resolver->addresses);
	free(resolver->host);
	free(resolver);
}

static void *
resolve(void *argument)
{
	Resolver   *resolver = argument;
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};

	resolver->error = getaddrinfo(resolver->host, NULL, &hints, &resolver->addresses);
	close(resolver->pipe[1]);
	leave(resolver);
	return NULL;
}

/* Start a thread that no signal interrupts. */
static bool
start_thread(Resolver *resolver)
{
	sigset_t	all;
	sigset_t	before;
	pthread_t	thread;
	bool		has_started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	has_started = pthread_create(&thread, NULL, resolve, resolver) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (has_started)
		pthread_detach(thread);
	return has_started;
}

/* Ask for a host's addresses.  NULL if that is not possible now. */
Resolver *
resolver_start(const char *host)
{
	Resolver   *resolver = calloc(1, sizeof(Resolver));

	if (resolver == NULL)
		return NULL;
	pg_atomic_init_u32(&resolver->users, 2);
	resolver->host = strdup(host);
	if (resolver->host != NULL && pipe(resolver->pipe) == 0)
	{
		(void) fcntl(resolver->pipe[0], F_SETFD, FD_CLOEXEC);
		(void) fcntl(resolver->pipe[1], F_SETFD, FD_CLOEXEC);
		if (start_thread(resolver))
			return resolver;
		close(resolver->pipe[0]);
		close(resolver->pipe[1]);
	}
	free(resolver->host);
	free(resolver);
	return NULL;
}

/* Becomes readable when the addresses are there. */
pgsocket
resolver_socket(const Resolver *resolver)
{
	return resolver->pipe[0];
}

bool
resolver_is_done(const Resolver *resolver)
{
	struct pollfd poll_fd = {
		.fd = resolver->pipe[0],
		.events = POLLIN,
	};

	return poll(&poll_fd, 1, 0) > 0;
}

/* Write the addresses, with commas between them.  Returns how many there are. */
int
resolver_addresses(const Resolver *resolver, char *list)
{
	int			count = 0;

	list[0] = '\0';

	for (struct addrinfo *address = resolver->addresses; address != NULL && count < RESOLVER_MOST_ADDRESSES; address = address->ai_next)
	{
		char		number[NI_MAXHOST];

		if (getnameinfo(address->ai_addr, address->ai_addrlen, number, sizeof(number), NULL, 0, NI_NUMERICHOST) != 0 ||
			strlen(list) + strlen(number) + 2 > RESOLVER_TEXT_SIZE)
			continue;
		if (count++ > 0)
			strlcat(list, ",", RESOLVER_TEXT_SIZE);
		strlcat(list, number, RESOLVER_TEXT_SIZE);
	}
	return count;
}

const char *
resolver_error(const Resolver *resolver)
{
	return resolver->error == 0 ? "no address" : gai_strerror(resolver->error);
}

/* The answer is not wanted any more. */
void
resolver_end(Resolver *resolver)
{
	close(resolver->pipe[0]);
	leave(resolver);
}
