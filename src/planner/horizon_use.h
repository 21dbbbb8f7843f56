/*-------------------------------------------------------------------------
 *
 * horizon_use.h
 *	  Horizons that are read where rows would be missed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HORIZON_USE_H
#define IDGEN_HORIZON_USE_H

extern void horizon_check_use(const char *caller);

#endif							/* IDGEN_HORIZON_USE_H */
