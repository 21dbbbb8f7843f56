/*-------------------------------------------------------------------------
 *
 * resolver.h
 *	  The addresses of a host, without waiting for them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RESOLVER_H
#define IDGEN_RESOLVER_H

/* More addresses of a host are not tried. */
#define RESOLVER_MOST_ADDRESSES 8

/* Holds addresses with commas between them. */
#define RESOLVER_TEXT_SIZE 512

/* A question to the resolver of the C library. */
typedef struct Resolver Resolver;

extern bool resolver_is_needed(const char *host);
extern Resolver *resolver_start(const char *host);
extern pgsocket resolver_socket(const Resolver *resolver);
extern bool resolver_is_done(const Resolver *resolver);
extern int	resolver_addresses(const Resolver *resolver, char *list);
extern const char *resolver_error(const Resolver *resolver);
extern void resolver_end(Resolver *resolver);

#endif							/* IDGEN_RESOLVER_H */
