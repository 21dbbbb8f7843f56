/*-------------------------------------------------------------------------
 *
 * lease_close.c
 *	  Closing the limits of a lease, before its worker ID is given up or another
 *	  one takes its place, and finding out how far its IDs have got.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/ipc.h"

#include "bits/layout.h"
#include "engine/id_space.h"
#include "engine/lease_close.h"
#include "engine/reservation.h"

/*
 * The end of all IDs of a timeline, in us since 1970; 0 if there are none.
 *
 * next is read by a swap with itself.  A process whose swap comes after that
 * reads the count of restarts as it is now, and does not issue what it has
 * taken; what was taken before, we see.  A plain read could miss a swap that
 * is still on its way from a process that has read the old count.  Litmus test:
 * release.
 */
static int64
get_end_us(Timeline *timeline, const SnowflakeLayout *layout)
{
	uint64		next = pg_atomic_fetch_add_u64(&timeline->next, 0);

	return shmem_is_used(shmem_area(), next) ? layout_position_end_us(layout, next - 1) : 0;
}

/*
 * The end of all IDs that have been issued, of whatever node.  Others than the
 * server's own only make the result later than necessary.  The caller is the
 * writer of the reservation, so that no reset has put the timelines aside.
 */
static int64
get_issued_until_us(SharedArea *area)
{
	int			count = id_space_count();
	int64		until_us = get_end_us(&area->unique_times, &layout_unique_times);

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_needed_by_number(i);

		if (timeline != NULL)
			until_us = Max(until_us, get_end_us(timeline, &timeline->layout));
	}
	return until_us;
}

/*
 * Let no more IDs of the leased worker ID be taken.  Returns the end of those
 * that have been, in us since 1970, or PG_INT64_MAX if that cannot be told: a
 * reset is under way, or has set timelines back since the worker ID was
 * claimed.
 */
int64
lease_close(void)
{
	SharedArea *area = shmem_area();
	int64		until_us = PG_INT64_MAX;

	pg_atomic_exchange_u64(&area->lease_limits.until_us, 0);
	pg_atomic_fetch_add_u32(&area->limits.restarts, 1);

	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		if (reservation_begin_writing() && pg_atomic_read_u32(&area->limits.resets) == area->lease.resets)
			until_us = get_issued_until_us(area);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	return until_us;
}
