/*-------------------------------------------------------------------------
 *
 * layout_svg.h
 *	  The 64 bits of a layout as a picture, and the words that the table has, too.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_SVG_H
#define IDGEN_LAYOUT_SVG_H

#include "bits/layout_capacity.h"
#include "bits/layout_presets.h"

/* Kinds of bits that are no field. */
#define SIGN LAYOUT_FIELDS
#define UNUSED (LAYOUT_FIELDS + 1)

/* Some bits that belong together. */
typedef struct Part
{
	int			kind;			/* a LayoutField, SIGN or UNUSED */
	int			bits;
	int			shift;
} Part;

typedef struct Drawing
{
	const LayoutPreset *preset;
	const SnowflakeLayout *layout;
	Part		parts[2 * LAYOUT_FIELDS + 1];
	int			part_count;
	int64		example;		/* an ID to decode, with what makes up its
								 * position on the timeline; 0 for none */
} Drawing;

/* Enough for a number of 64 bits with commas. */
#define NUMBER_SIZE 32

extern const char *const kind_names[];

extern Drawing layout_drawing(int number);
extern void layout_draw_svg(FILE *out, const Drawing *drawing);

extern const char *in_thousands(uint64 number, char *str);
extern void write_duration(int64 us, char *str, size_t size);

#endif							/* IDGEN_LAYOUT_SVG_H */
