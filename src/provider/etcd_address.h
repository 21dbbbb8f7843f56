/*-------------------------------------------------------------------------
 *
 * etcd_address.h
 *	  Addresses of etcds, as in idgen.lease_store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ETCD_ADDRESS_H
#define IDGEN_ETCD_ADDRESS_H

#define ETCD_MOST_ENDPOINTS 16

typedef struct EtcdAddress
{
	bool		is_secure;		/* TLS */
	int			endpoint_count;
	char	   *endpoints[ETCD_MOST_ENDPOINTS]; /* "host:port", an IPv6
												 * address in brackets */
	char	   *prefix;			/* of all keys, without a slash at the end */
	char	   *cacert;			/* file with the certificates to trust, or
								 * NULL: the system's */
	char	   *cert;			/* file with the client's certificate, or NULL */
	char	   *key;			/* file with its key, or NULL: that of cert */
} EtcdAddress;

extern void etcd_address_read(const char *store, EtcdAddress *address);

#endif							/* IDGEN_ETCD_ADDRESS_H */
