/*-------------------------------------------------------------------------
 *
 * server_layout.c
 *	  The layout of this server's own IDs: fixed by whoever needs it first after
 *	  a start, and from then on the same for all.
 *
 * A change of idgen.layout is for the next start.  Two layouts in use at a time
 * would make the same IDs, and what was read with one would be wrong with the
 * other.  Plans rely on it, too; see snowflake_layout.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "clock.h"
#include "server_layout.h"
#include "shmem.h"

ServerSetting server_layout_setting = {.name = "idgen.layout",.text = "default"};
SnowflakeLayout server_layout_asked;

/* As this process knows it; NULL until it was needed. */
static const SnowflakeLayout *fixed = NULL;

/*
 * Why no IDs can be made with a layout: a sentence, or NULL if they can.  A tick that
 * has been begun is reserved to its end, and that is where all IDs begin after a
 * restart.
 */
const char *
layout_objection(const SnowflakeLayout *layout)
{
	if (layout->tick_us > LAYOUT_LONGEST_TICK_US)
		return "Its ticks are longer than a second, and after a restart no IDs could be made before the end of one.";
	return NULL;
}

/* Why a layout cannot be a server's own: a sentence, or NULL if it can. */
const char *
server_layout_objection(const SnowflakeLayout *layout)
{
	if (layout_objection(layout) != NULL)
		return layout_objection(layout);
	if (layout_has(layout, LAYOUT_SHARD) || layout_has(layout, LAYOUT_SLAB))
		return "Its shard or slab tells generators apart, so it is for snowflake_create_generator().";
	return NULL;
}

/* Say once in a life of the server that there will be a problem. */
static void
warn_of_end(const SnowflakeLayout *layout)
{
	int64		end_us = layout_end_us(layout);
	int64		now_us = clock_unix_ns() / NS_PER_US;

	if (end_us - now_us < LAYOUT_LAST_YEARS_US)
		ereport(WARNING,
				errmsg("time of the layout of snowflake IDs %s on %s",
					   end_us <= now_us ? "ended" : "ends",
					   timestamptz_to_str(clock_timestamptz(end_us))),
				errdetail("From then on no IDs can be made with it."),
				errhint("The way to another layout, epoch or node that repeats no ID is in docs/layouts.md."));
}

/* Fix the layout, unless another process was faster. */
static const SnowflakeLayout *
fix(void)
{
	SharedArea *area = shmem_area();
	bool		is_first = false;

	if (pg_atomic_read_u32(&area->layout_is_fixed) == 0)
	{
		setting_check(&server_layout_setting);
		LWLockAcquire(&area->lock, LW_EXCLUSIVE);
		is_first = pg_atomic_read_u32(&area->layout_is_fixed) == 0;
		if (is_first)
		{
			area->layout = server_layout_asked;
			pg_write_barrier();
			pg_atomic_write_u32(&area->layout_is_fixed, 1);
		}
		LWLockRelease(&area->lock);
	}
	pg_read_barrier();
	fixed = &area->layout;
	if (is_first)
		warn_of_end(fixed);
	return fixed;
}

/*
 * The same as long as the server runs.  Errors: INVALID_PARAMETER_VALUE as long as
 * it is not fixed and idgen.layout was not accepted; OUT_OF_MEMORY without room for
 * the shared area.
 */
const SnowflakeLayout *
server_layout(void)
{
	return likely(fixed != NULL) ? fixed : fix();
}

/* Has it been fixed, as far as this process knows? */
bool
server_layout_is_fixed(void)
{
	return fixed != NULL || pg_atomic_read_u32(&shmem_area()->layout_is_fixed) != 0;
}

/*
 * What it is, if this process knows, or NULL.  If we may look at the shared area, what
 * is fixed there, or would be by what this process has been told.
 */
const SnowflakeLayout *
server_layout_expected(bool look)
{
	if (fixed == NULL && look)
		return server_layout_is_fixed() ? server_layout() : &server_layout_asked;
	return fixed;
}

/*
 * The shared area was created while the server starts.  After a crash of a backend it
 * is created again, but the server has not started anew: what has been reloaded since
 * is still for the next start, as a node that fits it may have been refused.
 */
void
server_layout_startup(void)
{
	static SnowflakeLayout at_start;
	SnowflakeLayout asked = server_layout_asked;

	if (fixed != NULL)
		server_layout_asked = at_start;
	fixed = NULL;
	if (!server_layout_setting.refused)
		at_start = *fix();
	server_layout_asked = asked;
}
