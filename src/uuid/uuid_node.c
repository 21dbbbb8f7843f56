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

static bool
node_part_fits(int value, int bits)
{
	return value != SETTING_INVALID && value >> bits == 0;
}

/*
 * The server's datacenter or worker.  ERROR INVALID_PARAMETER_VALUE if it is
 * invalid or does not fit bits; those of server_worker_await().
 */
static uint64
get_node_part(LayoutField field, const ServerSetting *setting, int bits)
{
	int			value = generator_require_field(field);

	if (!node_part_fits(value, bits))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value of parameter \"%s\" does not fit the node of a 128-bit ID", setting->name),
				errdetail("The value is %d, and the node has room for 0 to %d.", value, (1 << bits) - 1),
				errhint("Choose a value that the node has room for."));
	return value;
}

static uint64
make_node(uint64 datacenter, uint64 worker)
{
	return datacenter << UUID_NODE_WORKER_BITS | worker;
}

/*
 * The server's node, without marks.  ERROR INVALID_PARAMETER_VALUE if the
 * datacenter or the worker is invalid, or does not fit its bits; those of
 * server_worker_await().
 */
uint64
uuid_get_server_node(void)
{
	uint64		datacenter = get_node_part(LAYOUT_DATACENTER, &generator_datacenter, UUID_NODE_DATACENTER_BITS);

	return make_node(datacenter, get_node_part(LAYOUT_WORKER, &generator_worker, UUID_NODE_WORKER_BITS));
}

/* Find the server's node as it is now, without waiting.  Returns false if it has none that fits. */
bool
uuid_find_server_node(uint64 *node)
{
	int			datacenter = generator_field_value(LAYOUT_DATACENTER);
	int			worker = generator_field_value(LAYOUT_WORKER);

	if (!node_part_fits(datacenter, UUID_NODE_DATACENTER_BITS) || !node_part_fits(worker, UUID_NODE_WORKER_BITS))
		return false;
	*node = make_node(datacenter, worker);
	return true;
}
