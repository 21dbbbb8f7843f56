/*-------------------------------------------------------------------------
 *
 * lease_provider.h
 *	  What a coordination store has to do for leases, and how it is asked.
 *
 * A provider is a loadable module, so that the library needs no client of any
 * store.  It exports
 *
 *		const LeaseProvider *idgen_lease_provider(void)
 *
 * and is loaded by the scheme of idgen.lease_store; see lease_store.c.
 *
 * A store keeps, for each pool (a name of 1 to 64 letters, digits, "_" and
 * "-"): the pool's record, a record for each worker ID, and holds.  Records
 * are texts that the provider neither reads nor changes, and stay until they
 * are replaced.  A hold is the nonce of a server that uses a worker ID now; it
 * vanishes about a TTL after it was last kept, by the store's own clock.
 *
 * For segments, a store keeps counters, too, which belong to a pool as well: a
 * record that says where the next range begins (see counter_record.h), or what
 * does the same in the store's own way.
 *
 * An operation is atomic and linearizable, LEASE_TAKE for each of its takes.  A
 * provider must never report
 * LEASE_APPLIED for what may get lost, nor LEASE_REFUSED or LEASE_UNREACHABLE
 * for what has been applied, or may still be.  That is all that safety
 * requires of it: whose worker ID it is and until when is decided in
 * lease_machine.c, for all stores.
 *
 * One operation at a time is under way in a session.  A provider does not
 * wait: it says what to wait for.  It raises no errors, except in open(), and
 * lets no thread of its own run PostgreSQL's signal handlers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_PROVIDER_H
#define IDGEN_LEASE_PROVIDER_H

#include "bits/lease_operation.h"

/* Changes whenever this file or lease_operation.h does. */
#define LEASE_PROVIDER_VERSION 4

/* Name of the exported function of a provider's module. */
#define LEASE_PROVIDER_FUNCTION "idgen_lease_provider"

/* How to reach a store.  All texts outlive the session. */
typedef struct LeaseAddress
{
	const char *store;			/* idgen.lease_store, whole: the scheme tells
								 * providers of one module apart */
	const char *pool;			/* idgen.lease_pool */
	const char *user;			/* from idgen.lease_secret_file, or NULL ... */
	const char *password;		/* ... or NULL */
	const char *application;	/* a name for the store's log */
	int			timeout_ms;		/* what an operation may take with one server
								 * of the store */
	bool		accept_loss;	/* use the store even if it may lose what it
								 * has confirmed */
} LeaseAddress;

/* A session with a store; each provider has its own. */
typedef struct LeaseSession LeaseSession;

/* A socket to wait for. */
typedef struct LeaseSocket
{
	pgsocket	socket;
	uint32		events;			/* WL_SOCKET_READABLE, WL_SOCKET_WRITEABLE */
} LeaseSocket;

#define LEASE_MOST_SOCKETS 8

typedef struct LeaseProvider
{
	int			version;		/* LEASE_PROVIDER_VERSION */
	const char *name;			/* for messages: "etcd", "PostgreSQL" */

	/*
	 * Begin a session, without connecting yet.  ERROR INVALID_PARAMETER_VALUE
	 * if the address is malformed or contains a password.  The session lives
	 * in CurrentMemoryContext, which outlives it.
	 */
	LeaseSession *(*open) (const LeaseAddress *address);

	/*
	 * Begin an operation.  The caller keeps it, and what it points to, until
	 * it is complete.  An operation that has been abandoned (a new one is
	 * started before the last was complete) may be applied later.
	 */
	void		(*start) (LeaseSession *session, const LeaseOperation *operation);

	/*
	 * The sockets to wait for (0 .. LEASE_MOST_SOCKETS), and the longest time
	 * to wait, in ms.  Asked again before each wait.
	 */
	int			(*sockets) (LeaseSession *session, LeaseSocket *sockets, int64 *timeout_ms);

	/*
	 * Advance the operation; called when a socket is ready and when the time
	 * is over.  LEASE_PENDING, or the outcome, with the answer filled in.
	 */
	LeaseOutcome (*step) (LeaseSession *session, LeaseAnswer *answer);

	/* End the session.  Called on ERROR, too; must not raise. */
	void		(*close) (LeaseSession *session);
} LeaseProvider;

typedef const LeaseProvider *(*LeaseProviderFunction) (void);

#endif							/* IDGEN_LEASE_PROVIDER_H */
