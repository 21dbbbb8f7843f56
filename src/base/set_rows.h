/*-------------------------------------------------------------------------
 *
 * set_rows.h
 *	  Reading the rows of PostgreSQL's own set-returning functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SET_ROWS_H
#define IDGEN_SET_ROWS_H

#include "nodes/execnodes.h"

extern void set_rows_read(Oid function, ReturnSetInfo *caller, ReturnSetInfo *rows);

#endif							/* IDGEN_SET_ROWS_H */
