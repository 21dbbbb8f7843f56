/*-------------------------------------------------------------------------
 *
 * generator_options.h
 *	  The options that a named generator was created with.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_OPTIONS_H
#define IDGEN_GENERATOR_OPTIONS_H

#include "nodes/pg_list.h"

#include "bits/layout_overlap.h"
#include "engine/timeline.h"

typedef struct GeneratorOptions
{
	SnowflakeLayout layout;
	bool		is_given[LAYOUT_FIELDS];	/* only for the fields of the node */
	uint64		value[LAYOUT_FIELDS];
	SequenceStart sequence_start;
	List	   *former;			/* GeneratorOptions *: layouts and nodes that
								 * it had before */
} GeneratorOptions;

/* The option that holds the former layouts and nodes; see generator_former.c. */
#define FORMER_OPTION "former"

/* The reason why options are invalid, as the texts of an error. */
typedef struct OptionsProblem
{
	int			sqlstate;
	const char *message;
	const char *detail;			/* or NULL */
	const char *hint;			/* or NULL */
} OptionsProblem;

extern const char *const generator_field_options[LAYOUT_FIELDS];

extern bool generator_options_try(List *definitions, GeneratorOptions *options, OptionsProblem *problem);
extern GeneratorOptions generator_options_read(List *definitions);
extern bool generator_options_follow_server(const GeneratorOptions *options);
extern bool generator_options_keep_node(const GeneratorOptions *options);
extern IdNumbers generator_options_numbers(const GeneratorOptions *options);
extern GeneratorOptions generator_options_for_space(const SnowflakeLayout *layout, uint64 node_bits);

#endif							/* IDGEN_GENERATOR_OPTIONS_H */
