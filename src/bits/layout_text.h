/*-------------------------------------------------------------------------
 *
 * layout_text.h
 *	  A layout in words, and which layouts are valid.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_TEXT_H
#define IDGEN_LAYOUT_TEXT_H

#include "bits/layout.h"

/* Holds any layout in words, with the terminating zero byte. */
#define LAYOUT_TEXT_SIZE 512

/* Holds any output of layout_write_timestamp(). */
#define LAYOUT_TIMESTAMP_SIZE 40

/* A unit of time and its name. */
typedef struct TimeUnit
{
	const char *name;
	int64		us;
} TimeUnit;

/* Why a text is not a layout. */
typedef struct LayoutProblem
{
	char		detail[256];	/* a sentence */
	const char *hint;			/* a sentence, or NULL */
} LayoutProblem;

extern const char *const layout_field_names[LAYOUT_FIELDS];

extern bool layout_read(const char *str, SnowflakeLayout *layout, LayoutProblem *problem);
extern void layout_write(const SnowflakeLayout *layout, char *str, size_t size);
extern void layout_write_tick(int64 tick_us, char *str, size_t size);
extern void layout_write_timestamp(int64 unix_us, char *str, size_t size);

#endif							/* IDGEN_LAYOUT_TEXT_H */
