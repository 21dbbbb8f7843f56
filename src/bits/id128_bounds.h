/*-------------------------------------------------------------------------
 *
 * id128_bounds.h
 *	  The least and the greatest 128-bit ID of a tick, for kinds that increase with
 *	  their time.
 *
 * A ULID is ms since 1970 in 48 bits, then 80 random bits.  An extended Snowflake is
 * ns since 1970 in 64 bits, a node in 48 and a sequence in 16.  Neither is a UUID of
 * RFC 9562; see uuid_bits.h for those.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ID128_BOUNDS_H
#define IDGEN_ID128_BOUNDS_H

#include "bits/uuid_bits.h"

typedef enum Id128Order
{
	ID128_ORDER_V6,
	ID128_ORDER_V7,
	ID128_ORDER_ULID,
	ID128_ORDER_EXTENDED,
} Id128Order;

/*
 * The ticks of an order: its own unit of time, but at least 1 us, the unit of
 * timestamps.  They are numbered from 1970, so those of version 6 begin below 0.
 */
extern int64 id128_tick_us(Id128Order order);
extern int64 id128_first_tick(Id128Order order);
extern int64 id128_last_tick(Id128Order order);

/* The least and the greatest value of a tick from first_tick to last_tick. */
extern UuidBits id128_least(Id128Order order, int64 tick);
extern UuidBits id128_greatest(Id128Order order, int64 tick);

#endif							/* IDGEN_ID128_BOUNDS_H */
