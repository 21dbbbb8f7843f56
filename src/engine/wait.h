/*-------------------------------------------------------------------------
 *
 * wait.h
 *	  How long a take may wait and has waited, and waiting until the reservation
 *	  has been read or written.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_WAIT_H
#define IDGEN_WAIT_H

#include "engine/clock.h"
#include "engine/reservation.h"
#include "engine/shmem.h"

/* idgen.max_wait, in ms. */
extern int	wait_max_ms;

/* The waits of one take. */
typedef struct Wait
{
	BackendSlot *slot;			/* whose counters count it */
	int64		since;			/* monotonic ns; 0 before the first wait */
	WaitCause	cause;			/* of the first wait */
	ReservationStatus reservation;	/* the result of the last attempt to
									 * extend it ... */
	OriginStatus origin;		/* ... and why, if there was no origin */
} Wait;

/* The longest interval at which a wait for the reservation checks whether it is over. */
#define WAIT_LONGEST_POLL_NS (10 * NS_PER_MS)

extern int64 wait_patience(const Wait *wait);
extern void wait_begin(Wait *wait, WaitCause cause, int64 now);
extern void wait_end(const Wait *wait, int64 began);
extern void wait_count_call(const Wait *wait);
extern uint32 wait_reservation_event(void);
extern void wait_report_writer(void);
extern void wait_to_load(void);
extern void wait_to_acquire_origin(ReplOriginId *origin);
extern void wait_to_write(void);

#endif							/* IDGEN_WAIT_H */
