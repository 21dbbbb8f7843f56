/*-------------------------------------------------------------------------
 *
 * redis_connection.c
 *	  A connection to a Redis, without waiting for it.
 *
 * hiredis does the talking, in its asynchronous form: it tells here what it
 * waits for, and is called when that has come.  It frees its context by itself
 * when the connection is lost, and says so in advance.
 *
 * Nothing that hiredis calls may raise an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>

#include "storage/fd.h"
#include "storage/latch.h"

#include "provider/redis_connection.h"
#include "provider/redis_tls.h"

static void
want_read(void *connection)
{
	((RedisConnection *) connection)->events |= WL_SOCKET_READABLE;
}

static void
want_no_read(void *connection)
{
	((RedisConnection *) connection)->events &= ~WL_SOCKET_READABLE;
}

static void
want_write(void *connection)
{
	((RedisConnection *) connection)->events |= WL_SOCKET_WRITEABLE;
}

static void
want_no_write(void *connection)
{
	((RedisConnection *) connection)->events &= ~WL_SOCKET_WRITEABLE;
}

/* The context is being freed. */
static void
forget_context(void *argument)
{
	RedisConnection *connection = argument;

	if (connection->context == NULL)
		return;
	if (connection->context->err != 0)
		strlcpy(connection->error, connection->context->errstr, sizeof(connection->error));
	connection->context = NULL;
	ReleaseExternalFD();
}

static void
note_opening(const redisAsyncContext *context, int status)
{
	((RedisConnection *) context->ev.data)->was_open |= status == REDIS_OK;
}

static void
receive(redisAsyncContext *context, void *reply, void *argument)
{
	RedisConnection *connection = argument;

	/* Without a reply, the context is being freed. */
	if (reply == NULL || connection->context == NULL)
		return;
	connection->replies_left--;
	connection->take_reply(connection->argument, reply);
}

/* Begin to connect to the address ip of a host.  Returns false, with an error, if that is not possible. */
bool
redis_connection_open(RedisConnection *connection, const char *ip, const RedisAddress *address)
{
	redisAsyncContext *context = redisAsyncConnect(ip, address->host.port);

	strlcpy(connection->error, "connection closed", sizeof(connection->error));
	connection->events = 0;
	connection->was_open = false;
	connection->replies_left = 0;
	if (context == NULL || context->err != 0 || (address->is_secure && !redis_tls_begin(context, address, connection->error, sizeof(connection->error))))
	{
		if (context == NULL)
			strlcpy(connection->error, "out of memory", sizeof(connection->error));
		else if (context->err != 0)
			strlcpy(connection->error, context->errstr, sizeof(connection->error));
		if (context != NULL)
			redisAsyncFree(context);
		return false;
	}
	ReserveExternalFD();
	connection->context = context;
	context->ev.data = connection;
	context->ev.addRead = want_read;
	context->ev.delRead = want_no_read;
	context->ev.addWrite = want_write;
	context->ev.delWrite = want_no_write;
	context->ev.cleanup = forget_context;
	(void) redisAsyncSetConnectCallback(context, note_opening);
	/* The connection is there when it can be written to. */
	connection->events = WL_SOCKET_WRITEABLE;
	return true;
}

/* Ask for a reply.  Returns false if there is no memory for that. */
bool
redis_connection_send(RedisConnection *connection, int count, const char **arguments)
{
	if (redisAsyncCommandArgv(connection->context, receive, connection, count, arguments, NULL) != REDIS_OK)
		return false;
	connection->replies_left++;
	return true;
}

static short
ready_events(const RedisConnection *connection)
{
	struct pollfd poll_fd = {
		.fd = redis_connection_socket(connection),
		.events = POLLIN | POLLOUT,
	};

	return poll(&poll_fd, 1, 0) > 0 ? poll_fd.revents : 0;
}

/* Can the connection still be used, as far as is known?  What comes unasked is its end, or not Redis. */
bool
redis_connection_is_idle(const RedisConnection *connection)
{
	return (ready_events(connection) & ~POLLOUT) == 0;
}

/* Send what is to be sent, and take what has come. */
void
redis_connection_step(RedisConnection *connection)
{
	short		ready = ready_events(connection);

	if ((connection->events & WL_SOCKET_WRITEABLE) && (ready & ~POLLIN))
		redisAsyncHandleWrite(connection->context);
	if (connection->context != NULL && (connection->events & WL_SOCKET_READABLE) && (ready & ~POLLOUT))
		redisAsyncHandleRead(connection->context);
}

void
redis_connection_close(RedisConnection *connection)
{
	if (connection->context != NULL)
		redisAsyncFree(connection->context);
}
