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
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "bits/layout_text.h"
#include "engine/failures.h"
#include "engine/horizon.h"
#include "engine/id_space.h"
#include "engine/reference_clock.h"
#include "generator/generator.h"
#include "generator/server_layout.h"

uint64		generator_changes = 1;
Generator	server_generator;
int			generator_sequence_start = SEQUENCE_ZERO;

static const ServerSetting *
get_field_setting(LayoutField field)
{
	return field == LAYOUT_WORKER ? &generator_worker : &generator_datacenter;
}

/* The server's datacenter or worker; SETTING_INVALID if it is invalid, or the worker is leased and none is held. */
int
generator_field_value(LayoutField field)
{
	if (field == LAYOUT_WORKER)
		return server_worker();
	return setting_is_valid(&generator_datacenter) ? generator_datacenter.value : SETTING_INVALID;
}

static bool
value_fits(const SnowflakeLayout *layout, LayoutField field, int value)
{
	return value != SETTING_INVALID && value <= layout_max(layout, field);
}

/* Does the setting of the datacenter or worker fit a layout?  This reads no shared memory. */
bool
generator_setting_fits(const SnowflakeLayout *layout, LayoutField field)
{
	const ServerSetting *setting = get_field_setting(field);

	return setting_is_valid(setting) && value_fits(layout, field, setting->value);
}

/* Does the server's datacenter or worker fit a layout?  An invalid one does not. */
bool
generator_server_field_fits(const SnowflakeLayout *layout, LayoutField field)
{
	return value_fits(layout, field, generator_field_value(field));
}

/*
 * Write the reason why a value does not fit a field of a layout, a sentence, to
 * detail (GENERATOR_DETAIL_SIZE).
 */
const char *
generator_misfit_detail(const SnowflakeLayout *layout, LayoutField field, int value, char *detail)
{
	if (layout_has(layout, field))
		snprintf(detail, GENERATOR_DETAIL_SIZE, "The value is %d, and the layout's %s goes from 0 to %llu.",
				 value, layout_field_names[field], (unsigned long long) layout_max(layout, field));
	else
		snprintf(detail, GENERATOR_DETAIL_SIZE, "The value is %d, and the layout has no %s.",
				 value, layout_field_names[field]);
	return detail;
}

/* ERROR INVALID_PARAMETER_VALUE for a value of the server's node that does not fit the layout. */
static void
report_misfit(const SnowflakeLayout *layout, LayoutField field, int value)
{
	char		detail[GENERATOR_DETAIL_SIZE];

	if (field == LAYOUT_WORKER && server_worker_is_leased())
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("leased worker ID does not fit the layout"),
				errdetail("%s", generator_misfit_detail(layout, field, value, detail)),
				errhint("Choose a layout with a worker field that has room for all worker IDs of the pool, or give the generator a node of its own."));
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("value of parameter \"%s\" does not fit the layout", get_field_setting(field)->name),
			errdetail("%s", generator_misfit_detail(layout, field, value, detail)),
			errhint("Choose a value that the layout has room for, or another layout, or give the generator a node of its own."));
}

/*
 * The server's datacenter or worker.  Waits for a worker ID that is leased.
 * Errors: INVALID_PARAMETER_VALUE if it is invalid; those of
 * server_worker_await().
 */
int
generator_require_field(LayoutField field)
{
	int			value;

	/* A leased one may be given up at any time. */
	do
	{
		if (field == LAYOUT_WORKER)
			server_worker_await();
		if (field != LAYOUT_WORKER || !server_worker_is_leased())
			node_setting_check(get_field_setting(field));
		value = generator_field_value(field);
	} while (value == SETTING_INVALID);
	return value;
}

/*
 * The server's datacenter or worker, shifted to its place in a layout.  Errors:
 * INVALID_PARAMETER_VALUE if it is invalid or does not fit the layout; those of
 * server_worker_await().
 */
uint64
generator_server_field(const SnowflakeLayout *layout, LayoutField field)
{
	int			value = generator_require_field(field);

	if (!value_fits(layout, field, value))
		report_misfit(layout, field, value);
	return layout_put(layout, field, value);
}

/* The server's node, shifted to its place in a layout.  Errors as above. */
uint64
generator_server_node_bits(const SnowflakeLayout *layout)
{
	return generator_server_field(layout, LAYOUT_DATACENTER) |
		generator_server_field(layout, LAYOUT_WORKER);
}

/*
 * Find the server's node as it is now, without waiting.  Returns false if it has
 * none that fits the layout.
 */
bool
generator_find_server_node_bits(const SnowflakeLayout *layout, uint64 *node_bits)
{
	int			datacenter = generator_field_value(LAYOUT_DATACENTER);
	int			worker = generator_field_value(LAYOUT_WORKER);

	if (!value_fits(layout, LAYOUT_DATACENTER, datacenter) || !value_fits(layout, LAYOUT_WORKER, worker))
		return false;
	*node_bits = layout_put(layout, LAYOUT_DATACENTER, datacenter) | layout_put(layout, LAYOUT_WORKER, worker);
	return true;
}

/* Does the server's node fit a layout? */
bool
generator_server_fits(const SnowflakeLayout *layout)
{
	uint64		node_bits;

	return generator_find_server_node_bits(layout, &node_bits);
}

/*
 * ERROR in the postmaster, which loads libraries, and in a process that has
 * nearly exited: they have no slot in shared memory and can hold no lock.
 */
static void
check_process_attached(const char *caller)
{
	if (MyProc == NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("cannot execute %s in a process that is not attached to shared memory", caller));
}

/*
 * Prepare this process for issuing IDs.  Errors:
 * OBJECT_NOT_IN_PREREQUISITE_STATE in the postmaster; READ_ONLY_SQL_TRANSACTION
 * in recovery, as for nextval(); INVALID_PARAMETER_VALUE if the session was
 * given a drift limit of its own; OUT_OF_MEMORY without room for the shared
 * area.  Layout and node are checked by the callers that put them into an ID.
 *
 * What a previous run, or the primary, has reserved may still change in
 * recovery, so it is read only after that.
 */
void
generator_attach(const char *caller)
{
	check_process_attached(caller);
	FAILURES_BEGIN_WATCH();
	{
		PreventCommandDuringRecovery(caller);
		setting_check(&drift_max);
		setting_check(&reference_max_regression);
		timeline_attach();
		chunk_init();
	}
	FAILURES_END_WATCH();
}

/* ERROR before the epoch, when there are no IDs.  Waiting for the epoch would be of no use. */
static void
check_epoch_reached(const SnowflakeLayout *layout)
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
 * Let a generator issue IDs of this layout and node from this timeline.  The
 * process must be attached.  ERROR OBJECT_NOT_IN_PREREQUISITE_STATE before the
 * epoch.
 */
void
generator_set_up(Generator *generator, const SnowflakeLayout *layout, uint64 node_bits,
				 Timeline *timeline)
{
	check_epoch_reached(layout);
	timeline_set_source(&generator->source, layout, node_bits, timeline);
}

/* The server's worker ID has changed. */
static void
renew_server_node(PositionSource *source)
{
	generator_ready_server("snowflake_nextval()");
}

static void
set_up_server(const char *caller)
{
	const SnowflakeLayout *layout;
	uint32		worker_changes;
	uint64		node_bits;

	generator_attach(caller);
	layout = server_layout();
	worker_changes = server_worker_changes();
	node_bits = generator_server_node_bits(layout);
	generator_set_up(&server_generator, layout, node_bits,
					 id_space_get_timeline(layout, node_bits, false, SPACE_OF_SERVER));
	timeline_follow_worker(&server_generator.source, worker_changes, true, renew_server_node);
	horizon_join(&server_generator.source, true);
	server_generator.source.sequence_start = generator_sequence_start;
	server_generator.ready_as_of = generator_changes;
}

/*
 * Make the server's own generator ready.  Errors: those of generator_attach(),
 * server_layout(), generator_server_node_bits(), id_space_get_timeline() and
 * generator_set_up().
 */
void
generator_ready_server(const char *caller)
{
	FAILURES_BEGIN_WATCH();
	{
		set_up_server(caller);
	}
	FAILURES_END_WATCH();
}

/* The timeline of the server's own IDs; NULL if none have been issued with its layout and node, or it has no valid layout. */
Timeline *
generator_server_timeline(void)
{
	const SnowflakeLayout *layout = server_layout_if_valid();
	uint64		node_bits;

	return layout != NULL && generator_find_server_node_bits(layout, &node_bits) ? id_space_find_timeline(layout, node_bits) : NULL;
}

/* Fill ids with the next count IDs, in order.  Errors: see timeline_take. */
void
generator_fill(Generator *generator, int64 *ids, uint64 count)
{
	const SnowflakeLayout layout = generator->source.layout;
	const int64 *end = ids + count;

	while (ids < end)
	{
		PositionRange range = chunk_issue_batch(&generator->source, end - ids);

		/* The worker ID may have changed with the batch. */
		const uint64 node_bits = generator->source.node_bits;

		for (uint64 position = range.start; position < range.end; position++)
			*ids++ = layout_compose(&layout, position, node_bits);
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Issue size (1 .. layout_tick_size) consecutive IDs, and return the first.
 * Errors: see timeline_take.
 */
int64
generator_next_block(Generator *generator, uint64 size)
{
	PositionRange range = chunk_issue_block(&generator->source, size);

	return layout_compose(&generator->source.layout, range.start, generator->source.node_bits);
}
