/*-------------------------------------------------------------------------
 *
 * generator_change.h
 *	  How IDs of one layout and node relate to those of another that a generator
 *	  had before.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_CHANGE_H
#define IDGEN_GENERATOR_CHANGE_H

#include "generator/generator_options.h"

/* How the IDs that a change leads to relate to the former ones. */
typedef enum Change
{
	CHANGE_IS_FREE,				/* they always differ */
	CHANGE_BEGINS_AFTER,		/* they differ if they begin after them, also
								 * if changed back */
	CHANGE_GOES_ABOVE,			/* the same, but it cannot be changed back */
	CHANGE_MAY_REPEAT,			/* they may be equal */
} Change;

extern Change generator_change_compare(const GeneratorOptions *present, const GeneratorOptions *former);
extern bool generator_change_is_none(const GeneratorOptions *one, const GeneratorOptions *other);

#endif							/* IDGEN_GENERATOR_CHANGE_H */
