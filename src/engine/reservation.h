/*-------------------------------------------------------------------------
 *
 * reservation.h
 *	  The time up to which this server may issue IDs, durably.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RESERVATION_H
#define IDGEN_RESERVATION_H

#include "engine/origin.h"
#include "engine/shmem.h"

/* Times are limited to this, in us since 1970: in ns it still fits into 64 bits. */
#define RESERVATION_LAST_US (PG_INT64_MAX / NS_PER_US)

/* idgen.reserve_ahead: how far a reservation reaches beyond the IDs, in ms. */
#define RESERVATION_DEFAULT_AHEAD 3000
extern int	reservation_ahead;

typedef enum ReservationStatus
{
	RESERVED,
	RESERVATION_WANTED,			/* it must be written, and nobody is writing
								 * it */
	RESERVATION_BEING_WRITTEN,	/* by another process */
	RESERVATION_UNCONFIRMED,	/* not yet confirmed by a synchronous standby */
	RESERVATION_OVER,			/* the clock passed its end while it was
								 * written */
	RESERVATION_NO_ORIGIN,		/* the OriginStatus says why */
} ReservationStatus;

extern bool reservation_load(void);
extern ReservationStatus reservation_extend(uint64 reach_us, uint32 restarts,
											OriginStatus *origin_status);
extern void reservation_extend_early(uint64 reach_us, uint32 restarts);
extern bool reservation_begin_writing(void);
extern void reservation_end_writing(int code, Datum arg);
extern int	reservation_writer(void);
extern void reservation_wait_for_writer(int64 ns, uint32 wait_event);
extern void reservation_write_start(ReplOriginId origin, uint64 start_us);
extern void reservation_publish_start(uint64 start_us);

/* Is half of the reservation used up by a caller that has got to reach_us? */
static inline bool
reservation_is_low(uint64 reach_us)
{
	return pg_atomic_read_u64(&shmem_area()->limits.extend_at_us) <= reach_us;
}

#endif							/* IDGEN_RESERVATION_H */
