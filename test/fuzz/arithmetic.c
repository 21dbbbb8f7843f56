/*-------------------------------------------------------------------------
 *
 * arithmetic.c
 *	  A libFuzzer target: what layout.h, layout.c and uuid_bits.c promise, for
 *	  any layout and any numbers within the ranges their callers keep to.
 *
 * An input is a sequence of numbers, little-endian, in the order in which they
 * are taken here; missing ones are zero, and each is folded into its range.  So
 * every input is a valid one, and whichever fails shows a bug.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout.h"
#include "uuid_bits.h"

#define MAX_TIME_BITS 62
#define MAX_NODE_FIELD_BITS 31
#define MAX_SEQUENCE_BITS 32	/* as wide as SnowflakeFields has it */

#define require(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* What is left of the input. */
typedef struct Input
{
	const uint8_t *data;
	size_t		size;
} Input;

/* A number of this many bytes (1 .. 8). */
static uint64
take(Input *input, int bytes)
{
	uint64		number = 0;

	for (int i = 0; i < bytes && input->size > 0; i++, input->size--)
		number |= (uint64) *input->data++ << (8 * i);
	return number;
}

/* A number of 0 .. max, which is below 2^(8 * bytes): as it is, if it can be. */
static uint64
take_upto(Input *input, int bytes, uint64 max)
{
	uint64		number = take(input, bytes);

	return number <= max ? number : number % (max + 1);
}

/*
 * A layout of 63 bits.  A tick is at most 71 minutes long, and the epoch lies
 * where microseconds since 1970 fit into 63 bits.
 */
static SnowflakeLayout
take_layout(Input *input)
{
	SnowflakeLayout layout;
	int			left = 62;		/* the time has at least one bit */
	int64		tick_us;

	layout.sequence_bits = take_upto(input, 1, MAX_SEQUENCE_BITS);
	left -= layout.sequence_bits;
	layout.worker_bits = take_upto(input, 1, Min(left, MAX_NODE_FIELD_BITS));
	left -= layout.worker_bits;
	layout.datacenter_bits = take_upto(input, 1, Min(left, MAX_NODE_FIELD_BITS));
	left -= layout.datacenter_bits;
	layout.time_bits = Min(left + 1, MAX_TIME_BITS);
	tick_us = 1 + take_upto(input, 4, PG_UINT32_MAX - 1);
	layout.tick_ns = tick_us * NS_PER_US;
	layout.epoch_ticks = ((int64) take(input, 8) >> 1) / tick_us;
	return layout;
}

typedef struct Node
{
	uint32		datacenter;
	uint32		worker;
} Node;

static Node
take_node(Input *input, const SnowflakeLayout *layout)
{
	Node		node;

	node.datacenter = take_upto(input, 4, layout_max_datacenter(layout));
	node.worker = take_upto(input, 4, layout_max_worker(layout));
	return node;
}

static int64
compose(const SnowflakeLayout *layout, uint64 position, Node node)
{
	return layout_compose(layout, position, layout_node_bits(layout, node.datacenter, node.worker));
}

/* No bit of the node lies where tick and sequence have theirs, and none is lost. */
static void
check_fields_are_apart(const SnowflakeLayout *layout, uint64 position, Node node)
{
	uint64		node_bits = layout_node_bits(layout, node.datacenter, node.worker);
	int64		rest = layout_compose(layout, position, 0);

	require((node_bits & rest) == 0);
	require((node_bits | rest) == compose(layout, position, node));
	require(node_bits >> layout->sequence_bits >> layout->worker_bits == node.datacenter);
	require((node_bits >> layout->sequence_bits & layout_max_worker(layout)) == node.worker);
}

/* The fields are within their widths, and what they were made of. */
static void
check_compose_and_parse(const SnowflakeLayout *layout, uint64 position, Node node)
{
	int64		id = compose(layout, position, node);
	SnowflakeFields fields;

	require(id >= 0);
	fields = layout_parse(layout, id);
	require(fields.tick == layout_position_tick(layout, position));
	require(fields.datacenter == node.datacenter);
	require(fields.worker == node.worker);
	require(fields.sequence < layout_tick_size(layout));
	require((layout_tick_position(layout, fields.tick) | fields.sequence) == position);
}

/* Any number that can be an ID comes out as it went in. */
static void
check_parse_and_compose(const SnowflakeLayout *layout, int64 id)
{
	SnowflakeFields fields = layout_parse(layout, id);
	uint64		position = layout_tick_position(layout, fields.tick) | fields.sequence;
	Node		node = {fields.datacenter, fields.worker};

	require(node.datacenter <= layout_max_datacenter(layout));
	require(node.worker <= layout_max_worker(layout));
	require(position < layout_end(layout));
	require(compose(layout, position, node) == id);
}

/* IDs of one node are in the order of their positions; of any two, if the ticks differ. */
static void
check_order(const SnowflakeLayout *layout, const uint64 position[2], const Node node[2])
{
	int			lower = position[0] <= position[1] ? 0 : 1;
	uint64		low = position[lower];
	uint64		high = position[!lower];

	for (int i = 0; i < 2; i++)
	{
		int64		low_id = compose(layout, low, node[i]);
		int64		high_id = compose(layout, high, node[i]);

		require(low == high ? low_id == high_id : low_id < high_id);
	}
	if (layout_position_tick(layout, low) < layout_position_tick(layout, high))
		require(compose(layout, low, node[lower]) < compose(layout, high, node[!lower]));
}

/* A block lies in one tick, as early as can be, and its IDs follow one another. */
static void
check_fit_in_tick(const SnowflakeLayout *layout, uint64 position, uint64 size, Node node)
{
	uint64		start = layout_fit_in_tick(layout, position, size);
	uint64		last = start + size - 1;
	uint64		tick = layout_position_tick(layout, position);

	require(start >= position && start <= layout_end(layout));
	require(layout_position_tick(layout, start) == layout_position_tick(layout, last));
	if (start != position)
	{
		require(start == layout_tick_position(layout, tick + 1));
		require(layout_position_tick(layout, position + size - 1) > tick);
	}
	if (start < layout_end(layout))
		require((uint64) (compose(layout, last, node) - compose(layout, start, node)) == size - 1);
}

/* A moment lies in its tick. */
static void
check_moment(const SnowflakeLayout *layout, int64 unix_ns)
{
	int64		tick = layout_tick_at(layout, unix_ns);
	int64		unix_us = unix_ns / NS_PER_US;

	require(layout_tick_start_us(layout, tick) <= unix_us);
	require(layout_tick_start_us(layout, tick + 1) > unix_us);
	require(layout_tick_at(layout, layout_tick_start_us(layout, tick) * NS_PER_US) == tick);
}

/*
 * A position's tick begins and ends where the clock passes.  A wide time field
 * goes on longer than 63 bits of us: then there is nothing to check.
 */
static void
check_tick(const SnowflakeLayout *layout, uint64 position)
{
	int64		tick = layout_position_tick(layout, position);
	int64		tick_us = layout->tick_ns / NS_PER_US;
	int64		start_us;
	int64		end_us;

	if (__builtin_mul_overflow(layout->epoch_ticks + tick + 1, tick_us, &end_us))
		return;
	start_us = end_us - tick_us;
	require(layout_tick_start_us(layout, tick) == start_us);
	require(layout_position_end_us(layout, position) == end_us);
	if (start_us >= 0 && end_us <= PG_INT64_MAX / NS_PER_US)
	{
		require(layout_tick_at(layout, start_us * NS_PER_US) == tick);
		require(layout_tick_at(layout, end_us * NS_PER_US - 1) == tick);
		require(layout_tick_at(layout, end_us * NS_PER_US) == tick + 1);
	}
}

/* An ID is between the bounds of its own tick, and on the right side of those of any other. */
static void
check_bounds(const SnowflakeLayout *layout, int64 id, int64 tick)
{
	int64		own = layout_parse(layout, id).tick;
	int64		first = layout_first_id_from(layout, tick);
	int64		last = layout_last_id_until(layout, tick);

	require(first >= 0 && first <= layout_max_id(layout));
	require(last >= -1 && last <= layout_max_id(layout));
	require((id <= last) == (own <= tick));
	if (tick >> layout->time_bits <= 0)
		require((id >= first) == (own >= tick));
	require(layout_first_id_from(layout, own) <= id && id <= layout_last_id_until(layout, own));
}

/* A moment of any sign lies in its tick. */
static void
check_moment_us(const SnowflakeLayout *layout, int64 unix_us)
{
	int64		tick_us = layout->tick_ns / NS_PER_US;
	int64		ticks = layout_tick_at_us(layout, unix_us) + layout->epoch_ticks;

	require(ticks * tick_us <= unix_us);
	require(unix_us - ticks * tick_us < tick_us);
}

static void
check_describe(const SnowflakeLayout *layout)
{
	char		text[128];
	SnowflakeLayout read;
	long long	tick_us;
	long long	epoch_ms;

	layout_describe(layout, text, sizeof(text));
	require(sscanf(text, "sign 1, time %d, datacenter %d, worker %d, sequence %d, tick %lld us, epoch %lld ms",
				   &read.time_bits, &read.datacenter_bits, &read.worker_bits, &read.sequence_bits,
				   &tick_us, &epoch_ms) == 6);
	require(strcmp(text + strlen(text) - 3, " ms") == 0);
	require(read.time_bits == layout->time_bits);
	require(read.datacenter_bits == layout->datacenter_bits);
	require(read.worker_bits == layout->worker_bits);
	require(read.sequence_bits == layout->sequence_bits);
	require(tick_us * NS_PER_US == layout->tick_ns);
	require(epoch_ms == layout->epoch_ticks * tick_us / 1000);
}

static int64
largest_id(const SnowflakeLayout *layout)
{
	Node		last = {layout_max_datacenter(layout), layout_max_worker(layout)};

	return compose(layout, layout_end(layout) - 1, last);
}

static void
check_layout(Input *input)
{
	SnowflakeLayout layout = take_layout(input);
	Node		node[2];
	uint64		position[2];
	int64		id;

	for (int i = 0; i < 2; i++)
	{
		node[i] = take_node(input, &layout);
		position[i] = take_upto(input, 8, layout_end(&layout) - 1);
		check_fields_are_apart(&layout, position[i], node[i]);
		check_compose_and_parse(&layout, position[i], node[i]);
		check_tick(&layout, position[i]);
	}
	check_order(&layout, position, node);
	check_fit_in_tick(&layout, position[0],
					  1 + take_upto(input, 4, layout_tick_size(&layout) - 1), node[0]);
	id = take_upto(input, 8, largest_id(&layout));
	check_parse_and_compose(&layout, id);
	check_moment(&layout, take_upto(input, 8, PG_INT64_MAX));
	check_describe(&layout);
	require(layout_max_id(&layout) == largest_id(&layout));
	check_bounds(&layout, id, (int64) take(input, 8) >> 1);
	check_moment_us(&layout, (int64) take(input, 8) >> 1);
}

/* A UUID's number of 8 bytes. */
static uint64
read_half(const unsigned char *bytes)
{
	uint64		number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

typedef struct UuidFields
{
	int64		ms;
	uint32		ns;
	uint64		tail;
} UuidFields;

static UuidFields
take_uuid_fields(Input *input)
{
	UuidFields	fields;

	fields.ms = take_upto(input, 6, UUID_END_MS - 1);
	fields.ns = take_upto(input, 3, 999999);
	fields.tail = take(input, 8);
	return fields;
}

/* Version and variant are intact, and each field is in its place. */
static void
check_uuid(const unsigned char uuid[16], UuidFields fields)
{
	uint64		high = read_half(uuid);
	uint64		low = read_half(uuid + 8);
	uint64		fraction = high & 0xFFF;

	require((high >> 12 & 0xF) == 7);
	require(low >> UUID_TAIL_BITS == 2);
	require((int64) (high >> 16) == fields.ms);
	require(fraction * 1000000 <= (uint64) fields.ns * 4096);
	require((fraction + 1) * 1000000 > (uint64) fields.ns * 4096);
	require(low << (64 - UUID_TAIL_BITS) == fields.tail << (64 - UUID_TAIL_BITS));
}

/* Later by UUID_FRACTION_NS is larger; by less, it is not smaller in its time. */
static void
check_uuid_order(const unsigned char earlier[16], UuidFields from,
				 const unsigned char later[16], UuidFields to)
{
	int64		passed = Min(to.ms - from.ms, 2) * NS_PER_MS + (int64) to.ns - (int64) from.ns;

	require(memcmp(earlier, later, 8) <= 0);
	if (passed >= UUID_FRACTION_NS)
		require(memcmp(earlier, later, 8) < 0);
	if (passed == 0)
		require(memcmp(earlier, later, 8) == 0);
}

static void
check_uuids(Input *input)
{
	UuidFields	fields[2];
	unsigned char uuid[2][16];
	bool		in_order;

	for (int i = 0; i < 2; i++)
	{
		fields[i] = take_uuid_fields(input);
		uuid_bits_v7(uuid[i], fields[i].ms, fields[i].ns, fields[i].tail);
		check_uuid(uuid[i], fields[i]);
	}
	in_order = fields[0].ms < fields[1].ms ||
		(fields[0].ms == fields[1].ms && fields[0].ns <= fields[1].ns);
	check_uuid_order(uuid[!in_order], fields[!in_order], uuid[in_order], fields[in_order]);
}

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	if (take(&input, 1) & 1)
		check_uuids(&input);
	else
		check_layout(&input);
	return 0;
}
