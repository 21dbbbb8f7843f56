/*-------------------------------------------------------------------------
 *
 * postgres_take.h
 *	  Taking ranges of numbers from sequences of another PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_POSTGRES_TAKE_H
#define IDGEN_POSTGRES_TAKE_H

#include <libpq-fe.h>

#include "bits/lease_operation.h"

/* The takes of an operation that is under way. */
typedef struct PostgresTakes
{
	int			ended;			/* so many have ended, in their order */
	bool		has_result;		/* the one after them has been answered */
	bool		is_read_only;	/* the server takes no writes */
} PostgresTakes;

extern void postgres_take_write_session(char *sql, size_t size);
extern bool postgres_take_send(PostgresTakes *takes, PGconn *connection, const LeaseOperation *operation);
extern bool postgres_take_send_return(PGconn *connection, const LeaseReturn *returned);
extern LeaseOutcome postgres_take_read_return(const PGresult *result, LeaseAnswer *answer);
extern void postgres_take_read(PostgresTakes *takes, const PGresult *result, const LeaseOperation *operation,
							   LeaseAnswer *answer);

#endif							/* IDGEN_POSTGRES_TAKE_H */
