/*-------------------------------------------------------------------------
 *
 * generator_ddl.h
 *	  Which changes of a generator are allowed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_DDL_H
#define IDGEN_GENERATOR_DDL_H

extern void generator_ddl_init(void);
extern void generator_ddl_remember_creation(Oid id);

#endif							/* IDGEN_GENERATOR_DDL_H */
