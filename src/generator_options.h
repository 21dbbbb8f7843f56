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

#include "layout_overlap.h"
#include "timeline.h"

typedef struct GeneratorOptions
{
	SnowflakeLayout layout;
	bool		is_given[LAYOUT_FIELDS];	/* of the node's fields */
	uint64		value[LAYOUT_FIELDS];
	SequenceStart sequence_start;
	List	   *former;			/* GeneratorOptions * with layouts and nodes that it had before */
} GeneratorOptions;

/* The option that holds the former layouts and nodes. */
#define FORMER_OPTION "former"

extern const char *const generator_option_of_field[LAYOUT_FIELDS];

extern GeneratorOptions generator_options_read(List *options);
extern bool generator_options_follow_server(const GeneratorOptions *options);
extern bool generator_options_keep_node(const GeneratorOptions *options);
extern IdNumbers generator_options_numbers(const GeneratorOptions *options);
extern List *generator_options_add_former(List *former, const GeneratorOptions *options);
extern char *generator_options_former_text(List *former);

#endif							/* IDGEN_GENERATOR_OPTIONS_H */
