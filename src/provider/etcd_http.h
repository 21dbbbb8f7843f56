/*-------------------------------------------------------------------------
 *
 * etcd_http.h
 *	  One HTTP request at a time, without waiting.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ETCD_HTTP_H
#define IDGEN_ETCD_HTTP_H

#include "lease/lease_provider.h"
#include "provider/etcd_address.h"

typedef struct EtcdHttp EtcdHttp;

/* All texts live until the request is complete. */
typedef struct EtcdRequest
{
	const char *endpoint;		/* "host:port" */
	const char *path;
	const char *body;			/* of a POST; NULL: GET */
	const char *token;			/* for the header "Authorization", or NULL */
	bool		may_repeat;		/* may be sent a second time, if its
								 * connection turns out to be closed */
	int64		timeout_ms;
} EtcdRequest;

/* Valid until the next request. */
typedef struct EtcdResponse
{
	bool		was_sent;		/* the body, or a part of it; always true of
								 * what was answered */
	int			status;			/* of HTTP; 0: no whole answer, see error */
	char	   *body;			/* ended by a zero byte */
	int64		clock_us;		/* header "Date", in us since 1970; 0: unknown */
	const char *error;			/* for people */
} EtcdResponse;

extern EtcdHttp *etcd_http_create(const EtcdAddress *address);
extern void etcd_http_send(EtcdHttp *http, const EtcdRequest *request);
extern int	etcd_http_sockets(EtcdHttp *http, LeaseSocket *sockets, int64 *timeout_ms);
extern bool etcd_http_step(EtcdHttp *http, EtcdResponse *response);
extern void etcd_http_cancel(EtcdHttp *http);
extern void etcd_http_destroy(EtcdHttp *http);

#endif							/* IDGEN_ETCD_HTTP_H */
