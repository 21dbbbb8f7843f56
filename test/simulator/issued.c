/*-------------------------------------------------------------------------
 *
 * issued.c
 *	  All IDs that were issued, to find those that were issued twice.
 *
 * An ID is a worker and a tick.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "simulator.h"

#define PROMISED (UINT64CONST(1) << 63)

static uint64 *issued;			/* open addressing; 0: empty */
static uint64 room;
static uint64 used;

/* Where a key is, or would be put. */
static uint64
find(uint64 key)
{
	uint64		at = (key * UINT64CONST(0x9E3779B97F4A7C15)) >> 20 & (room - 1);

	while (issued[at] != 0 && (issued[at] & ~PROMISED) != key)
		at = (at + 1) & (room - 1);
	return at;
}

static void
grow(void)
{
	uint64	   *before = issued;
	uint64		room_before = room;

	room = Max(room * 2, UINT64CONST(1) << 16);
	issued = calloc(room, sizeof(uint64));
	for (uint64 i = 0; i < room_before; i++)
		if (before[i] != 0)
			issued[find(before[i] & ~PROMISED)] = before[i];
	free(before);
}

/* An ID is issued.  Two count as a duplicate of the promised kind if both are promised. */
void
issue_tick(int worker, int64 tick, bool is_promised)
{
	uint64		key = (uint64) worker << 44 | (uint64) tick;
	uint64		at;

	if (used * 2 >= room)
		grow();
	at = find(key);
	counts.ids++;
	if (issued[at] == 0)
	{
		issued[at] = key | (is_promised ? PROMISED : 0);
		used++;
	}
	else if (is_promised && (issued[at] & PROMISED) != 0)
		counts.duplicates++;
	else
		counts.unpromised++;
}
