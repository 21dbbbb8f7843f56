/*-------------------------------------------------------------------------
 *
 * generator_lock.h
 *	  The lock on the layout of a generator: held by transactions that issue IDs
 *	  with it, or change it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_LOCK_H
#define IDGEN_GENERATOR_LOCK_H

extern void generator_lock_to_use(Oid server);
extern void generator_lock_to_change(Oid server);

#endif							/* IDGEN_GENERATOR_LOCK_H */
