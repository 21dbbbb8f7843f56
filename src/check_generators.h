/*-------------------------------------------------------------------------
 *
 * check_generators.h
 *	  What idgen_check() finds about the generators of this database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_GENERATORS_H
#define IDGEN_CHECK_GENERATORS_H

#include "nodes/execnodes.h"

extern void check_generators(ReturnSetInfo *result, bool is_subscriber);

#endif							/* IDGEN_CHECK_GENERATORS_H */
