/*-------------------------------------------------------------------------
 *
 * generator.h
 *	  Generators: a layout, a node and a timeline, which issue IDs.  What all
 *	  have in common, and the server's own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_H
#define IDGEN_GENERATOR_H

#include "base/setting.h"
#include "bits/layout.h"
#include "engine/chunk.h"

/* A generator as this process uses it.  It stays ready until generator_changes is incremented. */
typedef struct Generator
{
	uint64		ready_as_of;	/* generator_changes when it became ready; 0:
								 * never */
	PositionSource source;
} Generator;

/* Counts changes that may concern generators: settings, definitions, privileges. */
extern uint64 generator_changes;

/* The generator of the server's own IDs. */
extern Generator server_generator;

/* idgen.sequence_start, a SequenceStart, for the server's own IDs. */
extern int	generator_sequence_start;

/* idgen.datacenter_id and idgen.worker_id, this server's node. */
extern ServerSetting generator_datacenter;
extern ServerSetting generator_worker;

/* The size of the buffer for generator_misfit_detail(). */
#define GENERATOR_DETAIL_SIZE 128

extern bool generator_server_field_fits(const SnowflakeLayout *layout, LayoutField field);
extern const char *generator_misfit_detail(const SnowflakeLayout *layout, LayoutField field,
										   int value, char *detail);
extern uint64 generator_server_field(const SnowflakeLayout *layout, LayoutField field);
extern uint64 generator_server_node_bits(const SnowflakeLayout *layout);

/* Does the server's node fit a layout? */
static inline bool
generator_server_fits(const SnowflakeLayout *layout)
{
	return generator_server_field_fits(layout, LAYOUT_DATACENTER) &&
		generator_server_field_fits(layout, LAYOUT_WORKER);
}

extern void generator_attach(const char *caller);
extern void generator_set_up(Generator *generator, const SnowflakeLayout *layout,
							 uint64 node_bits, Timeline *timeline);
extern void generator_ready_server(const char *caller);
extern Timeline *generator_server_timeline(void);
extern void generator_fill(Generator *generator, int64 *ids, uint64 count);
extern int64 generator_next_block(Generator *generator, uint64 size);

static inline bool
generator_is_ready(const Generator *generator)
{
	return likely(generator->ready_as_of == generator_changes);
}

/*
 * The server's own generator, ready to issue IDs for the SQL function caller.
 * Errors: see generator_ready_server.
 */
static inline Generator *
generator_get_server(const char *caller)
{
	if (!generator_is_ready(&server_generator))
		generator_ready_server(caller);
	return &server_generator;
}

/* Issue the next ID of a generator that is ready.  Errors: see chunk_next_position. */
static inline int64
generator_next_id(Generator *generator)
{
	uint64		position = chunk_next_position(&generator->source);

	return layout_compose(&generator->source.layout, position, generator->source.node_bits);
}

#endif							/* IDGEN_GENERATOR_H */
