/*-------------------------------------------------------------------------
 *
 * generator_row.h
 *	  Reading the catalog rows of a foreign server that is a generator.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_ROW_H
#define IDGEN_GENERATOR_ROW_H

#include "access/genam.h"
#include "access/htup_details.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* The current row; further ones come from the scan. */
typedef struct GeneratorRow
{
	Relation	servers;
	SysScanDesc scan;
	HeapTuple	tuple;			/* NULL if it is gone */
	LOCKMODE	lock;
} GeneratorRow;

extern GeneratorRow generator_row_open(Oid id, Snapshot snapshot, LOCKMODE lock);
extern GeneratorRow generator_row_open_new(Oid id);
extern void generator_row_close(GeneratorRow *row);
extern List *generator_row_options(GeneratorRow *row);

#endif							/* IDGEN_GENERATOR_ROW_H */
