/*-------------------------------------------------------------------------
 *
 * snowflake_layout.c
 *	  The type snowflake_layout, and the server's layout as a constant.
 *
 * A layout is a value, so functions of an ID and a layout depend on nothing else.
 * Functions without a layout argument use snowflake_layout(), the server's layout.
 * Most of them are SQL functions, which the planner inlines as a call with a layout.
 *
 * The server's layout is fixed while the server runs.  So in the plan of a query, the
 * support function replaces snowflake_layout() by its value: then constant expressions
 * are computed once, the planner prunes partitions, and an index on an expression with
 * that layout matches.  It does not in stored expressions, as in an index, a generated
 * column or a constraint, because they outlive the run of the server.
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

/* The binary form is the text, so that all input is checked. */
Datum
idgen_layout_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			length;
	char	   *str = pq_getmsgtext(message, message->len - message->cursor, &length);

	PG_RETURN_LAYOUT_P(layout_from_text(str, NULL));
}

Datum
idgen_layout_send(PG_FUNCTION_ARGS)
{
	char	   *str = layout_to_text(PG_GETARG_LAYOUT_P(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendtext(&message, str, strlen(str));
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
 * Is an expression of a query being simplified?  Once relations are open, it may also be
 * one of their CHECK constraints.  A proof from those must not depend on the layout of
 * this run of the server.
 */
bool
snowflake_layout_is_known(PlannerInfo *root)
{
	return root != NULL && root->simple_rel_array == NULL;
}

/* The server's layout.  type is the OID of snowflake_layout. */
Const *
snowflake_layout_constant(Oid type)
{
	SnowflakeLayout *layout = palloc(sizeof(SnowflakeLayout));

	*layout = *server_layout();
	return makeConst(type, -1, InvalidOid, sizeof(SnowflakeLayout), PointerGetDatum(layout), false, false);
}

/* snowflake_layout_support(request internal) */
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
