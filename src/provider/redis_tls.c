/*-------------------------------------------------------------------------
 *
 * redis_tls.c
 *	  TLS for connections to Redis, where hiredis has it (from 1.0 on, in a
 *	  library of its own).
 *
 * hiredis would check a certificate, but not for whom it was made.  So the
 * connection is prepared here, by OpenSSL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#ifdef IDGEN_REDIS_TLS
#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#endif

#include "provider/redis_tls.h"

bool
redis_tls_is_there(void)
{
#ifdef IDGEN_REDIS_TLS
	return true;
#else
	return false;
#endif
}

#ifdef IDGEN_REDIS_TLS

/* A TLS context that trusts the authority of the address; NULL, with a reason, if that is not possible. */
static SSL_CTX *
create_context(const RedisAddress *address, const char **reason)
{
	SSL_CTX    *context = SSL_CTX_new(TLS_client_method());

	*reason = "could not create a TLS context";
	if (context == NULL)
		return NULL;
	*reason = "could not read the certificate of the authority";
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
		(address->cacert == NULL ? SSL_CTX_set_default_verify_paths(context) :
		 SSL_CTX_load_verify_locations(context, address->cacert, NULL)) == 1)
	{
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
		return context;
	}
	SSL_CTX_free(context);
	return NULL;
}

/* Let the certificate be for the host of the address. */
static bool
expect_host(SSL *ssl, const char *host)
{
	struct in6_addr ip;

	if (inet_pton(AF_INET, host, &ip) == 1 || inet_pton(AF_INET6, host, &ip) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

/* Let a new connection use TLS.  Returns false, with an error, if that is not possible. */
bool
redis_tls_begin(redisAsyncContext *context, const RedisAddress *address, char *error, size_t size)
{
	const char *reason;
	SSL_CTX    *tls_context = create_context(address, &reason);
	SSL		   *ssl = tls_context == NULL ? NULL : SSL_new(tls_context);

	/* The connection keeps what it needs of it. */
	SSL_CTX_free(tls_context);
	if (ssl != NULL && expect_host(ssl, address->host.name))
	{
		/* Then it belongs to the connection. */
		if (redisInitiateSSL(&context->c, ssl) == REDIS_OK)
			return true;
		reason = context->c.errstr;
	}
	snprintf(error, size, "TLS: %s", reason);
	SSL_free(ssl);
	return false;
}

#else

bool
redis_tls_begin(redisAsyncContext *context, const RedisAddress *address, char *error, size_t size)
{
	snprintf(error, size, "this build has no TLS for Redis");
	return false;
}

#endif
