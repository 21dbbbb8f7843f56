/*-------------------------------------------------------------------------
 *
 * generator.c
 *	  Turning positions of a timeline into IDs of a node.
 *
 * Named generators are in named_generator.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "generator.h"
#include "id_space.h"
#include "layout_text.h"
#include "server_layout.h"

uint64		generator_changes = 1;
Generator	generator_of_server;
ServerSetting generator_datacenter = {.name = "idgen.datacenter_id"};
ServerSetting generator_worker = {.name = "idgen.worker_id"};

static const ServerSetting *
setting_of_field(LayoutField field)
{
	return field == LAYOUT_WORKER ? &generator_worker : &generator_datacenter;
}

/* Has a layout room for the server's datacenter or worker? */
bool
generator_server_field_fits(const SnowflakeLayout *layout, LayoutField field)
{
	return setting_of_field(field)->value <= layout_max(layout, field);
}

/*
 * Datacenter or worker of the server in its place in a layout.  ERROR
 * INVALID_PARAMETER_VALUE if the layout has no room for it.
 */
uint64
generator_server_field(const SnowflakeLayout *layout, LayoutField field)
{
	const ServerSetting *setting = setting_of_field(field);

	if (!generator_server_field_fits(layout, field))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of parameter \"%s\" does not fit the layout", setting->name),
				layout_has(layout, field) ?
				errdetail("The value is %d, and the layout's %s goes up to %llu.",
						  setting->value, layout_field_names[field],
						  (unsigned long long) layout_max(layout, field)) :
				errdetail("The value is %d, and the layout has no %s.",
						  setting->value, layout_field_names[field]),
				errhint("Choose another layout or node, or give a generator a node of its own."));
	return layout_put(layout, field, setting->value);
}

/*
 * The server's node in a layout.  ERROR INVALID_PARAMETER_VALUE if the layout does
 * not tell it from others.
 */
uint64
generator_server_node_bits(const SnowflakeLayout *layout)
{
	return generator_server_field(layout, LAYOUT_DATACENTER) |
		generator_server_field(layout, LAYOUT_WORKER);
}

/*
 * Make this process one that draws IDs.  Errors: READ_ONLY_SQL_TRANSACTION in
 * recovery, as nextval() has it; INVALID_PARAMETER_VALUE while the value asked
 * for a setting of the server was not taken; OUT_OF_MEMORY without room for the
 * shared area.  What follows recovery is final, so only then do we look where an
 * earlier life of the server, or the primary, has left off.
 */
void
generator_attach(const char *caller)
{
	PreventCommandDuringRecovery(caller);

	setting_check(&server_layout_setting);
	setting_check(&generator_datacenter);
	setting_check(&generator_worker);
	setting_check(&window_max_drift);
	timeline_attach();
}

/* There are no IDs of a time before the epoch; to wait for it would be no use. */
static void
check_epoch(const SnowflakeLayout *layout)
{
	if (layout_tick_at(layout, clock_unix_ns()) < 0)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("epoch of the snowflake layout is in the future"),
				errdetail("The epoch is %s.",
						  timestamptz_to_str(clock_timestamptz(layout_tick_start_us(layout, 0)))),
				errhint("Check the system clock, or choose another layout."));
}

/*
 * Let a generator issue IDs of this layout and node from this timeline.  The process
 * must be attached.  ERROR OBJECT_NOT_IN_PREREQUISITE_STATE before the epoch.
 */
void
generator_set_up(Generator *generator, const SnowflakeLayout *layout, uint64 node_bits,
				 Timeline *timeline)
{
	check_epoch(layout);
	timeline_set_source(&generator->source, layout, node_bits, timeline);
}

/*
 * See generator_get_server.  Errors: those of generator_attach(), server_layout(),
 * generator_server_node_bits(), id_space_timeline() and generator_set_up().
 */
void
generator_ready_server(const char *caller)
{
	const SnowflakeLayout *layout;
	uint64		node_bits;

	generator_attach(caller);
	layout = server_layout();
	node_bits = generator_server_node_bits(layout);
	generator_set_up(&generator_of_server, layout, node_bits,
					 id_space_timeline(layout, node_bits, false, SPACE_OF_SERVER));
	generator_of_server.ready_as_of = generator_changes;
}

/* Fill ids with the next count IDs, in order.  Errors: see timeline.c. */
void
generator_fill(Generator *generator, int64 *ids, uint64 count)
{
	const SnowflakeLayout layout = generator->source.layout;
	const uint64 node_bits = generator->source.node_bits;
	const int64 *end = ids + count;

	while (ids < end)
	{
		PositionRange range = timeline_take_batch(&generator->source, end - ids);

		for (uint64 position = range.start; position < range.end; position++)
			*ids++ = layout_compose(&layout, position, node_bits);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * First of size (1 .. layout_tick_size) consecutive IDs that are all ours.
 * Errors: see timeline.c.
 */
int64
generator_next_block(Generator *generator, uint64 size)
{
	PositionRange range = timeline_take_block(&generator->source, size);

	return layout_compose(&generator->source.layout, range.start, generator->source.node_bits);
}
