/*-------------------------------------------------------------------------
 *
 * node_settings.h
 *	  The settings of this server's layout and node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_NODE_SETTINGS_H
#define IDGEN_NODE_SETTINGS_H

#include "base/setting.h"

/* idgen.layout, which generator/server_layout.c reads. */
extern ServerSetting server_layout_setting;

/* idgen.datacenter_id, and idgen.worker_id, which counts if worker IDs are not leased. */
extern ServerSetting generator_datacenter;
extern ServerSetting generator_worker;

/* Holds why a value is invalid. */
#define NODE_DETAIL_SIZE 160

extern int	node_setting_worker(const char *text);
extern bool node_setting_names_ordinal(const char *text);
extern const char *node_setting_detail(const char *text, char *detail);
extern void node_setting_check(const ServerSetting *setting);

#endif							/* IDGEN_NODE_SETTINGS_H */
