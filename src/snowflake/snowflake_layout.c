/*-------------------------------------------------------------------------
 *
 * snowflake_layout.c
 *	  The type snowflake_layout, and the server's own layout.
 *
 * A layout is a value, so what is computed from an ID and a layout depends on
 * nothing else.  Functions that have no layout from their caller go by
 * snowflake_layout(), the server's; mostly they are SQL functions, which the planner
 * replaces by a call of the function with a layout.
 * It is fixed as long as the server runs, so where a query is planned, the support
 * function puts the value in its place: then whatever else is constant is computed
 * once, partitions are pruned by the planner, and an index on an expression with
 * that layout matches.  Not so where an expression is stored, as in an index, a
 * generated column or a constraint: those outlive the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "generator/layout_convert.h"
#include "generator/server_layout.h"
#include "snowflake/snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_layout_in);
PG_FUNCTION_INFO_V1(idgen_layout_out);
PG_FUNCTION_INFO_V1(idgen_layout_recv);
PG_FUNCTION_INFO_V1(idgen_layout_send);
PG_FUNCTION_INFO_V1(idgen_layout_eq);
PG_FUNCTION_INFO_V1(idgen_layout_ne);
PG_FUNCTION_INFO_V1(idgen_layout_hash);
PG_FUNCTION_INFO_V1(idgen_layout_hash_extended);
PG_FUNCTION_INFO_V1(idgen_snowflake_layout);
PG_FUNCTION_INFO_V1(idgen_server_layout_support);

Datum
idgen_layout_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_LAYOUT_P(layout_from_text(PG_GETARG_CSTRING(0), fcinfo->context));
}

Datum
idgen_layout_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(layout_to_text(PG_GETARG_LAYOUT_P(0)));
}

/* The binary form is the text, so that whatever comes in is checked. */
Datum
idgen_layout_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			length;
	char	   *text = pq_getmsgtext(message, message->len - message->cursor, &length);

	PG_RETURN_LAYOUT_P(layout_from_text(text, NULL));
}

Datum
idgen_layout_send(PG_FUNCTION_ARGS)
{
	char	   *text = layout_to_text(PG_GETARG_LAYOUT_P(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendtext(&message, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum
idgen_layout_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(layout_equal(PG_GETARG_LAYOUT_P(0), PG_GETARG_LAYOUT_P(1)));
}

Datum
idgen_layout_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!layout_equal(PG_GETARG_LAYOUT_P(0), PG_GETARG_LAYOUT_P(1)));
}

Datum
idgen_layout_hash(PG_FUNCTION_ARGS)
{
	return hash_any((const unsigned char *) PG_GETARG_LAYOUT_P(0), sizeof(SnowflakeLayout));
}

Datum
idgen_layout_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_any_extended((const unsigned char *) PG_GETARG_LAYOUT_P(0), sizeof(SnowflakeLayout),
							 PG_GETARG_INT64(1));
}

/* snowflake_layout() */
Datum
idgen_snowflake_layout(PG_FUNCTION_ARGS)
{
	PG_RETURN_LAYOUT_P(server_layout());
}

/*
 * Is what is being simplified the text of a query?  Where relations have been opened
 * already, it may also be one of their CHECK constraints, whose proof must not rest on
 * what holds for this life of the server only.
 */
bool
snowflake_layout_is_known(PlannerInfo *root)
{
	return root != NULL && root->simple_rel_array == NULL;
}

/* A constant of a type that is ours, by the type's OID. */
Const *
snowflake_layout_constant(Oid type)
{
	SnowflakeLayout *layout = palloc(sizeof(SnowflakeLayout));

	*layout = *server_layout();
	return makeConst(type, -1, InvalidOid, sizeof(SnowflakeLayout), PointerGetDatum(layout), false, false);
}

/* snowflake_layout_support(request internal): see above */
Datum
idgen_server_layout_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestSimplify))
	{
		SupportRequestSimplify *simplify = (SupportRequestSimplify *) request;

		if (snowflake_layout_is_known(simplify->root))
			PG_RETURN_POINTER(snowflake_layout_constant(simplify->fcall->funcresulttype));
	}
	PG_RETURN_POINTER(NULL);
}
