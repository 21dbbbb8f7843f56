/*-------------------------------------------------------------------------
 *
 * delays.c
 *	  A library that makes the ends of transactions last longer: it is called after
 *	  idgen's callback, before a transaction commits or is prepared.
 *
 * It has to be loaded before idgen, as the callback that was registered last is
 * called first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "access/xact.h"
#include "fmgr.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

static void
delay_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
		case XACT_EVENT_PARALLEL_COMMIT:
			if (random() % 8 == 0)
				usleep(random() % 3000);
			break;
		default:
			break;
	}
}

void
_PG_init(void)
{
	RegisterXactCallback(delay_end, NULL);
}
