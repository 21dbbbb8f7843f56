/*-------------------------------------------------------------------------
 *
 * lease_store.h
 *	  Sessions with the coordination store that idgen.lease_store names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_STORE_H
#define IDGEN_LEASE_STORE_H

#include "base/setting.h"
#include "lease/lease_provider.h"

/* The longest time for which an operation of the agent waits for one server of the store. */
#define LEASE_LONGEST_TIMEOUT_MS 1000

/* idgen.lease_pool */
extern ServerSetting lease_pool;

#define LEASE_DEFAULT_POOL "default"
#define LEASE_DEFAULT_TTL_MS 30000
#define LEASE_DEFAULT_REACH_MS 60000

/* idgen.lease_ttl, in ms */
extern int	lease_ttl_ms;

/* idgen.lease_reach, in ms */
extern int	lease_reach_ms;

/* idgen.lease_max_skew, in ms */
extern int	lease_max_skew_ms;

/* idgen.lease_accept_loss */
extern bool lease_accept_loss;

/* Why the text of idgen.lease_store, or of idgen.lease_pool, is not valid: a sentence, or NULL. */
extern bool lease_store_has_password(const char *text);
extern const char *lease_store_objection(const char *text);
extern const char *lease_pool_objection(const char *text);

/* A session with the store, in a memory context of its own. */
typedef struct LeaseStore LeaseStore;

extern const char *lease_store_try(const char *store, const char *pool);
extern void lease_store_check(void);
extern const char *lease_settings_objection(void);
extern int	lease_store_agent_timeout(void);
extern LeaseStore *lease_store_open(int timeout_ms);
extern LeaseStore *lease_store_open_at(const char *address, const char *pool, const char *secret_file, int timeout_ms);
extern void lease_store_note_error(MemoryContext context, char *str, size_t size);
extern void lease_store_start(LeaseStore *store, const LeaseOperation *operation);
extern int	lease_store_sockets(LeaseStore *store, LeaseSocket *sockets, int64 *timeout_ms);
extern LeaseOutcome lease_store_step(LeaseStore *store, LeaseAnswer *answer);
extern const char *lease_store_name(const LeaseStore *store);
extern LeaseOutcome lease_store_do(LeaseStore *store, const LeaseOperation *operation, LeaseAnswer *answer,
								   bool (*must_stop) (void));
extern bool lease_store_takes_compete(const LeaseStore *store);
extern void lease_store_close(LeaseStore *store);

#endif							/* IDGEN_LEASE_STORE_H */
