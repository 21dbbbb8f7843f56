/*-------------------------------------------------------------------------
 *
 * id_space.c
 *	  Which timeline makes the IDs of a layout and a node: always the same one.
 *
 * An ID space is a layout with the values of its node's fields.  If two timelines
 * made IDs of one space, these would repeat.  So timelines belong to spaces, not
 * to generators: generators that have the same space, in whatever database and
 * under whatever name, draw from the same timeline, and one that is dropped and
 * created anew goes on where it was.
 *
 * The server's own timeline serves all spaces of the server's layout whose node
 * is, or has been since the start, the server's own.  Its positions differ,
 * whatever the node.  A node of that layout that a generator has a timeline for
 * cannot become the server's until the next start, from which all timelines begin
 * above whatever there was.
 *
 * All is looked up and decided under shared->lock.  It is never on the hot path:
 * a process asks once for each of its generators, and for each change of its node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "id_space.h"
#include "server_layout.h"

/*
 * The node in one number, for sets of nodes: datacenter and worker beside each
 * other.  Other fields do not matter in the layouts that servers can have.
 */
uint32
id_space_node_number(const SnowflakeLayout *layout, uint64 node_bits)
{
	return (uint32) (layout_get(layout, LAYOUT_DATACENTER, node_bits) << layout->bits[LAYOUT_WORKER] |
					 layout_get(layout, LAYOUT_WORKER, node_bits));
}

/* The timeline of a space among those of generators, or NULL.  The caller holds the lock. */
static Timeline *
find_timeline(SharedArea *area, const SnowflakeLayout *layout, uint64 node_bits)
{
	for (int i = 0; i < area->timeline_count; i++)
	{
		Timeline   *timeline = shmem_timeline(i);

		if (timeline->node_bits == node_bits && layout_equal(&timeline->layout, layout))
			return timeline;
	}
	return NULL;
}

/*
 * Let it be known that the server's own timeline makes IDs for this node, before
 * it does.  ERROR OBJECT_IN_USE if a generator's timeline does.
 */
void
id_space_mark_node(uint64 node_bits)
{
	SharedArea *area = shmem_area();
	const SnowflakeLayout *layout = server_layout();
	uint32		number = id_space_node_number(layout, node_bits);
	Timeline   *other;

	/* What has been decided stays so.  With more nodes than we remember, some share a bit. */
	if (layout->bits[LAYOUT_DATACENTER] + layout->bits[LAYOUT_WORKER] <= NODES_REMEMBERED_BITS &&
		shmem_has_node(&area->nodes_used, number))
		return;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	other = find_timeline(area, layout, node_bits);
	if (other == NULL)
		shmem_add_node(&area->nodes_used, number);
	LWLockRelease(&area->lock);

	if (other != NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_IN_USE),
				errmsg("this node's snowflake IDs are made by a generator"),
				errdetail("Since the server started, a generator of the same layout has had datacenter %d and worker %d for its own.",
						  (int) layout_get(layout, LAYOUT_DATACENTER, node_bits),
						  (int) layout_get(layout, LAYOUT_WORKER, node_bits)),
				errhint("Give the server another node, or give the generator one and restart the server."));
}

/*
 * The timeline of a generator's layout and node, on a server whose own node is
 * server_node_bits in the server's layout.  The generator keeps its node when the
 * server's changes if the node is its own.  ERROR if there is no room for another.
 */
Timeline *
id_space_timeline(const SnowflakeLayout *layout, uint64 node_bits, bool has_own_node,
				  uint64 server_node_bits)
{
	SharedArea *area = shmem_area();
	bool		like_server = layout_equal(layout, server_layout());
	Timeline   *timeline;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	timeline = find_timeline(area, layout, node_bits);
	if (timeline == NULL && like_server &&
		(node_bits == server_node_bits ||
		 shmem_has_node(&area->nodes_used, id_space_node_number(layout, node_bits))))
		timeline = &area->timeline;
	if (timeline == &area->timeline && has_own_node)
		pg_atomic_write_u32(&area->generators_share, 1);
	if (timeline == NULL)
		timeline = shmem_add_timeline(layout, node_bits);
	LWLockRelease(&area->lock);
	return timeline;
}
