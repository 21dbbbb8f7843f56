/*-------------------------------------------------------------------------
 *
 * generator_options.h
 *	  What a named generator was created with.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_OPTIONS_H
#define IDGEN_GENERATOR_OPTIONS_H

#include "nodes/pg_list.h"

#include "layout.h"
#include "timeline.h"

typedef struct GeneratorOptions
{
	SnowflakeLayout layout;
	bool		is_given[LAYOUT_FIELDS];	/* of the node's fields */
	uint64		value[LAYOUT_FIELDS];
	SequenceStart sequence_start;
} GeneratorOptions;

/* Why options make no generator; texts as in an error. */
typedef struct OptionsProblem
{
	int			sqlstate;
	const char *message;
	const char *detail;			/* or NULL */
	const char *hint;			/* or NULL */
} OptionsProblem;

extern const char *const generator_option_of_field[LAYOUT_FIELDS];

extern bool generator_options_try(List *definitions, GeneratorOptions *options, OptionsProblem *problem);
extern GeneratorOptions generator_options_read(List *definitions);

#endif							/* IDGEN_GENERATOR_OPTIONS_H */
