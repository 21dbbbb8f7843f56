/*-------------------------------------------------------------------------
 *
 * generator_change.h
 *	  How IDs of one layout and node go together with those of another that a
 *	  generator had before.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_CHANGE_H
#define IDGEN_GENERATOR_CHANGE_H

#include "generator/generator_options.h"

/* How the IDs that a change leads to go together with those from before. */
typedef enum Change
{
	CHANGE_IS_FREE,				/* they differ by themselves */
	CHANGE_BEGINS_AFTER,		/* they differ if they begin after them, in either direction */
	CHANGE_GOES_ABOVE,			/* the same, but there is no way back */
	CHANGE_MAY_REPEAT,			/* they may be equal */
} Change;

extern Change generator_change_compare(const GeneratorOptions *present, const GeneratorOptions *former);
extern bool generator_change_is_none(const GeneratorOptions *one, const GeneratorOptions *other);

#endif							/* IDGEN_GENERATOR_CHANGE_H */
