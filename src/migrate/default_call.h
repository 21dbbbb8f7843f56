/*-------------------------------------------------------------------------
 *
 * default_call.h
 *	  What an expression that is to be a default calls.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_DEFAULT_CALL_H
#define IDGEN_DEFAULT_CALL_H

typedef enum DefaultCallKind
{
	CALL_OTHER,
	CALL_SNOWFLAKE,				/* snowflake_nextval() */
	CALL_GENERATOR,				/* snowflake_nextval() of a generator */
	CALL_SEGMENT,				/* segment_nextval() or its strict form */
	CALL_SEQUENCE,				/* nextval() */
} DefaultCallKind;

typedef struct DefaultCall
{
	DefaultCallKind kind;
	const char *generator;
	Oid			sequence;		/* of a segment, or itself */
} DefaultCall;

extern void default_call_check(const char *expression);
extern DefaultCall default_call_read(const char *expression, Oid function);

#endif							/* IDGEN_DEFAULT_CALL_H */
