/*-------------------------------------------------------------------------
 *
 * leased_numbers.h
 *	  Generators whose IDs could be equal to IDs of other servers of the pool.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASED_NUMBERS_H
#define IDGEN_LEASED_NUMBERS_H

#include "bits/layout_overlap.h"
#include "bits/lease_record.h"

extern IdNumbers leased_numbers_of_worker(const SnowflakeLayout *layout, const LeasePool *pool, int worker);
extern int	leased_numbers_clash(const LeasePool *pool, const IdNumbers *numbers, int own_worker);
extern void leased_numbers_check(const char *generator, const IdNumbers *numbers, bool has_server_worker);

#endif							/* IDGEN_LEASED_NUMBERS_H */
