/*-------------------------------------------------------------------------
 *
 * uuid_node.c
 *	  See uuid_node.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/uuid_bits.h"
#include "generator/generator.h"
#include "uuid/uuid_node.h"

int			uuid_node_kind = UUID_NODE_RANDOM;

/* ERROR INVALID_PARAMETER_VALUE if the setting is invalid or does not fit bits. */
static uint64
get_node_part(const ServerSetting *setting, int bits)
{
	setting_check(setting);
	if (setting->value >> bits != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of parameter \"%s\" does not fit the node of a 128-bit ID", setting->name),
				errdetail("The value is %d, and the node has room for 0 to %d.", setting->value, (1 << bits) - 1),
				errhint("Choose a value that the node has room for."));
	return setting->value;
}

/*
 * The server's node, without marks.  ERROR INVALID_PARAMETER_VALUE if the datacenter or
 * the worker is invalid, or does not fit its bits.
 */
uint64
uuid_get_server_node(void)
{
	return get_node_part(&generator_datacenter, UUID_NODE_DATACENTER_BITS) << UUID_NODE_WORKER_BITS |
		get_node_part(&generator_worker, UUID_NODE_WORKER_BITS);
}

static bool
node_part_fits(const ServerSetting *setting, int bits)
{
	return setting_is_valid(setting) && setting->value >> bits == 0;
}

/* Would uuid_get_server_node() return a node? */
bool
uuid_server_node_fits(void)
{
	return node_part_fits(&generator_datacenter, UUID_NODE_DATACENTER_BITS) &&
		node_part_fits(&generator_worker, UUID_NODE_WORKER_BITS);
}
