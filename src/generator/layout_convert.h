/*-------------------------------------------------------------------------
 *
 * layout_convert.h
 *	  A layout from text and back, with memory and errors of PostgreSQL's.
 *
 * What is a valid layout, and which have names, is in layout_text.c and
 * layout_presets.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_CONVERT_H
#define IDGEN_LAYOUT_CONVERT_H

#include "nodes/nodes.h"

#include "bits/layout.h"

extern SnowflakeLayout *layout_from_text(const char *text, Node *context);
extern char *layout_to_text(const SnowflakeLayout *layout);

#endif							/* IDGEN_LAYOUT_CONVERT_H */
