/*-------------------------------------------------------------------------
 *
 * layout_picture.c
 *	  See layout_picture.h.
 *
 * The first line has the number of each field's highest bit, the second the bits.  A
 * line leads from each field to its name and value:
 *
 *		63 62                                        21    16    11
 *		0  01010101100101101010001000001011101101001 01011 11010 000000000000
 *		|  |                                         |     |     sequence 0 (0 .. 4095)
 *		|  |                                         |     worker 26 (0 .. 31)
 *		|  |                                         datacenter 11 (0 .. 31)
 *		|  time 367597485448 x 1 ms since 2010-11-04 01:42:54.657: 2022-06-28 16:07:40.105 UTC
 *		sign
 *
 * The picture depends only on the ID and the layout, so times are in UTC, without an
 * age.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/layout_capacity.h"
#include "bits/layout_picture.h"
#include "bits/layout_text.h"
#include "bits/picture.h"

/* Adjacent bits of one field, or of none. */
typedef struct Group
{
	int			field;			/* LAYOUT_FIELDS if none */
	int			top;			/* number of the highest bit */
	int			bits;
	int			column;			/* in the picture */
} Group;

/* Six fields, and unused bits above, between and below them. */
#define MOST_GROUPS (2 * LAYOUT_FIELDS + 1)

/* A group has the two-digit number of its highest bit above it. */
#define LEAST_COLUMNS 2

#define MOST_COLUMNS (64 + MOST_GROUPS * LEAST_COLUMNS)

typedef struct Drawing
{
	char	   *str;
	size_t		size;
	size_t		length;
} Drawing;

static void draw_text(Drawing *drawing, const char *format, ...) pg_attribute_printf(2, 3);

static void
draw_text(Drawing *drawing, const char *format, ...)
{
	va_list		values;
	int			length;

	va_start(values, format);
	length = vsnprintf(drawing->str + drawing->length, drawing->size - drawing->length, format, values);
	va_end(values);
	drawing->length = Min(drawing->length + length, drawing->size - 1);
}

static int
field_of_bit(const SnowflakeLayout *layout, int bit)
{
	for (int field = 0; field < LAYOUT_FIELDS; field++)
		if (layout_has(layout, field) && bit >= layout->shift[field] &&
			bit < layout->shift[field] + layout->bits[field])
			return field;
	return LAYOUT_FIELDS;
}

/* Divide the 64 bits into groups, from high to low.  Returns the number of groups. */
static int
divide_into_groups(const SnowflakeLayout *layout, Group *groups)
{
	int			count = 0;
	int			column = 0;

	for (int bit = 63; bit >= 0; bit--)
	{
		int			field = field_of_bit(layout, bit);

		if (count == 0 || groups[count - 1].field != field)
		{
			if (count > 0)
				column += Max(groups[count - 1].bits, LEAST_COLUMNS) + 1;
			memset(&groups[count], 0, sizeof(Group));
			groups[count].field = field;
			groups[count].top = bit;
			groups[count++].column = column;
		}
		groups[count - 1].bits++;
	}
	return count;
}

static uint64
get_group_value(const Group *group, uint64 id)
{
	/* No group has 64 bits, since every layout has a time, of at most 63. */
	return (id >> (group->top + 1 - group->bits)) & ((UINT64CONST(1) << group->bits) - 1);
}

/* The first two lines. */
static void
draw_bits(Drawing *drawing, const Group *groups, int count, uint64 id)
{
	for (int i = 0; i < count; i++)
	{
		int			width = Max(groups[i].bits, LEAST_COLUMNS) + 1;

		draw_text(drawing, "%-*d", i + 1 < count ? width : 0, groups[i].top);
	}
	draw_text(drawing, "\n");
	for (int i = 0; i < count; i++)
	{
		for (int bit = groups[i].top; bit > groups[i].top - groups[i].bits; bit--)
			draw_text(drawing, "%d", (int) (id >> bit & 1));
		if (i + 1 < count)
			draw_text(drawing, "%s", groups[i].bits < LEAST_COLUMNS ? "  " : " ");
	}
}

static void
draw_time(Drawing *drawing, const SnowflakeLayout *layout, uint64 ticks)
{
	char		tick[32];
	char		moment[LAYOUT_TIMESTAMP_SIZE];
	int64		unix_us;

	layout_write_tick(layout->tick_us, tick, sizeof(tick));
	draw_text(drawing, "time %llu x %s ", (unsigned long long) ticks, tick);
	if (layout_is_in_slabs(layout))
	{
		draw_text(drawing, "within the slab");
		return;
	}
	layout_write_timestamp(layout_tick_start_us(layout, 0), moment, sizeof(moment));
	draw_text(drawing, "since %s: ", moment);
	if (layout_try_tick_start_us(layout, ticks, &unix_us))
	{
		layout_write_timestamp(unix_us, moment, sizeof(moment));
		draw_text(drawing, "%s UTC", moment);
	}
	else
		draw_text(drawing, "after the year 294246");
}

static void
draw_meaning(Drawing *drawing, const SnowflakeLayout *layout, const Group *group, uint64 value)
{
	bool		is_sign = group->top == 63 && group->bits == 1;

	if (group->field == LAYOUT_TIME)
		draw_time(drawing, layout, value);
	else if (group->field < LAYOUT_FIELDS)
		draw_text(drawing, "%s %llu (0 .. %llu)", layout_field_names[group->field], (unsigned long long) value,
				  (unsigned long long) (UINT64CONST(1) << group->bits) - 1);
	else if (value == 0)
		draw_text(drawing, "%s", is_sign ? "sign" : "unused");
	else
		draw_text(drawing, "%s, which should be 0 but is %llu", is_sign ? "sign" : "unused", (unsigned long long) value);
}

/* Draw any 64 bits, without a line feed at the end.  LAYOUT_PICTURE_SIZE bytes hold any picture. */
void
layout_draw_picture(const SnowflakeLayout *layout, uint64 id, char *str, size_t size)
{
	Drawing		drawing = {
		.str = str,
		.size = size,
	};
	Group		groups[MOST_GROUPS] = {0};
	int			columns[MOST_GROUPS] = {0};
	int			count = divide_into_groups(layout, groups);

	draw_bits(&drawing, groups, count, id);
	for (int i = 0; i < count; i++)
		columns[i] = groups[i].column;
	for (int i = count - 1; i >= 0; i--)
	{
		char		stems[MOST_COLUMNS];

		picture_stems(columns, i, stems);
		draw_text(&drawing, "\n%s", stems);
		draw_meaning(&drawing, layout, &groups[i], get_group_value(&groups[i], id));
	}
}
