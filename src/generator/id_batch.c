/*-------------------------------------------------------------------------
 *
 * id_batch.c
 *	  Many IDs in one call: as an array, or as a block.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "generator/id_batch.h"

/* ERROR INVALID_PARAMETER_VALUE unless 1 <= value <= most; the hint is for too large a value. */
static void
check_count(const char *name, int32 value, int64 most, const char *hint)
{
	if (value < 1 || value > most)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%s must be between 1 and %lld", name, (long long) most),
				errdetail("The requested %s is %d.", name, value),
				value > most ? errhint("%s", hint) : 0);
}

/*
 * An array of count elements of a type of this many bytes; the caller fills
 * them in, at ARR_DATA_PTR().  ERROR INVALID_PARAMETER_VALUE if count is not
 * between 1 and what an array can hold.
 */
ArrayType *
id_batch_array(Oid type, size_t bytes, int32 count)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + count * bytes;
	ArrayType  *array;

	check_count("count", count, (MaxAllocSize - ARR_OVERHEAD_NONULLS(1)) / bytes, "Call the function more than once.");
	array = palloc(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = type;
	ARR_DIMS(array)[0] = count;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

/* An array of the next count IDs.  Errors: those of id_batch_array() and generator_fill(). */
ArrayType *
id_batch(Generator *generator, int32 count)
{
	ArrayType  *array = id_batch_array(INT8OID, sizeof(int64), count);

	generator_fill(generator, (int64 *) ARR_DATA_PTR(array), count);
	return array;
}

/*
 * Issue size consecutive IDs, and return the first.  Errors:
 * INVALID_PARAMETER_VALUE if size is not between 1 and what a tick holds;
 * FEATURE_NOT_SUPPORTED for layouts whose IDs are not consecutive; those of
 * generator_next_block().
 */
int64
id_block(Generator *generator, int32 size)
{
	const SnowflakeLayout *layout = &generator->source.layout;

	if (layout->shift[LAYOUT_SEQUENCE] > 0)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("IDs of this layout are not consecutive"),
				errdetail("The layout's sequence is not its lowest field."),
				errhint("Use snowflake_nextvals()."));
	check_count("size", size, layout_tick_size(layout),
				"IDs are consecutive only within a tick of the layout. Use snowflake_nextvals() for more.");
	return generator_next_block(generator, size);
}
