/*-------------------------------------------------------------------------
 *
 * lamport.h
 *	  Lamport clocks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAMPORT_H
#define IDGEN_LAMPORT_H

/* idgen.lamport_max_jump: a whole number, as no integer setting can be as large. */
extern double lamport_max_jump;

#define LAMPORT_LEAST_JUMP 1.0
#define LAMPORT_LARGEST_JUMP 9007199254740992.0 /* 2^53: all whole numbers up
												 * to it are exact */

#endif							/* IDGEN_LAMPORT_H */
