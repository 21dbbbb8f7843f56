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

#include "generator_options.h"
#include "shmem.h"

/*
 * Of the locks on a foreign server, the one on its layout, as it were a column of it.
 * It does not get in the way of those that PostgreSQL takes.
 */
#define GENERATOR_LAYOUT_LOCK 1

extern void generator_ddl_init(void);
extern bool generator_ddl_is_uncommitted(const ForeignServer *server, const GeneratorOptions *present,
										 List **goes_above);
extern void generator_ddl_note_use(const ForeignServer *server, Timeline *timeline);

#endif							/* IDGEN_GENERATOR_DDL_H */
