/*-------------------------------------------------------------------------
 *
 * generator_ddl.h
 *	  Which changes of a generator are allowed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_DDL_H
#define IDGEN_GENERATOR_DDL_H

#include "foreign/foreign.h"

/*
 * Of the locks on a foreign server, the one on its layout, as it were a column of it.
 * It does not get in the way of those that PostgreSQL takes.
 */
#define GENERATOR_LAYOUT_LOCK 1

extern void generator_ddl_init(void);
extern bool generator_ddl_is_pending(Oid id);

#endif							/* IDGEN_GENERATOR_DDL_H */
