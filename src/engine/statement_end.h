/*-------------------------------------------------------------------------
 *
 * statement_end.h
 *	  Forgetting what a process keeps for a statement.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_STATEMENT_END_H
#define IDGEN_STATEMENT_END_H

/* What ends the time for which something is kept. */
typedef enum StatementEnd
{
	STATEMENT_ENDS,
	TRANSACTION_ENDS,
	PROCESS_IS_COPY,			/* by fork(); what is kept belongs to its
								 * parent */
} StatementEnd;

typedef void (*StatementEndCallback) (StatementEnd end);

extern void statement_end_register(StatementEndCallback forget);
extern void statement_end_expect(void);

#endif							/* IDGEN_STATEMENT_END_H */
