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

#include "engine/horizon.h"
#include "engine/id_space.h"
#include "generator/generator.h"
#include "generator/unique_time.h"

static Generator unique_times = {.source.sequence_start = SEQUENCE_CLOCK};
static Generator node_unique_times = {.source.sequence_start = SEQUENCE_CLOCK};

/* What the last caller of unique_time_next_for_node() takes its node from. */
static uint64 (*get_present_node) (void);

static void ready_node_unique_times(const char *caller);

static void
ready_unique_times(const char *caller)
{
	uint64		as_of = generator_changes;

	generator_attach(caller);
	timeline_set_source(&unique_times.source, &layout_unique_times, 0, &shmem_area()->unique_times);
	unique_times.ready_as_of = as_of;
}

/* The server's worker ID has changed. */
static void
renew_unique_times_node(PositionSource *source)
{
	ready_node_unique_times("snowflake128_nextval()");
}

static void
ready_node_unique_times(const char *caller)
{
	uint64		as_of = generator_changes;
	uint32		worker_changes;
	uint64		node;

	generator_attach(caller);
	worker_changes = server_worker_changes();
	node = get_present_node();
	node_unique_times.source.record = id_space_get_timeline(&layout_unique_times, node, false, SPACE_OF_SERVER);
	timeline_set_source(&node_unique_times.source, &layout_unique_times, node, &shmem_area()->unique_times);
	timeline_follow_worker(&node_unique_times.source, worker_changes, true, renew_unique_times_node);
	node_unique_times.ready_as_of = as_of;
}

/* The whole ns below a part of a us (0 .. 1023). */
static inline uint32
part_ns(uint32 part)
{
	return part * NS_PER_US >> layout_unique_times.bits[LAYOUT_SEQUENCE];
}

static UniqueTime
unique_time_at(uint64 position)
{
	uint32		part = layout_position_sequence(&layout_unique_times, position);
	UniqueTime	moment = {
		.unix_ns = layout_position_tick(&layout_unique_times, position) * NS_PER_US + part_ns(part),
		.rank = part > 0 && part_ns(part - 1) == part_ns(part),
	};

	return moment;
}

static UniqueTime
take_unique_time(PositionSource *source)
{
	return unique_time_at(chunk_next_position(source));
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
 * The horizon of unique times: see horizon_read().  Errors: those of
 * generator_attach() and horizon_read().
 */
UniqueTime
unique_time_horizon(const char *caller, bool all_databases)
{
	if (!generator_is_ready(&unique_times))
		ready_unique_times(caller);
	return unique_time_at(horizon_read(&unique_times.source, all_databases));
}

/*
 * Find the unique times that our transaction may have, from one on and below
 * another one.  Returns false if it has none.
 */
bool
unique_time_find_own(UniqueTime *from, UniqueTime *until)
{
	HoldView	hold;

	if (!hold_read_own(&hold) || !hold.has_unique_times)
		return false;
	*from = unique_time_at(hold.unique_times);
	*until = unique_time_at(pg_atomic_read_u64(&shmem_area()->unique_times.next));
	return true;
}

/*
 * A unique time for an ID that contains the server's node, which get_node returns,
 * and which is never issued again for the same node.  *node gets the node that
 * the time is for: it can change meanwhile.  Errors: also those of
 * id_space_get_timeline() and of get_node().
 */
UniqueTime
unique_time_next_for_node(uint64 (*get_node) (void), uint64 *node, const char *caller)
{
	UniqueTime	time;

	get_present_node = get_node;
	if (!generator_is_ready(&node_unique_times) || node_unique_times.source.node_bits != get_node())
		ready_node_unique_times(caller);
	time = take_unique_time(&node_unique_times.source);
	*node = node_unique_times.source.node_bits;
	return time;
}
