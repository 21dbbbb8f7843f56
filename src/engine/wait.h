/*-------------------------------------------------------------------------
 *
 * wait.h
 *	  How long a take has waited, and waiting for the reservation to be read or written.
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

/* What a take has waited so far. */
typedef struct Wait
{
	BackendSlot *slot;			/* where it is counted */
	int64		since;			/* monotonic ns; 0 before the first wait */
	ReservationStatus reservation;	/* what came of the last attempt to extend that ... */
	OriginStatus origin;		/* ... and why, if there was no origin */
} Wait;

/* How often to look whether others have done what a reservation waits for. */
#define WAIT_LONGEST_POLL_NS (10 * NS_PER_MS)

extern int64 wait_patience(const Wait *wait);
extern void wait_begin(Wait *wait, WaitCause cause, int64 now);
extern void wait_end(const Wait *wait, int64 began);
extern uint32 wait_reservation_event(void);
extern void wait_report_writer(void);
extern void wait_to_load(void);
extern void wait_to_write(void);

#endif							/* IDGEN_WAIT_H */
