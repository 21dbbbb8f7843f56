/*-------------------------------------------------------------------------
 *
 * unique_time.c
 *	  Times that occur only once on this server, in order, for IDs of 128 bits.
 *
 * A unique time is a position of a timeline whose ticks are microseconds and
 * whose sequence counts 1024ths of one.  So no two sessions get the same one,
 * those of a session increase, and after a crash or a failover they continue
 * above all that were issued before, whatever the clock says.
 *
 * All ordered IDs of 128 bits come from this one timeline.  For those that
 * contain the server's node, a record says how far each node has got; the
 * others are unique by random bits and need no node.
 *
 * 1024 parts of 1000 ns are slightly more than one for each ns.  Where two of
 * them lie in the same ns, the second has rank 1.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/id_space.h"
#include "generator/generator.h"
#include "generator/unique_time.h"

static Generator unique_times = {.source.sequence_start = SEQUENCE_CLOCK};
static Generator node_unique_times = {.source.sequence_start = SEQUENCE_CLOCK};

static void
ready_unique_times(const char *caller)
{
	uint64		as_of = generator_changes;

	generator_attach(caller);
	timeline_set_source(&unique_times.source, &layout_unique_times, 0, &shmem_area()->unique_times);
	unique_times.ready_as_of = as_of;
}

static void
ready_node_unique_times(uint64 node, const char *caller)
{
	uint64		as_of = generator_changes;

	generator_attach(caller);
	node_unique_times.source.record = id_space_get_timeline(&layout_unique_times, node, false, SPACE_OF_SERVER);
	timeline_set_source(&node_unique_times.source, &layout_unique_times, node, &shmem_area()->unique_times);
	node_unique_times.ready_as_of = as_of;
}

/* The whole ns below a part of a us (0 .. 1023). */
static inline uint32
part_ns(uint32 part)
{
	return part * NS_PER_US >> layout_unique_times.bits[LAYOUT_SEQUENCE];
}

static UniqueTime
take_unique_time(PositionSource *source)
{
	uint64		position = chunk_next_position(source);
	uint32		part = layout_position_sequence(&layout_unique_times, position);
	UniqueTime	moment = {
		.unix_ns = layout_position_tick(&layout_unique_times, position) * NS_PER_US + part_ns(part),
		.rank = part > 0 && part_ns(part - 1) == part_ns(part),
	};

	return moment;
}

/*
 * A unique time, for the SQL function caller, above all that this session had
 * before, and above all that any session had got before this statement began.
 * It can be issued again after idgen_reset_timeline().  Errors: those of
 * generator_attach() and chunk_next_position().
 */
UniqueTime
unique_time_next(const char *caller)
{
	if (!generator_is_ready(&unique_times))
		ready_unique_times(caller);
	return take_unique_time(&unique_times.source);
}

/*
 * The same for an ID that contains this node, which is the server's.  It is
 * never issued again for the same node.  Errors: also those of
 * id_space_get_timeline().
 */
UniqueTime
unique_time_next_for_node(uint64 node, const char *caller)
{
	if (!generator_is_ready(&node_unique_times) || node_unique_times.source.node_bits != node)
		ready_node_unique_times(node, caller);
	return take_unique_time(&node_unique_times.source);
}
