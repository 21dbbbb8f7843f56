/*-------------------------------------------------------------------------
 *
 * random.h
 *	  Random words, cheap because they are obtained from the system in pools.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RANDOM_H
#define IDGEN_RANDOM_H

extern uint64 random_word(void);

#endif							/* IDGEN_RANDOM_H */
