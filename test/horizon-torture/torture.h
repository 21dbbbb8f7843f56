/*-------------------------------------------------------------------------
 *
 * torture.h
 *	  What writers.c, readers.c and torture.c have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HORIZON_TORTURE_H
#define HORIZON_TORTURE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

/* A list of IDs that grows. */
typedef struct IdList
{
	int64_t    *ids;
	size_t		count;
	size_t		room;
} IdList;

extern volatile sig_atomic_t torture_stopping;

extern void torture_die(const char *what);
extern int64_t torture_now_us(void);
extern void torture_add(IdList *list, int64_t id);
extern int64_t torture_int64(const PGresult *result, int row, int column);

/* A connection to database torture_N; NULL if there is none at the moment. */
extern PGconn *torture_connect(int database, const char *application);

/* False if the result is an error.  One that servers that come and go do not cause is counted and shown. */
extern bool torture_is_good(PGconn *connection, const PGresult *result, const char *what);

/* Parallel workers of a statement of a writer. */
extern void torture_count_workers(int launched);

/* A line of the table. */
extern void torture_figure(const char *name, uint64_t value);

extern void writers_start(int writers, unsigned seed, const char *kinds, int most_rows);
extern void writers_join(void);
extern uint64_t writers_rows(void);

extern void readers_start(const char *names);

/* Has readers go on until they have all there is. */
extern void readers_join(void);
extern void readers_check(void);

#endif							/* HORIZON_TORTURE_H */
