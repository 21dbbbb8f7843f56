/*-------------------------------------------------------------------------
 *
 * lease_close.h
 *	  Closing the limits of a lease.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_CLOSE_H
#define IDGEN_LEASE_CLOSE_H

extern int64 lease_close(void);

#endif							/* IDGEN_LEASE_CLOSE_H */
