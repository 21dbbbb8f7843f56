/*-------------------------------------------------------------------------
 *
 * endpoint.h
 *	  Where a server of a store listens.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ENDPOINT_H
#define IDGEN_ENDPOINT_H

typedef struct Endpoint
{
	char	   *host;			/* a name or an address, without brackets */
	int			port;
} Endpoint;

extern const char *endpoint_read(const char *str, size_t length, int default_port, Endpoint *endpoint);

#endif							/* IDGEN_ENDPOINT_H */
