/*-------------------------------------------------------------------------
 *
 * host_list.h
 *	  Lists of hosts with ports, as in addresses of stores.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HOST_LIST_H
#define IDGEN_HOST_LIST_H

typedef struct ListedHost
{
	char	   *name;			/* without the brackets of an IPv6 address */
	int			port;
	char	   *endpoint;		/* "name:port", an IPv6 address in brackets */
} ListedHost;

extern const char *host_list_read(const char *list, size_t length, int default_port, ListedHost *hosts, int most,
								  int *count);

#endif							/* IDGEN_HOST_LIST_H */
