/*-------------------------------------------------------------------------
 *
 * command.h
 *	  Running an SQL command as the caller of a function, so that privileges,
 *	  event triggers and logs apply to it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_COMMAND_H
#define IDGEN_COMMAND_H

#include "executor/spi.h"

/* Run a utility command.  Errors: those of the command. */
static inline void
run_command(const char *command)
{
	SPI_connect();
	if (SPI_execute(command, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not run \"%s\"", command);
	SPI_finish();
}

#endif							/* IDGEN_COMMAND_H */
