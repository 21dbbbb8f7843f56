/*-------------------------------------------------------------------------
 *
 * layout_presets.h
 *	  The layouts that have names.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_PRESETS_H
#define IDGEN_LAYOUT_PRESETS_H

#include "layout.h"

/* A name, once published, means the same layout for ever. */
typedef struct LayoutPreset
{
	const char *name;
	const char *specification;
	const char *used_by;
} LayoutPreset;

extern const LayoutPreset layout_presets[];
extern const int layout_preset_count;

extern const SnowflakeLayout *layout_of_preset(int number);
extern const SnowflakeLayout *layout_of_name(const char *name);
extern const char *layout_name(const SnowflakeLayout *layout);

#endif							/* IDGEN_LAYOUT_PRESETS_H */
