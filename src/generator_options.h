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

extern const char *const generator_option_of_field[LAYOUT_FIELDS];

extern GeneratorOptions generator_options_read(List *options);

#endif							/* IDGEN_GENERATOR_OPTIONS_H */
