/*-------------------------------------------------------------------------
 *
 * generator_former.h
 *	  The layouts and nodes that a generator had before: a list of
 *	  GeneratorOptions *.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_FORMER_H
#define IDGEN_GENERATOR_FORMER_H

#include "nodes/pg_list.h"

#include "generator/generator_options.h"

extern List *generator_former_copy(List *former);
extern List *generator_former_add(List *former, const GeneratorOptions *options);
extern char *generator_former_text(List *former);

#endif							/* IDGEN_GENERATOR_FORMER_H */
