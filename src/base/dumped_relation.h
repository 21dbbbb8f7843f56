/*-------------------------------------------------------------------------
 *
 * dumped_relation.h
 *	  Rows of tables that dumps contain, and that belong to a table or sequence.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_DUMPED_RELATION_H
#define IDGEN_DUMPED_RELATION_H

#include "fmgr.h"

extern bool dumped_relation_is_inserted(FunctionCallInfo fcinfo);

#endif							/* IDGEN_DUMPED_RELATION_H */
