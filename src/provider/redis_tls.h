/*-------------------------------------------------------------------------
 *
 * redis_tls.h
 *	  TLS for connections to Redis, where hiredis has it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REDIS_TLS_H
#define IDGEN_REDIS_TLS_H

#include <hiredis/async.h>

#include "provider/redis_address.h"

extern bool redis_tls_is_there(void);
extern bool redis_tls_begin(redisAsyncContext *context, const RedisAddress *address, char *error, size_t size);

#endif							/* IDGEN_REDIS_TLS_H */
