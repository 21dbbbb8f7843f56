/*-------------------------------------------------------------------------
 *
 * server_moment.c
 *	  See server_moment.h.
 *
 * A moment is a position of a timeline whose ticks are microseconds and whose
 * sequence counts 1024ths of one: so no two sessions have the same, those of a
 * session increase, and they go on above all there were after a crash or a failover,
 * whatever the clock says.  All that makes 128-bit IDs in order across sessions draws
 * from this one timeline.
 *
 * 1024 parts of 1000 ns are a bit more than one for each ns.  Where two lie in the
 * same ns, the second has rank 1.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "generator.h"
#include "server_layout.h"
#include "server_moment.h"

static Generator moments = {.source.sequence_start = SEQUENCE_CLOCK};

static void
ready(const char *caller)
{
	uint64		as_of = generator_changes;

	generator_attach(caller);
	timeline_set_source(&moments.source, &layout_moments, generator_server_node_bits(server_layout()),
						&shmem_area()->moments);
	moments.ready_as_of = as_of;
}

/* How many whole ns lie below a part of a us (0 .. 1023). */
static inline uint32
ns_of_part(uint32 part)
{
	return part * NS_PER_US >> layout_moments.bits[LAYOUT_SEQUENCE];
}

/*
 * A moment above all that this session had before, and that anyone had who was done
 * before this statement began, on behalf of the SQL function caller.  Errors: those of
 * generator_attach(), generator_server_node_bits() and timeline_next().
 */
ServerMoment
server_moment_next(const char *caller)
{
	uint64		position;
	uint32		part;
	ServerMoment moment;

	if (!generator_is_ready(&moments))
		ready(caller);
	position = timeline_next(&moments.source);
	part = layout_position_sequence(&layout_moments, position);
	moment.unix_ns = layout_position_tick(&layout_moments, position) * NS_PER_US + ns_of_part(part);
	moment.rank = part > 0 && ns_of_part(part - 1) == ns_of_part(part);
	return moment;
}
