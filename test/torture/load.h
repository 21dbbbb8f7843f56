/*-------------------------------------------------------------------------
 *
 * load.h
 *	  What the clients (load.c) and who is in their way (disturb.c) have in common.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TORTURE_LOAD_H
#define TORTURE_LOAD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <libpq-fe.h>

#include "record.h"

/* By this name the clients' sessions are told from the script's own. */
#define LOAD_APPLICATION "load"

/* The state of a random generator. */
typedef uint64_t Random;

extern const char *load_hosts;
extern volatile sig_atomic_t load_stopping;

extern void load_die(const char *what);
extern int64_t load_now_us(void);
extern FILE *load_create(const char *name);
extern Random load_random_start(uint64_t seed, int number);
extern int	load_random_between(Random *random, int least, int most);

/* A connection to the primary, or NULL.  Databases count from 1. */
extern PGconn *load_connect(int database, const char *application, const char *options);

/* Is this what servers that come and go cause? */
extern bool load_is_lost(const char *sqlstate, const char *message);

/* Keep and count an error that nobody expects; session 0 is that of disturb.c. */
extern void load_unexpected(uint32_t session, const char *sqlstate, const char *message);

/* Do some of what disturb.c can do, by name, with blanks in between. */
extern void disturb_start(uint64_t seed, const char *disturbances);
extern void disturb_join(void);

#endif							/* TORTURE_LOAD_H */
