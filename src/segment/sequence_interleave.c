/*-------------------------------------------------------------------------
 *
 * sequence_interleave.c
 *	  SQL functions that make sequences of several servers issue numbers in turns,
 *	  and plan the change to another number of servers.
 *
 * A number comes twice if two nodes issue it while they count the nodes differently.
 * So a sequence changes its class only
 *
 *	to a part of the class that it has, whose numbers nobody else issues yet; or
 *	above a barrier, a number that no node has reached when all of them count anew.
 *
 * The first can be known here.  The second cannot, as the others are elsewhere; but a
 * sequence that has passed the barrier itself is refused.  In a plan, sequences are
 * therefore kept from passing the barrier, by their MAXVALUE, before the first of them
 * goes beyond it.  What fails then is a call of nextval(), and no number comes twice.
 *
 * The sequence is locked as ALTER SEQUENCE does, which has nextval() wait, before
 * anything is read of it.  ALTER SEQUENCE is transactional, and gives the sequence a new
 * file, at which other sessions drop what they have cached.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/command.h"
#include "base/compat.h"
#include "bits/interleave.h"
#include "segment/sequence_interleave.h"
#include "segment/sequence_state.h"

PG_FUNCTION_INFO_V1(idgen_sequence_interleave);
PG_FUNCTION_INFO_V1(idgen_sequence_interleave_plan);

/* A class of numbers that a node issues. */
typedef struct NumberClass
{
	int64		node;
	int64		nodes;
} NumberClass;

/* ERROR INVALID_PARAMETER_VALUE unless 0 <= node < nodes. */
void
interleave_check_node(int32 node, int32 nodes)
{
	if (nodes < 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("number of nodes must be at least 1: %d", nodes));
	if (node < 0 || node >= nodes)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("node is out of range: %d", node),
				errdetail("The nodes of %d are 0 to %d.", nodes, nodes - 1));
}

/* Errors: INSUFFICIENT_PRIVILEGE unless the current user owns the sequence. */
static void
check_owner(Oid sequence)
{
	if (!compat_relation_ownercheck(sequence, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_SEQUENCE, get_rel_name(sequence));
}

static void
check_state(const SequenceState *state, const char *name)
{
	if (state->increment < 0 || state->cycles)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("sequence %s cannot be interleaved", name),
				state->cycles ? errdetail("It cycles, so its numbers come again.") : errdetail("It descends."));
	if (!state->is_permanent)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("sequence %s cannot be interleaved", name),
				errdetail("It is not permanent, so its numbers come again after a crash."));
}

/* May a sequence go from its class to another, above a barrier if there is one? */
static void
check_change(const SequenceState *state, const char *name, NumberClass new, const int64 *above)
{
	NumberClass old = {
		.node = interleave_node(state->next, state->increment),
		.nodes = state->increment
	};

	if (above != NULL && state->highest > *above)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("sequence %s has passed the barrier", name),
				errdetail("It has issued numbers up to %lld, and the barrier is %lld.",
						  (long long) state->highest, (long long) *above),
				errhint("Choose a higher barrier for all nodes with sequence_interleave_plan()."));
	if (above == NULL && !interleave_is_part(new.node, new.nodes, old.node, old.nodes))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("sequence %s cannot become that of node %lld of %lld without a barrier", name,
					   (long long) new.node, (long long) new.nodes),
				errdetail("It is that of node %lld of %lld, so other nodes may have issued the numbers that are next.",
						  (long long) old.node, (long long) old.nodes),
				errhint("Give the barrier that sequence_interleave_plan() says as \"above\"."));
}

/* The first number of the class that the sequence has not passed.  ERROR SEQUENCE_GENERATOR_LIMIT_EXCEEDED if there is none. */
static int64
find_first(const SequenceState *state, const char *name, NumberClass class, int64 floor, int64 max)
{
	int64		from;
	int64		first;

	if (pg_add_s64_overflow(Max(state->highest, floor), 1, &from) ||
		!interleave_first(Max(from, state->min), class.node, class.nodes, &first) || first > max)
		ereport(ERROR,
				errcode(ERRCODE_SEQUENCE_GENERATOR_LIMIT_EXCEEDED),
				errmsg("sequence %s has no number left for node %lld of %lld", name,
					   (long long) class.node, (long long) class.nodes),
				errdetail("Its maximum value is %lld.", (long long) max),
				errhint("If this is the barrier of an earlier plan, ALTER SEQUENCE ... NO MAXVALUE removes it."));
	return first;
}

/* Alter a sequence that is locked, unless it is as it should be. */
static int64
interleave(Oid sequence, NumberClass class, const int64 *above)
{
	char	   *name = sequence_name(sequence);
	SequenceState state = sequence_state(sequence);
	int64		floor = above != NULL ? *above : PG_INT64_MIN;
	bool		is_capped = above != NULL && state.max == *above;	/* as a plan has it */
	int64		max = is_capped ? sequence_type_max(state.type) : state.max;
	bool		is_of_class;
	int64		first;

	check_state(&state, name);
	is_of_class = state.increment == class.nodes && interleave_node(state.next, class.nodes) == class.node;
	if (!is_of_class)
		check_change(&state, name, class, above);
	else if (state.next > floor && interleave_node(state.start, class.nodes) == class.node && !is_capped)
		return state.next;
	first = find_first(&state, name, class, floor, max);

	/*
	 * RESTART without a number and TRUNCATE ... RESTART IDENTITY go back to
	 * START, and then stay in the class.
	 */
	run_command(psprintf("ALTER SEQUENCE %s INCREMENT BY %lld MAXVALUE %lld START WITH %lld RESTART WITH %lld", name,
						 (long long) class.nodes, (long long) max, (long long) first, (long long) first));
	return first;
}

/* sequence_interleave(sequence regclass, node integer, nodes integer [, above bigint]) */
Datum
idgen_sequence_interleave(PG_FUNCTION_ARGS)
{
	Oid			sequence = PG_GETARG_OID(0);
	NumberClass class = {
		.node = PG_GETARG_INT32(1),
		.nodes = PG_GETARG_INT32(2)
	};
	int64		above = PG_NARGS() > 3 ? PG_GETARG_INT64(3) : 0;
	Relation	relation;
	int64		next;

	interleave_check_node(class.node, class.nodes);
	sequence_name(sequence);
	check_owner(sequence);
	relation = relation_open(sequence, ShareRowExclusiveLock);
	check_owner(sequence);
	next = interleave(sequence, class, PG_NARGS() > 3 ? &above : NULL);
	relation_close(relation, NoLock);
	PG_RETURN_INT64(next);
}

/* ---------------------------------------------------------------- plans */

typedef struct InterleavePlan
{
	ReturnSetInfo *result;
	char	   *sequence;		/* as a literal */
	char	   *sequence_in_commands;
	int64	   *last;			/* of the nodes as they are counted now */
	bool	   *is_spare;		/* no node has this number now */
	int32		nodes;
	int32		new_nodes;
	int64		margin;
} InterleavePlan;

static void
put_command(const InterleavePlan *plan, int step, int32 node, const char *command, int64 barrier)
{
	Datum		values[4] = {Int32GetDatum(step), Int32GetDatum(node), CStringGetTextDatum(command), Int64GetDatum(barrier)};
	bool		nulls[4] = {false};

	tuplestore_putvalues(plan->result->setResult, plan->result->setDesc, values, nulls);
}

static void
put_interleave(const InterleavePlan *plan, int step, int32 node, int64 barrier)
{
	put_command(plan, step, node,
				psprintf("SELECT sequence_interleave(%s, %d, %d, %lld)", plan->sequence, node, plan->new_nodes,
						 (long long) barrier), barrier);
}

/* The last number of a node and the margin.  ERROR NUMERIC_VALUE_OUT_OF_RANGE */
static int64
add_margin(const InterleavePlan *plan, int64 last)
{
	int64		barrier;

	if (pg_add_s64_overflow(last, plan->margin, &barrier))
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("bigint out of range"));
	return barrier;
}

/*
 * Each class is divided into parts: a node keeps one, and the nodes that are new get the
 * others.  Only what the one node has issued matters to them.
 */
static void
plan_division(const InterleavePlan *plan)
{
	for (int step = 1; step <= 2; step++)
	{
		for (int32 node = 0; node < plan->new_nodes; node++)
		{
			int32		old = node % plan->nodes;

			/* Where a class was spare, its parts are. */
			if (!plan->is_spare[old] && (node < plan->nodes) == (step == 1))
				put_interleave(plan, step, node, add_margin(plan, plan->last[old]));
		}
	}
}

/* All nodes stop at a barrier before any of them goes beyond it. */
static void
plan_barrier(const InterleavePlan *plan)
{
	int64		last = PG_INT64_MIN;
	int64		barrier;

	for (int32 node = 0; node < plan->nodes; node++)
		if (!plan->is_spare[node])
			last = Max(last, plan->last[node]);
	barrier = add_margin(plan, last);
	for (int32 node = 0; node < plan->nodes; node++)
		if (!plan->is_spare[node])
			put_command(plan, 1, node, psprintf("ALTER SEQUENCE %s MAXVALUE %lld", plan->sequence_in_commands,
												(long long) barrier), barrier);
	for (int32 node = 0; node < plan->new_nodes; node++)
		put_interleave(plan, 2, node, barrier);
}

/* last: the last numbers of nodes 0 to nodes - 1, NULL for those that there are not. */
static void
read_last(InterleavePlan *plan, ArrayType *last)
{
	Datum	   *values;
	int			count;
	int			spare = 0;

	deconstruct_array(last, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values, &plan->is_spare, &count);
	if (count != plan->nodes)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("last numbers of %d nodes are given, and not of %d", count, plan->nodes),
				errhint("Give NULL for nodes that there are not."));
	plan->last = palloc(count * sizeof(int64));
	for (int i = 0; i < count; i++)
	{
		plan->last[i] = plan->is_spare[i] ? 0 : DatumGetInt64(values[i]);
		spare += plan->is_spare[i];
	}
	if (spare == count)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("last numbers of all nodes are null"));
}

/*
 * sequence_interleave_plan(sequence text, last bigint[], nodes integer, new_nodes integer, margin bigint,
 *							OUT step integer, OUT node integer, OUT command text, OUT barrier bigint)
 */
Datum
idgen_sequence_interleave_plan(PG_FUNCTION_ARGS)
{
	char	   *sequence = text_to_cstring(PG_GETARG_TEXT_PP(0));
	InterleavePlan plan = {
		.sequence = quote_literal_cstr(sequence),
		.sequence_in_commands = sequence,
		.nodes = PG_GETARG_INT32(2),
		.new_nodes = PG_GETARG_INT32(3),
		.margin = PG_GETARG_INT64(4)
	};

	interleave_check_node(0, plan.nodes);
	interleave_check_node(0, plan.new_nodes);
	if (plan.margin < 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("margin must not be negative: %lld", (long long) plan.margin));
	read_last(&plan, PG_GETARG_ARRAYTYPE_P(1));
	InitMaterializedSRF(fcinfo, 0);
	plan.result = (ReturnSetInfo *) fcinfo->resultinfo;
	if (plan.new_nodes % plan.nodes == 0)
		plan_division(&plan);
	else
		plan_barrier(&plan);
	return (Datum) 0;
}
