/*-------------------------------------------------------------------------
 *
 * generator_ddl.h
 *	  Checking changes of generators.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_DDL_H
#define IDGEN_GENERATOR_DDL_H

extern void generator_ddl_init(void);
extern void generator_ddl_remember_creation(Oid id);

#endif							/* IDGEN_GENERATOR_DDL_H */
