/*-------------------------------------------------------------------------
 *
 * id_space.h
 *	  The timelines of ID spaces.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ID_SPACE_H
#define IDGEN_ID_SPACE_H

#include "nodes/pg_list.h"

#include "bits/layout_overlap.h"
#include "engine/shmem.h"

/* The user of a new timeline; half of the timelines are reserved for SPACE_OF_SERVER. */
typedef enum SpaceUser
{
	SPACE_OF_SERVER,			/* the server's own IDs, or a superuser's
								 * generator */
	SPACE_OF_ROLE,				/* a generator of another role */
} SpaceUser;

extern Timeline *id_space_find_timeline(const SnowflakeLayout *layout, uint64 node_bits);
extern bool id_space_has_room(const SnowflakeLayout *layout, uint64 node_bits, SpaceUser user);
extern Timeline *id_space_get_timeline(const SnowflakeLayout *layout, uint64 node_bits,
									   bool keeps_node, SpaceUser user);
extern int	id_space_count(void);
extern Timeline *id_space_timeline_by_number(int number);
extern Timeline *id_space_needed_by_number(int number);
extern bool id_space_is_shared(const Timeline *timeline);
extern bool id_space_is_record(const Timeline *timeline);
extern SnowflakeLayout id_space_widest_layout(Timeline *timeline);
extern Timeline *id_space_next_issuer(int *number, const IdNumbers *numbers, const IdNumbers *equal_to);
extern int64 id_space_issued_until_us(const IdNumbers *numbers, const IdNumbers *equal_to);
extern bool id_space_note_uncommitted(Timeline *timeline, Oid server);
extern void id_space_forget_uncommitted(Timeline *timeline, Oid server);
extern List *id_space_uncommitted(Oid server);
extern void id_space_go_beyond(Timeline *timeline, const IdNumbers *numbers, const IdNumbers *former);
extern void id_space_raise(const IdNumbers *former, const IdNumbers *present, int64 until_us);
extern void id_space_raise_to(Timeline *timeline, const SnowflakeLayout *layout,
							  int64 (*get_until_us) (Timeline *other), Timeline *other);

#endif							/* IDGEN_ID_SPACE_H */
