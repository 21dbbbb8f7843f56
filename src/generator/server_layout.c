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

#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "engine/clock.h"
#include "engine/shmem.h"
#include "generator/server_layout.h"

ServerSetting server_layout_setting = {.name = "idgen.layout",.text = "default"};

/* What the setting says, if it is valid. */
static SnowflakeLayout asked;

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

/*
 * The layout that a text names, which a server can have.  False with the problem if there
 * is none.  It allocates nothing and raises nothing, so hooks may call it.
 */
bool
server_layout_read(const char *text, SnowflakeLayout *layout, LayoutProblem *problem)
{
	const SnowflakeLayout *preset = layout_by_name(text);

	if (preset != NULL)
		*layout = *preset;
	else if (!layout_read(text, layout, problem))
		return false;
	if (server_layout_objection(layout) == NULL)
		return true;
	strlcpy(problem->detail, server_layout_objection(layout), sizeof(problem->detail));
	problem->hint = NULL;
	return false;
}

/* The setting has another text; it is for the next start, if the layout has been fixed. */
void
server_layout_set(const char *text)
{
	LayoutProblem problem = {0};

	server_layout_setting.value = server_layout_read(text, &asked, &problem) ? 0 : SETTING_INVALID;
}

/* ERROR INVALID_PARAMETER_VALUE if the setting names no layout that a server can have. */
static void
check_asked(void)
{
	LayoutProblem problem = {0};
	SnowflakeLayout layout;

	if (setting_is_valid(&server_layout_setting))
		return;
	(void) server_layout_read(server_layout_setting.text, &layout, &problem);
	setting_report_invalid(&server_layout_setting, problem.detail, problem.hint);
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

/* Fix a layout, unless another process was faster.  The flag comes last, for shmem_server_layout().  Litmus test: published. */
static void
fix(const SnowflakeLayout *layout)
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
	fixed = &area->layout;
	if (is_first)
		warn_of_end(fixed);
}

/* Find the layout that is fixed, or fix the one that the setting names. */
static const SnowflakeLayout *
find(void)
{
	fixed = shmem_server_layout(shmem_area());
	if (fixed == NULL)
	{
		check_asked();
		fix(&asked);
	}
	return fixed;
}

/*
 * The same as long as the server runs.  Errors: INVALID_PARAMETER_VALUE as long as
 * it is not fixed and idgen.layout is invalid; OUT_OF_MEMORY without room for the
 * shared area.
 */
const SnowflakeLayout *
server_layout(void)
{
	return likely(fixed != NULL) ? fixed : find();
}

/* Has it been fixed?  OUT_OF_MEMORY without room for the shared area. */
bool
server_layout_is_fixed(void)
{
	return fixed != NULL || pg_atomic_read_u32(&shmem_area()->layout_is_fixed) != 0;
}

/* What the setting says, whatever is fixed; NULL if it is invalid. */
const SnowflakeLayout *
server_layout_asked(void)
{
	return setting_is_valid(&server_layout_setting) ? &asked : NULL;
}

/*
 * What it is as far as this process knows, which does not look further: what it has
 * found fixed, or what the setting says; NULL if that is invalid.
 */
const SnowflakeLayout *
server_layout_expected(void)
{
	return fixed != NULL ? fixed : server_layout_asked();
}

/*
 * The shared area was created while the server starts.  After a crash of a backend it
 * is created again, but the server has not started anew: the layout is the same, and
 * what has been reloaded since, valid or not, is still for the next start.
 */
void
server_layout_startup(void)
{
	static SnowflakeLayout at_start;

	if (fixed == NULL && server_layout_asked() == NULL)
		return;
	if (fixed == NULL)
		at_start = asked;
	fix(&at_start);
}
