/*-------------------------------------------------------------------------
 *
 * zookeeper_address.h
 *	  Addresses of ZooKeepers, as in idgen.lease_store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ZOOKEEPER_ADDRESS_H
#define IDGEN_ZOOKEEPER_ADDRESS_H

#include "lease/lease_provider.h"
#include "provider/host_list.h"

/* All of them may be waited for at one time. */
#define ZOOKEEPER_MOST_HOSTS LEASE_MOST_SOCKETS

/* The longest path below which pools are. */
#define ZOOKEEPER_LONGEST_PATH 256

typedef struct ZookeeperAddress
{
	int			host_count;
	ListedHost	hosts[ZOOKEEPER_MOST_HOSTS];
	char	   *path;			/* below which pools are, without a slash at
								 * the end; empty: the root */
} ZookeeperAddress;

extern void zookeeper_address_read(const char *store, ZookeeperAddress *address);

#endif							/* IDGEN_ZOOKEEPER_ADDRESS_H */
