/*-------------------------------------------------------------------------
 *
 * server_layout.c
 *	  The layout of this server's own IDs, which is fixed when it is first
 *	  needed after a start, and from then on is the same in all processes.
 *
 * A change of idgen.layout takes effect at the next start.  If two layouts
 * were in use at a time, they could issue the same IDs, and IDs of one would
 * be misread with the other.  Plans rely on this, too; see snowflake_layout.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "engine/clock.h"
#include "engine/shmem.h"
#include "generator/server_layout.h"

/* The layout in the setting, if it is valid. */
static SnowflakeLayout asked_layout;

/* The layout that has been fixed; NULL until this process has needed it. */
static const SnowflakeLayout *fixed_layout = NULL;

/*
 * The reason why no IDs can be issued with a layout, a sentence, or NULL if
 * they can.  A tick that has begun is reserved to its end, and all IDs begin
 * there after a restart.
 */
const char *
layout_objection(const SnowflakeLayout *layout)
{
	if (layout->tick_us > LAYOUT_LONGEST_TICK_US)
		return "Its ticks are longer than a second, and after a restart no IDs could be issued before the end of a tick.";
	return NULL;
}

/* The reason why a layout cannot be a server's own, a sentence, or NULL if it can. */
static const char *
server_layout_objection(const SnowflakeLayout *layout)
{
	if (layout_objection(layout) != NULL)
		return layout_objection(layout);
	if (layout_has(layout, LAYOUT_SHARD) || layout_has(layout, LAYOUT_SLAB))
		return "Its shard or slab distinguishes generators, so it is only for snowflake_create_generator().";
	return NULL;
}

/* Can a layout be a server's own? */
bool
server_layout_is_possible(const SnowflakeLayout *layout)
{
	return server_layout_objection(layout) == NULL;
}

/*
 * Read a layout that a server can have.  Returns false and the problem if the
 * text is none.  Allocates nothing and raises nothing, so hooks may call it.
 */
bool
server_layout_read(const char *str, SnowflakeLayout *layout, LayoutProblem *problem)
{
	const SnowflakeLayout *preset = layout_by_name(str);

	if (preset != NULL)
		*layout = *preset;
	else if (!layout_read(str, layout, problem))
		return false;
	if (server_layout_objection(layout) == NULL)
		return true;
	strlcpy(problem->detail, server_layout_objection(layout), sizeof(problem->detail));
	problem->hint = NULL;
	return false;
}

/*
 * Note the new value of the setting.  If the layout has been fixed, it takes
 * effect at the next start.
 */
void
server_layout_set(const char *str)
{
	LayoutProblem problem = {0};

	server_layout_setting.value = server_layout_read(str, &asked_layout, &problem) ? 0 : SETTING_INVALID;
}

/* ERROR INVALID_PARAMETER_VALUE if the setting is not a layout that a server can have. */
static void
check_asked_layout(void)
{
	LayoutProblem problem = {0};
	SnowflakeLayout layout;

	if (setting_is_valid(&server_layout_setting))
		return;
	(void) server_layout_read(server_layout_setting.str, &layout, &problem);
	setting_report_invalid(&server_layout_setting, problem.detail, problem.hint);
}

/* Warn, once in a run of the server, that the time of the layout will end. */
static void
warn_of_end(const SnowflakeLayout *layout)
{
	int64		end_us = layout_end_us(layout);
	int64		now_us = clock_unix_ns() / NS_PER_US;

	if (end_us - now_us < LAYOUT_LAST_YEARS_US)
		ereport(WARNING,
				end_us <= now_us ?
				errmsg("time of the layout of snowflake IDs ended on %s",
					   timestamptz_to_str(clock_timestamptz(end_us))) :
				errmsg("time of the layout of snowflake IDs ends on %s",
					   timestamptz_to_str(clock_timestamptz(end_us))),
				errdetail("After that time, no IDs can be issued with this layout."),
				errhint("See docs/layouts.md for how to change to another layout, epoch or node without repeating IDs."));
}

/*
 * Fix a layout, unless another process has done so.  The flag is written last,
 * for shmem_server_layout().  Litmus test: published.
 */
static void
fix_layout(const SnowflakeLayout *layout)
{
	SharedArea *area = shmem_area();
	bool		is_first;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	is_first = pg_atomic_read_u32(&area->layout_is_fixed) == 0;
	if (is_first)
	{
		area->layout = *layout;
		pg_write_barrier();
		pg_atomic_write_u32(&area->layout_is_fixed, 1);
	}
	LWLockRelease(&area->lock);
	fixed_layout = &area->layout;
	if (is_first)
		warn_of_end(fixed_layout);
}

/* Find the layout that is fixed, or fix the one in the setting. */
static const SnowflakeLayout *
find_layout(void)
{
	fixed_layout = shmem_server_layout(shmem_area());
	if (fixed_layout == NULL)
	{
		check_asked_layout();
		fix_layout(&asked_layout);
	}
	return fixed_layout;
}

/*
 * The layout of this server's own IDs, which is the same as long as the server
 * runs.  Errors: INVALID_PARAMETER_VALUE as long as it is not fixed and
 * idgen.layout is invalid; OUT_OF_MEMORY without room for the shared area.
 */
const SnowflakeLayout *
server_layout(void)
{
	return likely(fixed_layout != NULL) ? fixed_layout : find_layout();
}

/* The same for those who only show it, or NULL as long as it is not fixed and idgen.layout is invalid. */
const SnowflakeLayout *
server_layout_if_valid(void)
{
	return server_layout_is_fixed() || setting_is_valid(&server_layout_setting) ? server_layout() : NULL;
}

/* Has the layout been fixed?  ERROR OUT_OF_MEMORY without room for the shared area. */
bool
server_layout_is_fixed(void)
{
	return fixed_layout != NULL || pg_atomic_read_u32(&shmem_area()->layout_is_fixed) != 0;
}

/* The layout in the setting, whatever has been fixed; NULL if it is invalid. */
const SnowflakeLayout *
server_layout_asked(void)
{
	return setting_is_valid(&server_layout_setting) ? &asked_layout : NULL;
}

/*
 * The layout as far as this process knows without reading shared memory: the
 * one that it has found fixed, or the one in the setting; NULL if that is
 * invalid.
 */
const SnowflakeLayout *
server_layout_expected(void)
{
	return fixed_layout != NULL ? fixed_layout : server_layout_asked();
}

/*
 * Fix the layout after the shared area was created while the server starts.
 * After a crash of a backend the area is created again, but the server has not
 * been restarted: the layout stays the same, and a value that has been reloaded
 * since, valid or not, still waits for the next start.
 */
void
server_layout_startup(void)
{
	static SnowflakeLayout at_start;

	if (fixed_layout == NULL && server_layout_asked() == NULL)
		return;
	if (fixed_layout == NULL)
		at_start = asked_layout;
	fix_layout(&at_start);
}
