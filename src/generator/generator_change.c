/*-------------------------------------------------------------------------
 *
 * generator_change.c
 *	  How IDs of one layout and node relate to those of another that a generator
 *	  had before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/clock.h"
#include "engine/id_space.h"
#include "generator/generator_change.h"

/*
 * The margin between former and present IDs if they are distinguished by size,
 * in us.
 */
#define MARGIN_US (INT64CONST(86400) * US_PER_S)

/*
 * Are all IDs that a layout issues from now on above those that another has
 * issued?  Compared a day later, and where the other began, so that the result
 * does not depend on the clock.
 */
static bool
is_always_above(const SnowflakeLayout *layout, const IdNumbers *former)
{
	int64		now_us = clock_unix_ns() / NS_PER_US;
	int64		reserved_us = pg_atomic_read_u64(&shmem_area()->limits.reserved_us);
	int64		start_us = layout_tick_start_us(&former->layout, 0);
	int64		until_us = Max(now_us, reserved_us);

	/* IDs that idgen_reset_timeline() left behind lie beyond the reservation. */
	until_us = Max(until_us, id_space_issued_until_us(former, NULL));
	return layout_all_above(layout, now_us, &former->layout, until_us + MARGIN_US) &&
		layout_all_above(layout, start_us, &former->layout, start_us);
}

Change
generator_change_compare(const GeneratorOptions *present, const GeneratorOptions *former)
{
	IdNumbers	numbers = generator_options_numbers(present);
	IdNumbers	others = generator_options_numbers(former);

	if (layout_keeps_apart(&numbers.layout, &others.layout) || !layout_may_be_equal(&numbers, &others))
		return CHANGE_IS_FREE;
	if (layout_same_pace(&numbers, &others))
		return CHANGE_BEGINS_AFTER;
	return is_always_above(&numbers.layout, &others) ? CHANGE_GOES_ABOVE : CHANGE_MAY_REPEAT;
}

bool
generator_change_is_none(const GeneratorOptions *one, const GeneratorOptions *other)
{
	return layout_equal(&one->layout, &other->layout) &&
		memcmp(one->is_given, other->is_given, sizeof(one->is_given)) == 0 &&
		memcmp(one->value, other->value, sizeof(one->value)) == 0;
}
