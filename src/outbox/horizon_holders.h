/*-------------------------------------------------------------------------
 *
 * horizon_holders.h
 *	  Since when transactions hold back horizons.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HORIZON_HOLDERS_H
#define IDGEN_HORIZON_HOLDERS_H

#include "datatype/timestamp.h"

/* idgen.horizon_lag_limit, in ms; 0: none. */
extern int	horizon_lag_limit_ms;

extern bool horizon_held_since(TimestampTz *since);

#endif							/* IDGEN_HORIZON_HOLDERS_H */
