/*-------------------------------------------------------------------------
 *
 * check_reservation.h
 *	  What idgen_check() finds about the reservation and what it depends on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_RESERVATION_H
#define IDGEN_CHECK_RESERVATION_H

#include "nodes/execnodes.h"

extern void check_reservation(ReturnSetInfo *result);

#endif							/* IDGEN_CHECK_RESERVATION_H */
