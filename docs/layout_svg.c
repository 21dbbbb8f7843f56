/*-------------------------------------------------------------------------
 *
 * layout_svg.c
 *	  See layout_svg.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout_svg.h"
#include "bits/layout_text.h"

/* Pixels: of the whole, of a bit, and where the bits are. */
#define WIDTH 980
#define BIT 15
#define LEFT 10
#define TOP 64
#define HEIGHT 58
#define BOTTOM (TOP + HEIGHT)

/* An example's bits. */
#define EXAMPLE_TOP (BOTTOM + 58)
#define EXAMPLE_HEIGHT 24
#define EXAMPLE_BOTTOM (EXAMPLE_TOP + EXAMPLE_HEIGHT)

/* A number with commas between thousands. */
const char *
in_thousands(uint64 number, char *str)
{
	char		digits[NUMBER_SIZE];
	int			length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long) number);
	char	   *at = str;

	for (int i = 0; i < length; i++)
	{
		if (i > 0 && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return str;
}

/* A number of us as "18:12:16". */
void
write_duration(int64 us, char *str, size_t size)
{
	int64		seconds = us / US_PER_S;

	snprintf(str, size, "%d:%02d:%02d", (int) (seconds / 3600), (int) (seconds / 60 % 60), (int) (seconds % 60));
}

/* By a field's number, SIGN or UNUSED; also the class that gives it its colour. */
const char *const kind_names[] = {
	[LAYOUT_TIME] = "time",
	[LAYOUT_SEQUENCE] = "sequence",
	[LAYOUT_DATACENTER] = "datacenter",
	[LAYOUT_WORKER] = "worker",
	[LAYOUT_SHARD] = "shard",
	[LAYOUT_SLAB] = "slab",
	[SIGN] = "sign",
	[UNUSED] = "unused",
};

/* The x of the left edge of a bit's cell; that of bit -1 is the right edge of bit 0. */
static int
bit_x(int bit)
{
	return LEFT + (63 - bit) * BIT;
}

static int
part_x(const Part *part)
{
	return bit_x(part->shift + part->bits - 1);
}

static int
part_middle(const Part *part)
{
	return part_x(part) + part->bits * BIT / 2;
}

static void
add_part(Drawing *drawing, int kind, int bits, int shift)
{
	Part	   *part = &drawing->parts[drawing->part_count++];

	part->kind = kind;
	part->bits = bits;
	part->shift = shift;
}

/* The field whose highest bit is this one; UNUSED if there is none. */
static int
field_ending_at(const SnowflakeLayout *layout, int bit)
{
	for (int field = 0; field < LAYOUT_FIELDS; field++)
		if (layout_has(layout, field) && layout->shift[field] + layout->bits[field] - 1 == bit)
			return field;
	return UNUSED;
}

/* Divide the 64 bits, high to low. */
static void
find_parts(Drawing *drawing)
{
	const SnowflakeLayout *layout = drawing->layout;
	int			bit = 63;

	if (field_ending_at(layout, bit) == UNUSED)
		add_part(drawing, SIGN, 1, bit--);
	while (bit >= 0)
	{
		int			field = field_ending_at(layout, bit);
		int			bits = 1;

		if (field != UNUSED)
			bits = layout->bits[field];
		else
			while (bit - bits >= 0 && field_ending_at(layout, bit - bits) == UNUSED)
				bits++;
		add_part(drawing, field, bits, bit - bits + 1);
		bit -= bits;
	}
}

/* A piece of text that stands in SVG. */
static void
put_text(FILE *out, int x, int y, const char *style, const char *str)
{
	fprintf(out, "  <text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, style, str);
}

static void
put_style(FILE *out)
{
	fprintf(out,
			"  <style>\n"
			"    .paper { fill: #ffffff }\n"
			"    .time { fill: #1f6fb2 } .sequence { fill: #a6426e } .datacenter { fill: #23784a }\n"
			"    .worker { fill: #a86400 } .shard { fill: #0f7480 } .slab { fill: #6a51a3 }\n"
			"    .sign, .unused { fill: #d5d9de }\n"
			"    .cells { stroke: #ffffff; stroke-opacity: 0.3 } .edges { stroke: #ffffff; stroke-width: 2 }\n"
			"    .name { fill: #1b1f24; font-size: 18px; font-weight: bold }\n"
			"    .user { fill: #57606a; font-size: 13px; text-anchor: end }\n"
			"    .bit { fill: #57606a; font-size: 10px; text-anchor: middle }\n"
			"    .label { fill: #ffffff; font-size: 12px; text-anchor: middle }\n"
			"    .width { fill: #ffffff; font-size: 15px; font-weight: bold; text-anchor: middle }\n"
			"    .quiet { fill: #3d444d; font-size: 12px; text-anchor: middle }\n"
			"    .range { fill: #3d444d; font-size: 12px; text-anchor: middle }\n"
			"    .caption { fill: #3d444d; font-size: 13px }\n"
			"    .key { font-weight: bold }\n"
			"    .line { stroke: #57606a; stroke-width: 1.5; fill: none }\n"
			"    .negative { fill: none; stroke: #ffffff; stroke-width: 1.5; stroke-dasharray: 3 3 }\n"
			"    @media (prefers-color-scheme: dark) {\n"
			"      .paper { fill: #0d1117 }\n"
			"      .edges { stroke: #0d1117 }\n"
			"      .sign, .unused { fill: #3d444d }\n"
			"      .name { fill: #f0f3f6 }\n"
			"      .user, .bit { fill: #9aa4af }\n"
			"      .quiet, .range, .caption { fill: #c9d1d9 }\n"
			"      .line { stroke: #9aa4af }\n"
			"    }\n"
			"  </style>\n");
}

/* The numbers of a part's highest and lowest bit. */
static void
put_bit_numbers(FILE *out, const Part *part)
{
	char		number[NUMBER_SIZE];
	int			high = part->shift + part->bits - 1;

	snprintf(number, sizeof(number), "%d", high);
	put_text(out, bit_x(high) + BIT / 2, TOP - 8, "bit", number);
	if (part->bits == 1)
		return;
	snprintf(number, sizeof(number), "%d", part->shift);
	put_text(out, bit_x(part->shift) + BIT / 2, TOP - 8, "bit", number);
}

/* The box of a part, with a line between any two bits. */
static void
put_box(FILE *out, const Part *part)
{
	int			x = part_x(part);

	fprintf(out, "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"edges %s\"/>\n",
			x, TOP, part->bits * BIT, HEIGHT, kind_names[part->kind]);
	if (part->bits == 1)
		return;
	fprintf(out, "  <path class=\"cells\" d=\"");
	for (int bit = 1; bit < part->bits; bit++)
		fprintf(out, "M%d %dv7", x + bit * BIT, BOTTOM - 8);
	fprintf(out, "\"/>\n");
}

/* What is in the box: what the part is, and its width. */
static void
put_label(FILE *out, const Part *part)
{
	const char *style = part->kind == UNUSED ? "quiet" : "label";
	char		bits[NUMBER_SIZE];

	if (part->kind == SIGN)
	{
		put_text(out, part_middle(part), TOP + 34, "quiet", "0");
		return;
	}
	if (part->kind == LAYOUT_TIME)
		snprintf(bits, sizeof(bits), "%d bits", part->bits);
	else
		snprintf(bits, sizeof(bits), "%d", part->bits);
	put_text(out, part_middle(part), TOP + 22, style, kind_names[part->kind]);
	put_text(out, part_middle(part), TOP + 43, part->kind == UNUSED ? "quiet" : "width", bits);
}

/* What is below the box: the values that the part has. */
static void
put_range(FILE *out, const Drawing *drawing, const Part *part)
{
	char		number[NUMBER_SIZE];
	char		tick[NUMBER_SIZE];
	char		range[2 * NUMBER_SIZE];

	layout_write_tick(drawing->layout->tick_us, tick, sizeof(tick));
	switch (part->kind)
	{
		case SIGN:
			snprintf(range, sizeof(range), "sign");
			break;
		case UNUSED:
			snprintf(range, sizeof(range), "0");
			break;
		case LAYOUT_TIME:
			snprintf(range, sizeof(range), "ticks of %s", tick);
			break;
		case LAYOUT_SEQUENCE:
			snprintf(range, sizeof(range), part->bits < 8 ? "%s a tick" : "%s IDs a tick",
					 in_thousands(layout_tick_size(drawing->layout), number));
			break;
		default:
			snprintf(range, sizeof(range), "0 .. %s", in_thousands(layout_max(drawing->layout, part->kind), number));
	}
	put_text(out, part_middle(part) + (part->kind == SIGN ? 4 : 0), BOTTOM + 18, "range", range);
}

/* One of the facts below the picture. */
static void
put_fact(FILE *out, int x, int y, const char *key, const char *fact)
{
	fprintf(out, "  <text x=\"%d\" y=\"%d\" class=\"caption\"><tspan class=\"key\">%s</tspan> %s</text>\n",
			x, y, key, fact);
}

/* When the time begins and ends, and what there is room for. */
static void
put_facts(FILE *out, const SnowflakeLayout *layout, int y)
{
	char		fact[2 * LAYOUT_TIMESTAMP_SIZE];
	char		moment[LAYOUT_TIMESTAMP_SIZE];
	char		number[NUMBER_SIZE];

	if (layout_is_in_slabs(layout))
	{
		put_fact(out, LEFT, y, "epoch", "the beginning of a slab");
		write_duration(layout_end_us(layout) - layout_tick_start_us(layout, 0), moment, sizeof(moment));
		snprintf(fact, sizeof(fact), "%s later", moment);
	}
	else
	{
		layout_write_timestamp(layout_tick_start_us(layout, 0), moment, sizeof(moment));
		snprintf(fact, sizeof(fact), "%s UTC", moment);
		put_fact(out, LEFT, y, "epoch", fact);
		layout_write_timestamp(layout_end_us(layout), moment, sizeof(moment));
		snprintf(fact, sizeof(fact), "%s UTC", moment);
	}
	put_fact(out, LEFT + 275, y, "ends", fact);
	snprintf(fact, sizeof(fact), "%s IDs a second", in_thousands(layout_ids_per_second(layout), number));
	put_fact(out, LEFT + 560, y, layout_is_in_slabs(layout) ? "a slab" : "a node", fact);
	put_fact(out, LEFT + 815, y, layout_is_in_slabs(layout) ? "slabs" : "nodes", in_thousands(layout_nodes(layout), number));
}

/* That the highest field has the sign bit, and what this means. */
static void
put_sign_note(FILE *out, const SnowflakeLayout *layout, int y)
{
	int			x = bit_x(63);
	char		moment[LAYOUT_TIMESTAMP_SIZE];
	char		note[200];

	fprintf(out, "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"negative\"/>\n",
			x + 3, TOP + 3, BIT - 5, HEIGHT - 6);
	if (layout_uses_sign(layout, LAYOUT_TIME))
	{
		layout_write_timestamp(layout_last_end_us(layout), moment, sizeof(moment));
		snprintf(note, sizeof(note),
				 "is the time's, so a bigint turns negative when it ends; an unsigned number goes on until %s UTC", moment);
	}
	else
		snprintf(note, sizeof(note), "is the %s's, so a bigint is negative from half of its values on",
				 kind_names[field_ending_at(layout, 63)]);
	put_fact(out, LEFT, y, "sign bit", note);
}

/* The bits that a part of an ID has, each in its cell. */
static void
put_digits(FILE *out, const Part *part, int64 id)
{
	fprintf(out, "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"edges %s\"/>\n",
			part_x(part), EXAMPLE_TOP, part->bits * BIT, EXAMPLE_HEIGHT, kind_names[part->kind]);
	for (int bit = part->shift + part->bits - 1; bit >= part->shift; bit--)
		put_text(out, bit_x(bit) + BIT / 2, EXAMPLE_BOTTOM - 8, part->kind == SIGN ? "quiet" : "digit",
				 (id >> bit & 1) != 0 ? "1" : "0");
}

/* What these bits say. */
static void
put_value(FILE *out, const SnowflakeLayout *layout, const Part *part, int64 id)
{
	uint64		number = (uint64) id >> part->shift & ((UINT64CONST(1) << part->bits) - 1);
	char		moment[LAYOUT_TIMESTAMP_SIZE];
	char		digits[NUMBER_SIZE];
	char		value[2 * LAYOUT_TIMESTAMP_SIZE];

	if (part->kind == SIGN)
		return;
	in_thousands(number, digits);
	if (part->kind == LAYOUT_TIME)
	{
		layout_write_timestamp(layout_tick_start_us(layout, number), moment, sizeof(moment));
		snprintf(value, sizeof(value), "tick %s: %s UTC", digits, moment);
	}
	else
		snprintf(value, sizeof(value), "%s", digits);
	put_text(out, part_middle(part), EXAMPLE_BOTTOM + 18, "value", value);
}

/* An ID, bit by bit, and what it says. */
static void
put_example(FILE *out, const Drawing *drawing)
{
	char		id[NUMBER_SIZE];

	snprintf(id, sizeof(id), "%lld", (long long) drawing->example);
	fprintf(out,
			"  <style>\n"
			"    .digit { fill: #ffffff; font-size: 12px; font-family: DejaVu Sans Mono, Menlo, monospace; text-anchor: middle }\n"
			"    .value { fill: #1b1f24; font-size: 13px; font-weight: bold; text-anchor: middle }\n"
			"    @media (prefers-color-scheme: dark) { .value { fill: #f0f3f6 } }\n"
			"  </style>\n");
	fprintf(out, "  <text x=\"%d\" y=\"%d\" class=\"caption\">The ID <tspan class=\"key\">%s</tspan> says</text>\n",
			LEFT, EXAMPLE_TOP - 10, id);
	for (int i = 0; i < drawing->part_count; i++)
	{
		put_digits(out, &drawing->parts[i], drawing->example);
		put_value(out, drawing->layout, &drawing->parts[i], drawing->example);
	}
}

/* That time and sequence are one number, the position. */
static void
put_position(FILE *out, const Drawing *drawing, int y)
{
	int			time = 0,
				sequence = 0;

	for (int i = 0; i < drawing->part_count; i++)
	{
		const Part *part = &drawing->parts[i];

		if (part->kind != LAYOUT_TIME && part->kind != LAYOUT_SEQUENCE)
			continue;
		fprintf(out, "  <path class=\"line\" d=\"M%d %dv6h%dv-6\"/>\n", part_x(part), y, part->bits * BIT);
		*(part->kind == LAYOUT_TIME ? &time : &sequence) = part_middle(part);
	}
	fprintf(out, "  <path class=\"line\" d=\"M%d %dv12h%dv-12\"/>\n", time, y + 6, sequence - time);
	put_text(out, (time + sequence) / 2, y + 36, "range",
			 "together: the position on the server's timeline; the node is put in between");
}

/* The whole picture. */
void
layout_draw_svg(FILE *out, const Drawing *drawing)
{
	const SnowflakeLayout *layout = drawing->layout;
	bool		sign = field_ending_at(layout, 63) != UNUSED;
	bool		explains = drawing->example != 0;
	int			facts_y = explains ? EXAMPLE_BOTTOM + 98 : BOTTOM + 46;
	int			height = facts_y + (sign ? 36 : 16);

	fprintf(out,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title desc\"\n"
			"  font-family=\"DejaVu Sans, Verdana, sans-serif\">\n"
			"  <title id=\"title\">The 64 bits of the layout %s</title>\n"
			"  <desc id=\"desc\">High to low: %s.</desc>\n",
			WIDTH, height, drawing->preset->name, drawing->preset->specification);
	put_style(out);
	fprintf(out, "  <rect width=\"%d\" height=\"%d\" class=\"paper\"/>\n", WIDTH, height);
	put_text(out, LEFT, 26, "name", drawing->preset->name);
	put_text(out, WIDTH - LEFT, 26, "user", drawing->preset->used_by);
	for (int i = 0; i < drawing->part_count; i++)
	{
		put_bit_numbers(out, &drawing->parts[i]);
		put_box(out, &drawing->parts[i]);
		put_label(out, &drawing->parts[i]);
		put_range(out, drawing, &drawing->parts[i]);
	}
	if (explains)
	{
		put_example(out, drawing);
		put_position(out, drawing, EXAMPLE_BOTTOM + 32);
	}
	put_facts(out, layout, facts_y);
	if (sign)
		put_sign_note(out, layout, facts_y + 20);
	fprintf(out, "</svg>\n");
}

/* The drawing of a preset by its number. */
Drawing
layout_drawing(int number)
{
	Drawing		drawing = {
		.preset = &layout_presets[number],
		.layout = layout_by_preset_number(number),
	};

	find_parts(&drawing);
	return drawing;
}
