/*-------------------------------------------------------------------------
 *
 * shard_of.c
 *	  SQL functions that choose the shard or the node of a key.
 *
 * shard_choice.c has the arithmetic, and why its results never change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "base/compat.h"
#include "bits/shard_choice.h"

PG_FUNCTION_INFO_V1(idgen_shard_of_int8);
PG_FUNCTION_INFO_V1(idgen_shard_of_text);
PG_FUNCTION_INFO_V1(idgen_shard_of_uuid);
PG_FUNCTION_INFO_V1(idgen_node_of_int8);
PG_FUNCTION_INFO_V1(idgen_node_of_text);
PG_FUNCTION_INFO_V1(idgen_node_of_uuid);

static uint64
mix_text(text *key)
{
	return shard_hash((unsigned char *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));
}

static uint64
mix_uuid(const pg_uuid_t *key)
{
	return shard_hash(key->data, UUID_LEN);
}

/* ERROR INVALID_PARAMETER_VALUE unless there is a shard. */
static Datum
choose_shard(uint64 key, int32 shards)
{
	if (shards < 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("number of shards must be at least 1: %d", shards));
	return Int32GetDatum(shard_jump(key, shards));
}

/* shard_of(key bigint, shards integer) */
Datum
idgen_shard_of_int8(PG_FUNCTION_ARGS)
{
	return choose_shard(shard_mix(PG_GETARG_INT64(0)), PG_GETARG_INT32(1));
}

/* shard_of(key text, shards integer) */
Datum
idgen_shard_of_text(PG_FUNCTION_ARGS)
{
	return choose_shard(mix_text(PG_GETARG_TEXT_PP(0)), PG_GETARG_INT32(1));
}

/* shard_of(key uuid, shards integer), and for a ulid */
Datum
idgen_shard_of_uuid(PG_FUNCTION_ARGS)
{
	return choose_shard(mix_uuid(PG_GETARG_UUID_P(0)), PG_GETARG_INT32(1));
}

/* The elements of an array, which must not be NULL. */
static int
get_elements(ArrayType *array, Oid type, int length, bool by_value, char align, const char *what, Datum **elements)
{
	int			count;

	if (array_contains_nulls(array))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("%s must not contain nulls", what));
	deconstruct_array(array, type, length, by_value, align, elements, NULL, &count);
	return count;
}

/* ERROR INVALID_PARAMETER_VALUE unless there is a weight for each node, and each is a number that is not negative. */
static void
check_weights(const Datum *weights, int weight_count, int node_count)
{
	if (weight_count != node_count)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there must be a weight for each node"),
				errdetail("There are %d nodes and %d weights.", node_count, weight_count));
	for (int i = 0; i < weight_count; i++)
	{
		double		weight = DatumGetFloat8(weights[i]);

		if (!isfinite(weight) || weight < 0)
			ereport(ERROR,
					errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("weight of a node must be a number that is not negative: %g", weight));
	}
}

/* The better of two nodes of equal fits, which are of one name unless 64 bits agree by chance: the first in order of bytes. */
static bool
comes_before(Datum one, Datum other)
{
	const text *a = DatumGetTextPP(one);
	const text *b = DatumGetTextPP(other);
	int			shorter = Min(VARSIZE_ANY_EXHDR(a), VARSIZE_ANY_EXHDR(b));
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), shorter);

	return order < 0 || (order == 0 && VARSIZE_ANY_EXHDR(a) < VARSIZE_ANY_EXHDR(b));
}

/* The node that suits a key best, or -1 if no node has a weight.  weights may be NULL. */
static int
choose_node(uint64 key, const Datum *nodes, const Datum *weights, int count)
{
	ShardFit	best = {0};
	int			found = -1;

	for (int i = 0; i < count; i++)
	{
		double		weight = weights == NULL ? 1 : DatumGetFloat8(weights[i]);
		ShardFit	fit;

		if (weight == 0)
			continue;
		fit = shard_fit(key, mix_text(DatumGetTextPP(nodes[i])), weight);
		if (found < 0 || shard_fits_better(fit, best) ||
			(!shard_fits_better(best, fit) && comes_before(nodes[i], nodes[found])))
		{
			best = fit;
			found = i;
		}
	}
	return found;
}

/*
 * shard_of(key, nodes text[]) or shard_of(key, nodes text[], weights float8[]).
 * ERROR INVALID_PARAMETER_VALUE if there is no node with a weight, and what
 * check_weights() raises.
 */
static Datum
node_of(FunctionCallInfo fcinfo, uint64 key)
{
	Datum	   *nodes;
	Datum	   *weights = NULL;
	int			count = get_elements(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, "nodes", &nodes);
	int			node;

	if (PG_NARGS() > 2)
	{
		int			weight_count = get_elements(PG_GETARG_ARRAYTYPE_P(2), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
												TYPALIGN_DOUBLE, "weights", &weights);

		check_weights(weights, weight_count, count);
	}
	node = choose_node(key, nodes, weights, count);
	if (node < 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg(count == 0 ? "there must be a node" : "at least one node must have a weight above 0"));
	return nodes[node];
}

/* shard_of(key bigint, nodes text[] [, weights float8[]]) */
Datum
idgen_node_of_int8(PG_FUNCTION_ARGS)
{
	return node_of(fcinfo, shard_mix(PG_GETARG_INT64(0)));
}

/* shard_of(key text, nodes text[] [, weights float8[]]) */
Datum
idgen_node_of_text(PG_FUNCTION_ARGS)
{
	return node_of(fcinfo, mix_text(PG_GETARG_TEXT_PP(0)));
}

/* shard_of(key uuid, nodes text[] [, weights float8[]]), and for a ulid */
Datum
idgen_node_of_uuid(PG_FUNCTION_ARGS)
{
	return node_of(fcinfo, mix_uuid(PG_GETARG_UUID_P(0)));
}
