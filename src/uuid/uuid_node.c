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

/* A setting, which must be valid and fit so many bits. */
static uint64
part_of_node(const ServerSetting *setting, int bits)
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
 * The node, without marks.  ERROR INVALID_PARAMETER_VALUE if datacenter or worker are
 * invalid, or larger than their bits.
 */
uint64
uuid_node_of_server(void)
{
	return part_of_node(&generator_datacenter, UUID_NODE_DATACENTER_BITS) << UUID_NODE_WORKER_BITS |
		part_of_node(&generator_worker, UUID_NODE_WORKER_BITS);
}

static bool
part_fits(const ServerSetting *setting, int bits)
{
	return setting_is_valid(setting) && setting->value >> bits == 0;
}

/* Are datacenter and worker valid, and do they fit their bits? */
bool
uuid_node_fits(void)
{
	return part_fits(&generator_datacenter, UUID_NODE_DATACENTER_BITS) &&
		part_fits(&generator_worker, UUID_NODE_WORKER_BITS);
}
