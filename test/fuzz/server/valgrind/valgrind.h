/*-------------------------------------------------------------------------
 *
 * valgrind.h
 *	  Instead of valgrind's, as memcheck.h: what newer servers use of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VALGRIND_H
#define VALGRIND_H

#define RUNNING_ON_VALGRIND 0
#define VALGRIND_COUNT_ERRORS 0
#define VALGRIND_PRINTF(...) ((void) 0)

#endif							/* VALGRIND_H */
