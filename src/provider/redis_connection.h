/*-------------------------------------------------------------------------
 *
 * redis_connection.h
 *	  A connection to a Redis, without waiting for it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REDIS_CONNECTION_H
#define IDGEN_REDIS_CONNECTION_H

#include <hiredis/async.h>

#include "lease/lease_provider.h"
#include "provider/redis_address.h"

typedef struct RedisConnection
{
	redisAsyncContext *context; /* NULL: not connected */
	uint32		events;			/* to wait for */
	bool		was_open;		/* something may have been sent */
	int			replies_left;	/* that have been asked for */
	char		error[256];		/* why the connection was lost */

	/* Called with each reply, which lives no longer. */
	void		(*take_reply) (void *argument, const redisReply *reply);
	void	   *argument;
} RedisConnection;

extern bool redis_connection_has_tls(void);
extern bool redis_connection_open(RedisConnection *connection, const char *ip, const RedisAddress *address);
extern bool redis_connection_send(RedisConnection *connection, int count, const char **arguments);
extern bool redis_connection_is_idle(const RedisConnection *connection);
extern void redis_connection_step(RedisConnection *connection);
extern void redis_connection_close(RedisConnection *connection);

static inline pgsocket
redis_connection_socket(const RedisConnection *connection)
{
	return connection->context->c.fd;
}

#endif							/* IDGEN_REDIS_CONNECTION_H */
