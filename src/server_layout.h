/*-------------------------------------------------------------------------
 *
 * server_layout.h
 *	  The layout of this server's own IDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SERVER_LAYOUT_H
#define IDGEN_SERVER_LAYOUT_H

#include "layout.h"
#include "shmem.h"

/* The same as long as the server runs.  ERROR if there is no room for the shared area. */
static inline const SnowflakeLayout *
server_layout(void)
{
	return &shmem_area()->layout;
}

#endif							/* IDGEN_SERVER_LAYOUT_H */
