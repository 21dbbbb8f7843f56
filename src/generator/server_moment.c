/*-------------------------------------------------------------------------
 *
 * server_moment.c
 *	  See server_moment.h.
 *
 * A moment is a position of a timeline whose ticks are microseconds and whose
 * sequence counts 1024ths of one: so no two sessions have the same, those of a
 * session increase, and they go on above all there were after a crash or a failover,
 * whatever the clock says.
 *
 * All IDs of 128 bits in order come from this one timeline.  Of those that contain the
 * server's node it is recorded how far each node has got; the others are unique by
 * random bits, and need no node.
 *
 * 1024 parts of 1000 ns are a bit more than one for each ns.  Where two lie in the
 * same ns, the second has rank 1.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/id_space.h"
#include "generator/generator.h"
#include "generator/server_moment.h"

static Generator moments = {.source.sequence_start = SEQUENCE_CLOCK};
static Generator moments_of_node = {.source.sequence_start = SEQUENCE_CLOCK};

static void
ready(const char *caller)
{
	uint64		as_of = generator_changes;

	generator_attach(caller);
	timeline_set_source(&moments.source, &layout_moments, 0, &shmem_area()->moments);
	moments.ready_as_of = as_of;
}

static void
ready_of_node(uint64 node, const char *caller)
{
	uint64		as_of = generator_changes;

	generator_attach(caller);
	moments_of_node.source.record = id_space_timeline(&layout_moments, node, false, SPACE_OF_SERVER);
	timeline_set_source(&moments_of_node.source, &layout_moments, node, &shmem_area()->moments);
	moments_of_node.ready_as_of = as_of;
}

/* How many whole ns lie below a part of a us (0 .. 1023). */
static inline uint32
ns_of_part(uint32 part)
{
	return part * NS_PER_US >> layout_moments.bits[LAYOUT_SEQUENCE];
}

static ServerMoment
take(PositionSource *source)
{
	uint64		position = timeline_next(source);
	uint32		part = layout_position_sequence(&layout_moments, position);

	return (ServerMoment)
	{
		.unix_ns = layout_position_tick(&layout_moments, position) * NS_PER_US + ns_of_part(part),
		.rank = part > 0 && ns_of_part(part - 1) == ns_of_part(part),
	};
}

/*
 * A moment above all that this session had before, and that anyone had who was done
 * before this statement began, on behalf of the SQL function caller.  It can come again
 * after idgen_reset_timeline().  Errors: those of generator_attach() and
 * timeline_next().
 */
ServerMoment
server_moment_next(const char *caller)
{
	if (!generator_is_ready(&moments))
		ready(caller);
	return take(&moments.source);
}

/*
 * The same for an ID that contains this node, which is the server's.  It does not come
 * again for the same node.  Errors: also those of id_space_timeline().
 */
ServerMoment
server_moment_next_of_node(uint64 node, const char *caller)
{
	if (!generator_is_ready(&moments_of_node) || moments_of_node.source.node_bits != node)
		ready_of_node(node, caller);
	return take(&moments_of_node.source);
}
