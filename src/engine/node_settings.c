/*-------------------------------------------------------------------------
 *
 * node_settings.c
 *	  The settings of this server's node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/node_settings.h"

ServerSetting generator_datacenter = {
	.name = "idgen.datacenter_id",
	.str = "0",
};
ServerSetting generator_worker = {
	.name = "idgen.worker_id",
	.str = "0",
};
