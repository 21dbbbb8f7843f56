/*-------------------------------------------------------------------------
 *
 * interleave.c
 *	  Tests of interleave.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/interleave.h"

#include "tap.h"

static bool
classes_are_right(int64 from, int64 nodes)
{
	for (int64 node = 0; node < nodes; node++)
	{
		int64		first;

		if (!interleave_first(from, node, nodes, &first) || first < from || first - from >= nodes ||
			interleave_node(first, nodes) != node)
			return false;
	}
	return true;
}

static bool
all_classes_are_right(void)
{
	static const int64 starts[] = {PG_INT64_MIN, -17, -1, 0, 1, 1000, PG_INT64_MAX - 40};

	for (int i = 0; i < (int) lengthof(starts); i++)
		for (int64 nodes = 1; nodes <= 20; nodes++)
			if (!classes_are_right(starts[i], nodes))
				return false;
	return true;
}

/* By the numbers themselves. */
static bool
parts_are_right(void)
{
	for (int64 of_nodes = 1; of_nodes <= 6; of_nodes++)
		for (int64 nodes = 1; nodes <= 12; nodes++)
			for (int64 node = 0; node < nodes; node++)
			{
				bool		is_part = true;

				for (int64 number = node; number < 200; number += nodes)
					is_part &= number % of_nodes == 1 % of_nodes;
				if (is_part != interleave_is_part(node, nodes, 1 % of_nodes, of_nodes))
					return false;
			}
	return true;
}

int
main(void)
{
	int64		first;

	check(all_classes_are_right(), "each node has one of as many numbers as there are nodes");
	check(parts_are_right(), "a class is part of another if all its numbers are in it");
	check(interleave_first(PG_INT64_MAX, 7, 10, &first) && first == PG_INT64_MAX, "the largest number has a node");
	check(!interleave_first(PG_INT64_MAX, 8, 10, &first), "... after which others have none");
	return done_testing();
}
