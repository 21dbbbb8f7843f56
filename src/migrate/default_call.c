/*-------------------------------------------------------------------------
 *
 * default_call.c
 *	  What an expression that is to be a default calls.
 *
 * The expression is parsed and not evaluated.  Calls of the extension are known by the
 * extension that their function belongs to, whatever schema and search path say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "tcop/tcopprot.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "migrate/default_call.h"

/*
 * The one expression of a text.  ERROR unless it is one: the command that it becomes a
 * part of must be one command with one action.
 */
static Node *
parse_expression(const char *expression)
{
	List	   *commands;
	List	   *actions;

	if (expression[strspn(expression, " \t\n\r\f\v")] == '\0')
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("default must not be empty"),
				errhint("To have no default, use ALTER TABLE ... ALTER COLUMN ... DROP DEFAULT."));
	commands = pg_parse_query(psprintf("ALTER TABLE t ALTER COLUMN c SET DEFAULT %s", expression));
	actions = list_length(commands) == 1 ?
		castNode(AlterTableStmt, linitial_node(RawStmt, commands)->stmt)->cmds : NIL;
	if (list_length(actions) != 1)
		ereport(ERROR,
				errcode(ERRCODE_SYNTAX_ERROR),
				errmsg("default must be one expression"));
	return linitial_node(AlterTableCmd, actions)->def;
}

/* ERROR unless a text is one expression. */
void
default_call_check(const char *expression)
{
	(void) parse_expression(expression);
}

/* The call inside conversions to other types. */
static Node *
strip_conversions(Node *node)
{
	for (;;)
	{
		if (IsA(node, RelabelType))
			node = (Node *) castNode(RelabelType, node)->arg;
		else if (IsA(node, CoerceToDomain))
			node = (Node *) castNode(CoerceToDomain, node)->arg;
		else if (IsA(node, FuncExpr) && castNode(FuncExpr, node)->funcformat != COERCE_EXPLICIT_CALL &&
				 list_length(castNode(FuncExpr, node)->args) == 1)
			node = linitial(castNode(FuncExpr, node)->args);
		else
			return node;
	}
}

/* The only argument, if it is a constant of a type; else NULL. */
static const Const *
constant_argument(const FuncExpr *call, Oid type)
{
	const Const *argument = list_length(call->args) == 1 && IsA(linitial(call->args), Const) ? linitial(call->args) : NULL;

	return argument != NULL && argument->consttype == type && !argument->constisnull ? argument : NULL;
}

static DefaultCall
read_call(const FuncExpr *call, Oid function)
{
	bool		is_ours = getExtensionOfObject(ProcedureRelationId, call->funcid) == getExtensionOfObject(ProcedureRelationId, function);
	const char *name = is_ours ? get_func_name(call->funcid) : "";
	const Const *generator = constant_argument(call, NAMEOID);
	const Const *sequence = constant_argument(call, REGCLASSOID);
	DefaultCall found = {.kind = CALL_OTHER};

	if (strcmp(name, "snowflake_nextval") == 0 && call->args == NIL)
		found.kind = CALL_SNOWFLAKE;
	else if (strcmp(name, "snowflake_nextval") == 0 && generator != NULL)
	{
		found.kind = CALL_GENERATOR;
		found.generator = NameStr(*DatumGetName(generator->constvalue));
	}
	else if (sequence != NULL)
	{
		if (strcmp(name, "segment_nextval") == 0 || strcmp(name, "segment_nextval_strict") == 0)
			found.kind = CALL_SEGMENT;
		else if (call->funcid == F_NEXTVAL)
			found.kind = CALL_SEQUENCE;
		found.sequence = DatumGetObjectId(sequence->constvalue);
	}
	return found;
}

/*
 * Read an expression; function is one of the extension.  Errors: those of the
 * expression as a default, and SYNTAX_ERROR if it is not one.
 */
DefaultCall
default_call_read(const char *expression, Oid function)
{
	Node	   *node = transformExpr(make_parsestate(NULL), parse_expression(expression), EXPR_KIND_COLUMN_DEFAULT);
	DefaultCall other = {.kind = CALL_OTHER};

	node = node == NULL ? NULL : strip_conversions(node);
	return node != NULL && IsA(node, FuncExpr) ? read_call(castNode(FuncExpr, node), function) : other;
}
