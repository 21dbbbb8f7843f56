/*-------------------------------------------------------------------------
 *
 * server_moment.h
 *	  Moments that come but once on this server, in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SERVER_MOMENT_H
#define IDGEN_SERVER_MOMENT_H

/* Moments that share a ns are told apart by their rank. */
#define SERVER_MOMENT_RANK_BITS 1

typedef struct ServerMoment
{
	int64		unix_ns;		/* since 1970 */
	uint32		rank;			/* below 2^SERVER_MOMENT_RANK_BITS */
} ServerMoment;

extern ServerMoment server_moment_next(const char *caller);
extern ServerMoment server_moment_next_of_node(uint64 node, const char *caller);

#endif							/* IDGEN_SERVER_MOMENT_H */
