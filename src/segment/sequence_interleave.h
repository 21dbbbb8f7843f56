/*-------------------------------------------------------------------------
 *
 * sequence_interleave.h
 *	  Sequences of several servers that issue numbers in turns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEQUENCE_INTERLEAVE_H
#define IDGEN_SEQUENCE_INTERLEAVE_H

extern void interleave_check_node(int32 node, int32 nodes);

#endif							/* IDGEN_SEQUENCE_INTERLEAVE_H */
