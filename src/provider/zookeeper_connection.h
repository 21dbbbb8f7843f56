/*-------------------------------------------------------------------------
 *
 * zookeeper_connection.h
 *	  A session with ZooKeeper, from one connection to the next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ZOOKEEPER_CONNECTION_H
#define IDGEN_ZOOKEEPER_CONNECTION_H

#include <zookeeper/zookeeper.h>

#include "lease/lease_provider.h"
#include "provider/resolver.h"
#include "provider/zookeeper_address.h"

typedef struct ZookeeperConnection
{
	const ZookeeperAddress *address;
	const char *user;			/* NULL: none */
	const char *password;

	Resolver   *resolvers[ZOOKEEPER_MOST_HOSTS];	/* of hosts that are asked
													 * for; NULL: an address,
													 * or none is asked for */
	bool		is_resolving;
	zhandle_t  *handle;			/* NULL: none yet */
	clientid_t	session;		/* to go on with, by the next handle; its
								 * client_id is 0: a new one */
	int			session_ms;		/* how long the session is to live without its
								 * client */
	int			socket;			/* -1: none */
	int			interest;		/* ZOOKEEPER_READ, ZOOKEEPER_WRITE */
	int64		wake_ms;		/* when the library wants to be called, by the
								 * monotonic clock */

	/* What its watcher has been told. */
	bool		is_connected;
	bool		is_expired;
	bool		is_refused;		/* the user is */

	int			failures;		/* attempts to connect, and connections, that
								 * have failed */
} ZookeeperConnection;

/* The last failure of any connection of this process, for people. */
extern char zookeeper_failure[256];

extern int64 zookeeper_now_ms(void);
extern bool zookeeper_connection_begin(ZookeeperConnection *connection);
extern void zookeeper_connection_advance(ZookeeperConnection *connection, bool must_do_with_resolved);
extern int	zookeeper_connection_sockets(ZookeeperConnection *connection, LeaseSocket *sockets, int64 *timeout_ms);
extern void zookeeper_connection_cut(ZookeeperConnection *connection);
extern void zookeeper_connection_close(ZookeeperConnection *connection);
extern void zookeeper_connection_end_session(ZookeeperConnection *connection);

#endif							/* IDGEN_ZOOKEEPER_CONNECTION_H */
