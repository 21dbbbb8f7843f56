/*-------------------------------------------------------------------------
 *
 * generator.c
 *	  Turning positions of the timeline into IDs of this node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "generator.h"

ServerSetting generator_datacenter = {.name = "idgen.datacenter_id"};
ServerSetting generator_worker = {.name = "idgen.worker_id"};
uint64		generator_node_bits = 0;

/*
 * Change the node (both within the layout's fields).  The timeline stays: IDs
 * of one server differ in their positions, whatever node they name.  But within
 * a tick a smaller node means smaller IDs, so our next ID is of another tick.
 */
void
generator_set_node(uint32 datacenter, uint32 worker)
{
	uint64		node_bits = layout_put(&layout_default, LAYOUT_DATACENTER, datacenter) |
		layout_put(&layout_default, LAYOUT_WORKER, worker);

	if (node_bits != generator_node_bits)
		timeline_change_node(node_bits >> layout_default.shift[LAYOUT_WORKER]);
	generator_node_bits = node_bits;
}

static void
check_not_refused(const ServerSetting *setting)
{
	if (setting->refused)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of parameter \"%s\" was not accepted", setting->name),
				errdetail("No IDs are made with a value other than the one that was asked for."),
				errhint("Set it in postgresql.conf or by ALTER SYSTEM, within its range, and nowhere else. Then reload the configuration and connect again."));
}

/* ERROR unless the node is the one that was asked for. */
void
generator_check_settings(void)
{
	check_not_refused(&generator_datacenter);
	check_not_refused(&generator_worker);
	check_not_refused(&window_max_drift);
}

/*
 * See generator_ensure_attached.  Errors: READ_ONLY_SQL_TRANSACTION in
 * recovery, as nextval() has it; INVALID_PARAMETER_VALUE while the value asked
 * for a setting of the server was not taken; OUT_OF_MEMORY without room for the
 * shared area.  What follows recovery is final, so only then do we look where an
 * earlier life of the server, or the primary, has left off.
 */
void
generator_attach(const char *caller)
{
	PreventCommandDuringRecovery(caller);

	generator_check_settings();
	timeline_attach();
}

/* Fill ids with the next count IDs, in order.  Errors: see timeline.c. */
void
generator_fill(int64 *ids, uint64 count)
{
	const int64 *end = ids + count;

	while (ids < end)
	{
		PositionRange range = timeline_take_batch(&layout_default, end - ids);

		for (uint64 position = range.start; position < range.end; position++)
			*ids++ = layout_compose(&layout_default, position, generator_node_bits);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * First of size (1 .. layout_tick_size) consecutive IDs that are all ours.
 * Errors: see timeline.c.
 */
int64
generator_next_block(uint64 size)
{
	PositionRange range = timeline_take_block(&layout_default, size);

	return layout_compose(&layout_default, range.start, generator_node_bits);
}
