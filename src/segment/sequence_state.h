/*-------------------------------------------------------------------------
 *
 * sequence_state.h
 *	  What a sequence is set to, and how far it has got.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEQUENCE_STATE_H
#define IDGEN_SEQUENCE_STATE_H

typedef struct SequenceState
{
	int64		start;
	int64		increment;
	int64		min;
	int64		max;
	int64		cache;
	int64		next;			/* what nextval() returns next */
	int64		highest;		/* what it has returned so far is not above it */
	bool		cycles;
	bool		is_permanent;
	Oid			type;
} SequenceState;

extern char *sequence_name(Oid sequence);
extern SequenceState sequence_state(Oid sequence);
extern int64 sequence_type_max(Oid type);

#endif							/* IDGEN_SEQUENCE_STATE_H */
