/*-------------------------------------------------------------------------
 *
 * check_interleave.c
 *	  sequence_interleave_check(): can a sequence issue numbers of another node?
 *
 * No rows means that it cannot, as long as the other nodes are right, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/pg_list.h"

#include "admin/check_finding.h"
#include "base/dependents.h"
#include "bits/interleave.h"
#include "segment/sequence_interleave.h"
#include "segment/sequence_state.h"

PG_FUNCTION_INFO_V1(idgen_sequence_interleave_check);

/* From how many numbers on a sequence is not said to end soon. */
#define MANY_NUMBERS INT64CONST(1000000000)

#define HINT_INTERLEAVE "Call sequence_interleave(); see docs/segments.md."

/* Findings that make numbers come twice. */
static void
check_class(ReturnSetInfo *result, const char *name, const SequenceState *state, int64 node, int64 nodes)
{
	if (state->increment != nodes)
		finding_put(result, FINDING_ERROR, name, HINT_INTERLEAVE,
					"The sequence is incremented by %lld, and there are %lld nodes.",
					(long long) state->increment, (long long) nodes);
	else if (interleave_node(state->next, nodes) != node)
		finding_put(result, FINDING_ERROR, name, HINT_INTERLEAVE,
					"The next number, %lld, is one of node %lld.",
					(long long) state->next, (long long) interleave_node(state->next, nodes));
	else if (interleave_node(state->start, nodes) != node)
		finding_put(result, FINDING_WARNING, name, HINT_INTERLEAVE,
					"The sequence would be restarted with %lld, which is a number of node %lld.",
					(long long) state->start, (long long) interleave_node(state->start, nodes));
	if (state->cycles)
		finding_put(result, FINDING_ERROR, name, "ALTER SEQUENCE ... NO CYCLE",
					"The sequence cycles, so its numbers come again.");
	if (!state->is_permanent)
		finding_put(result, FINDING_ERROR, name, "ALTER SEQUENCE ... SET LOGGED",
					"The sequence is not permanent, so its numbers come again after a crash.");
}

/* Other findings: its end, and what has been cached. */
static void
check_numbers_left(ReturnSetInfo *result, const char *name, const SequenceState *state)
{
	int64		left = state->next > state->max ? 0 : (state->max - state->next) / Max(state->increment, 1) + 1;

	if (left < MANY_NUMBERS)
		finding_put(result, left == 0 ? FINDING_ERROR : FINDING_NOTICE, name,
					"Change the types of the sequence and of its columns to bigint, or, after a change of nodes, go on with the plan.",
					"There are %lld numbers left up to the maximum value, %lld.",
					(long long) left, (long long) state->max);
	if (state->cache > 1)
		finding_put(result, FINDING_NOTICE, name,
					"Read the last number of the sequence itself for a plan: it includes what sessions have cached.",
					"Sessions cache %lld numbers each.", (long long) state->cache);
}

/* Column defaults that draw from the sequence. */
static void
check_users(ReturnSetInfo *result, const char *name, Oid sequence)
{
	int			defaults = 0;
	ListCell   *cell;

	foreach(cell, dependents(RelationRelationId, sequence))
	{
		const ObjectAddress *address = lfirst(cell);

		defaults += address->classId == AttrDefaultRelationId;
	}
	if (defaults > 1)
		finding_put(result, FINDING_NOTICE, name, "Give each table a sequence of its own, unless their numbers are to differ.",
					"%d columns have their default from the sequence.", defaults);
}

/*
 * sequence_interleave_check(sequence regclass, node integer, nodes integer,
 *							 OUT severity text, OUT subject text, OUT finding text, OUT hint text)
 */
Datum
idgen_sequence_interleave_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			sequence = PG_GETARG_OID(0);
	int32		node = PG_GETARG_INT32(1);
	int32		nodes = PG_GETARG_INT32(2);
	SequenceState state;
	char	   *name;

	interleave_check_node(node, nodes);
	name = sequence_name(sequence);
	state = sequence_state(sequence);
	InitMaterializedSRF(fcinfo, 0);
	check_class(result, name, &state, node, nodes);
	check_numbers_left(result, name, &state);
	check_users(result, name, sequence);
	return (Datum) 0;
}
