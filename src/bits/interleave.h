/*-------------------------------------------------------------------------
 *
 * interleave.h
 *	  Numbers that several nodes issue in turns: node n of N issues those that
 *	  leave n when divided by N, its class.
 *
 * A class can be divided further: that of node n of N is those of nodes n, n + N,
 * n + 2 N, ... of a multiple of N.
 *
 * Source: Flickr's ticket servers, of which one issued even numbers and one odd ones.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_INTERLEAVE_H
#define IDGEN_INTERLEAVE_H

/* The node, 0 .. nodes - 1, of a number, which may be negative.  nodes > 0 */
static inline int64
interleave_node(int64 number, int64 nodes)
{
	int64		rest = number % nodes;

	return rest < 0 ? rest + nodes : rest;
}

/* The first number of a node from a number on, in *first; false if it is above INT64_MAX.  0 <= node < nodes */
static inline bool
interleave_first(int64 from, int64 node, int64 nodes, int64 *first)
{
	int64		step = interleave_node(node - interleave_node(from, nodes), nodes);

	if (from > INT64_MAX - step)
		return false;
	*first = from + step;
	return true;
}

/* Are all numbers of a node also numbers of another, of fewer nodes or as many? */
static inline bool
interleave_is_part(int64 node, int64 nodes, int64 of_node, int64 of_nodes)
{
	return nodes % of_nodes == 0 && node % of_nodes == of_node;
}

#endif							/* IDGEN_INTERLEAVE_H */
