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
} PostgresHost;

typedef struct PostgresAddress
{
	int			host_count;		/* at least 1 */
	PostgresHost *hosts;
} PostgresAddress;

extern PostgresAddress *postgres_address_read(const LeaseAddress *address);

#endif							/* IDGEN_POSTGRES_ADDRESS_H */
