/*-------------------------------------------------------------------------
 *
 * id_batch.h
 *	  Many IDs in one call.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ID_BATCH_H
#define IDGEN_ID_BATCH_H

#include "utils/array.h"

#include "generator/generator.h"

extern ArrayType *id_batch_array(Oid type, size_t bytes, int32 count);
extern ArrayType *id_batch(Generator *generator, int32 count);
extern int64 id_block(Generator *generator, int32 size);

#endif							/* IDGEN_ID_BATCH_H */
