/*-------------------------------------------------------------------------
 *
 * redis_address.h
 *	  Reading addresses of Redis.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REDIS_ADDRESS_H
#define IDGEN_REDIS_ADDRESS_H

#include "provider/endpoint.h"

typedef struct RedisAddress
{
	Endpoint	endpoint;
	int			database;
	bool		is_secure;		/* by TLS */
	char	   *cacert;			/* a file; NULL: what the system trusts */
} RedisAddress;

extern void redis_address_read(const char *store, RedisAddress *address);

#endif							/* IDGEN_REDIS_ADDRESS_H */
