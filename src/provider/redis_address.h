/*-------------------------------------------------------------------------
 *
 * redis_address.h
 *	  Reading addresses of Redis.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REDIS_ADDRESS_H
#define IDGEN_REDIS_ADDRESS_H

#include "provider/host_list.h"

typedef struct RedisAddress
{
	ListedHost	host;
	int			database;
	bool		is_secure;		/* by TLS */
	char	   *cacert;			/* a file; NULL: what the system trusts */
} RedisAddress;

extern void redis_address_read(const char *store, RedisAddress *address);

#endif							/* IDGEN_REDIS_ADDRESS_H */
