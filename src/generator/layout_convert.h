/*-------------------------------------------------------------------------
 *
 * layout_convert.h
 *	  Converting a layout from and to text, with PostgreSQL's memory and errors.
 *
 * layout_text.c says which layouts are valid, and layout_presets.c which have
 * names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_CONVERT_H
#define IDGEN_LAYOUT_CONVERT_H

#include "nodes/nodes.h"

#include "bits/layout.h"

extern SnowflakeLayout *layout_from_text(const char *str, Node *context);
extern char *layout_to_text(const SnowflakeLayout *layout);

#endif							/* IDGEN_LAYOUT_CONVERT_H */
