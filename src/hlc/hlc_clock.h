/*-------------------------------------------------------------------------
 *
 * hlc_clock.h
 *	  The hybrid logical clock of this server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HLC_CLOCK_H
#define IDGEN_HLC_CLOCK_H

#include "base/setting.h"

/* idgen.hlc_max_offset, in ms. */
extern ServerSetting hlc_max_offset;

extern int64 hlc_clock_now(const char *caller);
extern int64 hlc_clock_update(int64 remote, const char *caller);
extern int	hlc_clock_max_offset_ms(void);

#endif							/* IDGEN_HLC_CLOCK_H */
