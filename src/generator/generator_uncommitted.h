/*-------------------------------------------------------------------------
 *
 * generator_uncommitted.h
 *	  Generators that are used by the transaction that has changed them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_UNCOMMITTED_H
#define IDGEN_GENERATOR_UNCOMMITTED_H

#include "foreign/foreign.h"
#include "nodes/pg_list.h"

#include "engine/shmem.h"
#include "generator/generator_options.h"

extern bool generator_uncommitted_check(const ForeignServer *server, const GeneratorOptions *present,
										List **goes_above);
extern void generator_uncommitted_note_use(const ForeignServer *server, Timeline *timeline);

#endif							/* IDGEN_GENERATOR_UNCOMMITTED_H */
