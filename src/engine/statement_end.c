/*-------------------------------------------------------------------------
 *
 * statement_end.c
 *	  Forgetting what a process keeps for a statement.
 *
 * What is kept serves one message of the client, usually a statement, and one
 * transaction, where a procedure runs several: it is forgotten when PostgreSQL
 * resets the memory of the message, and when the transaction ends.
 *
 * A child that PostgreSQL does not know of, after fork(), has what we keep.  It
 * must not use it, because we do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pthread.h>

#include "access/xact.h"
#include "utils/memutils.h"

#include "engine/statement_end.h"

#define MOST_CALLBACKS 4

static StatementEndCallback callbacks[MOST_CALLBACKS];
static int	callback_count = 0;

/* Will PostgreSQL call end_statement()? */
static bool statement_has_end = false;

static void
call_all(StatementEnd end)
{
	for (int i = 0; i < callback_count; i++)
		callbacks[i] (end);
}

static void
end_statement(void *arg)
{
	statement_has_end = false;
	call_all(STATEMENT_ENDS);
}

/* A procedure may have committed, and may continue. */
static void
end_transaction(XactEvent event, void *arg)
{
	call_all(TRANSACTION_ENDS);
}

static void
end_in_copy(void)
{
	call_all(PROCESS_IS_COPY);
}

/* Once per process, even if a later step fails and is tried again. */
static void
register_ends(void)
{
	static bool is_done = false;

	if (is_done)
		return;
	if ((errno = pthread_atfork(NULL, NULL, end_in_copy)) != 0)
		ereport(ERROR,
				errcode(ERRCODE_OUT_OF_MEMORY),
				errmsg("out of memory"));
	RegisterXactCallback(end_transaction, NULL);
	is_done = true;
}

/*
 * Have forget called at each end of a transaction, in a child, and at the end of
 * a statement that expects it; once for each function.  It must not raise.
 */
void
statement_end_register(StatementEndCallback forget)
{
	register_ends();
	for (int i = 0; i < callback_count; i++)
		if (callbacks[i] == forget)
			return;
	if (callback_count == MOST_CALLBACKS)
		elog(ERROR, "too many callbacks for the end of a statement");
	callbacks[callback_count++] = forget;
}

/*
 * Have the functions called when the statement is over.  This costs nothing on
 * the hot path.  A background worker receives no message of a client; there the
 * end of its transaction is used.
 */
void
statement_end_expect(void)
{
	static MemoryContextCallback callback = {.func = end_statement};

	if (!statement_has_end)
		MemoryContextRegisterResetCallback(MessageContext ? MessageContext : TopTransactionContext,
										   &callback);
	statement_has_end = true;
}
