/*-------------------------------------------------------------------------
 *
 * postgres_address.h
 *	  How to connect to the servers of a store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_POSTGRES_ADDRESS_H
#define IDGEN_POSTGRES_ADDRESS_H

#include "lease/lease_provider.h"

/* As PQconnectStartParams wants it: lists that end with NULL. */
typedef struct PostgresHost
{
	const char **names;
	const char **values;
	int			count;			/* of both, without the end; there is room for
								 * two more */
	const char *to_resolve;		/* a name that has to be resolved first, or
								 * NULL */
} PostgresHost;

typedef struct PostgresAddress
{
	int			host_count;		/* at least 1 */
	PostgresHost *hosts;
} PostgresAddress;

extern PostgresAddress *postgres_address_read(const LeaseAddress *address);
extern void postgres_address_resolve(PostgresHost *host, const char *addresses, int count, char *names, size_t size);

#endif							/* IDGEN_POSTGRES_ADDRESS_H */
