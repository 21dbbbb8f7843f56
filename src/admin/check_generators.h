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

#include "admin/check_node.h"

extern void check_generators(ReturnSetInfo *result, const SnowflakeLayout *of_server, const Others *others);
extern void check_generators_with_node(ReturnSetInfo *result, const ServerSetting *datacenter,
									   const ServerSetting *worker);

#endif							/* IDGEN_CHECK_GENERATORS_H */
