/*-------------------------------------------------------------------------
 *
 * published_row.c
 *	  Rows of the extension's tables that a subscription brings.
 *
 * A publication FOR ALL TABLES has them, too.  They say how the publisher is set
 * up, and would be wrong here; and where the subscriber has a row of its own, the
 * subscription would stop with an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "replication/logicalworker.h"

PG_FUNCTION_INFO_V1(idgen_ignore_published_row);

/*
 * idgen_ignore_published_row() returns trigger, before each row is inserted,
 * updated or deleted; the trigger is enabled ALWAYS
 *
 * Errors: TRIGGER_PROTOCOL_VIOLATED if it is called otherwise.
 */
Datum
idgen_ignore_published_row(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("idgen_ignore_published_row() must be called by a trigger before each row"));
	if (IsLogicalWorker())
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}
