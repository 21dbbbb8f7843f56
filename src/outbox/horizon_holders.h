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

extern bool horizon_held_since(TimestampTz *since);

#endif							/* IDGEN_HORIZON_HOLDERS_H */
