/*-------------------------------------------------------------------------
 *
 * generator_use.h
 *	  Uses of generators by name, in column defaults and other stored
 *	  expressions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_USE_H
#define IDGEN_GENERATOR_USE_H

#include "catalog/objectaddress.h"
#include "nodes/pg_list.h"

/* An object of this database whose expression issues IDs of a generator. */
typedef struct GeneratorUse
{
	NameData	generator;		/* may name none that exists */
	ObjectAddress object;
} GeneratorUse;

extern List *generator_uses(void);
extern char *generator_use_text(const GeneratorUse *use);
extern void generator_check_unused(Oid server);

#endif							/* IDGEN_GENERATOR_USE_H */
