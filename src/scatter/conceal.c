/*-------------------------------------------------------------------------
 *
 * conceal.c
 *	  SQL functions that conceal IDs with a secret key, and reveal them.
 *
 * permutation.c has the arithmetic, secret_key.c the keys.  A key is written as
 * "name" or "name/purpose": one secret serves several tables, and equal IDs of two
 * purposes have different masks.
 *
 * A call site keeps the permutation for as long as key, range and user are the same,
 * which is for one query at most.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "bits/permutation.h"
#include "scatter/secret_key.h"

PG_FUNCTION_INFO_V1(idgen_id_conceal);
PG_FUNCTION_INFO_V1(idgen_id_reveal);
PG_FUNCTION_INFO_V1(idgen_id_conceal_in_range);
PG_FUNCTION_INFO_V1(idgen_id_reveal_in_range);

/* What a call site keeps. */
typedef struct Concealer
{
	Permutation permutation;
	int64		first;
	int64		last;
	Oid			user;
	int			key_length;
	char	   *key;
} Concealer;

typedef struct IdRange
{
	int64		first;
	int64		last;
} IdRange;

/* A range as given, with whether one of few numbers is allowed.  ERROR INVALID_PARAMETER_VALUE. */
static IdRange
get_range(int64 first, int64 last, bool allow_small)
{
	IdRange		range = {first, last};

	if (first < 0 || last < first)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid range of IDs: %lld to %lld", (long long) first, (long long) last),
				errdetail("It must begin at 0 or above, and must not end before it begins."));
	if ((uint64) last - first + 1 < PERMUTATION_LEAST_SIZE && !allow_small)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("range of IDs is too small to conceal them: %lld numbers", (long long) (last - first + 1)),
				errdetail("Of fewer than %d numbers, somebody can collect all with their masks.", PERMUTATION_LEAST_SIZE),
				errhint("If scrambling them is enough, pass true for \"allow_small\"."));
	return range;
}

/* ERROR NUMERIC_VALUE_OUT_OF_RANGE if an ID is not in a range. */
static void
check_in_range(int64 id, IdRange range)
{
	if (id < range.first || id > range.last)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("ID is out of range: %lld", (long long) id),
				errdetail("The range is %lld to %lld.", (long long) range.first, (long long) range.last));
}

static bool
is_still_right(const Concealer *concealer, const text *key, IdRange range)
{
	return concealer != NULL && concealer->first == range.first && concealer->last == range.last &&
		concealer->user == GetUserId() && concealer->key_length == VARSIZE_ANY_EXHDR(key) &&
		memcmp(concealer->key, VARDATA_ANY(key), concealer->key_length) == 0;
}

/* Make what the call site keeps.  Errors: those of secret_key_get(). */
static Concealer *
make_concealer(FmgrInfo *function, const text *key, IdRange range)
{
	char	   *written = text_to_cstring(key);
	char	   *slash = strchr(written, '/');
	char	   *name = slash == NULL ? written : pnstrdup(written, slash - written);
	const char *purpose = slash == NULL ? "" : slash + 1;
	SipKey		secret = secret_key_get(function->fn_oid, name);
	Concealer  *concealer = MemoryContextAllocZero(function->fn_mcxt, sizeof(Concealer));

	permutation_init(&concealer->permutation, secret, purpose, strlen(purpose), range.first, range.last);
	concealer->first = range.first;
	concealer->last = range.last;
	concealer->user = GetUserId();
	concealer->key = MemoryContextStrdup(function->fn_mcxt, written);
	concealer->key_length = strlen(written);
	function->fn_extra = concealer;
	return concealer;
}

static const Permutation *
get_permutation(FunctionCallInfo fcinfo, IdRange range)
{
	text	   *key = PG_GETARG_TEXT_PP(1);
	Concealer  *concealer = fcinfo->flinfo->fn_extra;

	if (!is_still_right(concealer, key, range))
		concealer = make_concealer(fcinfo->flinfo, key, range);
	return &concealer->permutation;
}

static Datum
conceal(FunctionCallInfo fcinfo, IdRange range)
{
	int64		id = PG_GETARG_INT64(0);

	check_in_range(id, range);
	PG_RETURN_INT64(permutation_mask(get_permutation(fcinfo, range), id));
}

static Datum
reveal(FunctionCallInfo fcinfo, IdRange range)
{
	int64		id = PG_GETARG_INT64(0);

	check_in_range(id, range);
	PG_RETURN_INT64(permutation_unmask(get_permutation(fcinfo, range), id));
}

static const IdRange all_ids = {0, PERMUTATION_MAX};

/* id_conceal(id bigint, key text) */
Datum
idgen_id_conceal(PG_FUNCTION_ARGS)
{
	return conceal(fcinfo, all_ids);
}

/* id_reveal(id bigint, key text) */
Datum
idgen_id_reveal(PG_FUNCTION_ARGS)
{
	return reveal(fcinfo, all_ids);
}

/* The range in the arguments: first, last [, allow_small] after ID and key. */
static IdRange
get_range_arguments(FunctionCallInfo fcinfo)
{
	return get_range(PG_GETARG_INT64(2), PG_GETARG_INT64(3), PG_NARGS() > 4 && PG_GETARG_BOOL(4));
}

/* id_conceal(id bigint, key text, first bigint, last bigint [, allow_small boolean]) */
Datum
idgen_id_conceal_in_range(PG_FUNCTION_ARGS)
{
	return conceal(fcinfo, get_range_arguments(fcinfo));
}

/* id_reveal(id bigint, key text, first bigint, last bigint [, allow_small boolean]) */
Datum
idgen_id_reveal_in_range(PG_FUNCTION_ARGS)
{
	return reveal(fcinfo, get_range_arguments(fcinfo));
}
