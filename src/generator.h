/*-------------------------------------------------------------------------
 *
 * generator.h
 *	  The default generator: a layout, the server's timeline, and the node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_GENERATOR_H
#define IDGEN_GENERATOR_H

#include "layout.h"
#include "setting.h"
#include "timeline.h"

/* This server's node. */
extern ServerSetting generator_datacenter;
extern ServerSetting generator_worker;

/* Both in their place in an ID. */
extern uint64 generator_node_bits;

extern void generator_set_node(uint32 datacenter, uint32 worker);
extern void generator_check_settings(void);
extern void generator_attach(const char *caller);
extern void generator_fill(int64 *ids, uint64 count);
extern int64 generator_next_block(uint64 size);

/*
 * The next ID.  The process must be attached.  Errors: see timeline_next.
 */
static inline int64
generator_next(void)
{
	return layout_compose(&layout_default, timeline_next(&layout_default),
						  generator_node_bits);
}

/*
 * Make ready to draw IDs, on behalf of the SQL function caller.  A server in
 * recovery never gets past the first call, and one that is not never returns
 * to it, so once is enough.
 */
static inline void
generator_ensure_attached(const char *caller)
{
	if (unlikely(timeline_slot == NULL))
		generator_attach(caller);
}

#endif							/* IDGEN_GENERATOR_H */
