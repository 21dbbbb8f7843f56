/*-------------------------------------------------------------------------
 *
 * layout_picture.h
 *	  A picture of the bits of an ID and their meaning, as text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_PICTURE_H
#define IDGEN_LAYOUT_PICTURE_H

#include "bits/layout.h"

/* Enough for any picture, with its zero byte. */
#define LAYOUT_PICTURE_SIZE 4096

extern void layout_draw_picture(const SnowflakeLayout *layout, uint64 id, char *str, size_t size);

#endif							/* IDGEN_LAYOUT_PICTURE_H */
