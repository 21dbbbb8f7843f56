/*-------------------------------------------------------------------------
 *
 * node_settings.h
 *	  The settings of this server's node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_NODE_SETTINGS_H
#define IDGEN_NODE_SETTINGS_H

#include "base/setting.h"

/* idgen.datacenter_id, and idgen.worker_id, which counts if worker IDs are not leased. */
extern ServerSetting generator_datacenter;
extern ServerSetting generator_worker;

#endif							/* IDGEN_NODE_SETTINGS_H */
