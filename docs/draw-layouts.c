/*-------------------------------------------------------------------------
 *
 * draw-layouts.c
 *	  Draws the layouts that have names, and tabulates them, from the presets
 *	  themselves.
 *
 *		docs/draw-layouts write docs	writes the files below that directory
 *		docs/draw-layouts check docs	says, in TAP, whether they are as it would write them
 *
 * The files are layouts/NAME.svg for each preset, layout.svg, which is the
 * default's with an ID decoded, and the table in layouts.md.  What they hold
 * depends on the presets alone, and not on today's date.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout_svg.h"
#include "bits/layout_text.h"

/*
 * What layout.svg decodes: an ID of the millisecond that README.md's example
 * has, issued by a server that is not the first one.
 */
#define EXAMPLE INT64CONST(912003015727276033)

/* The fields, high to low. */
static void
put_fields(FILE *out, const Drawing *drawing)
{
	for (int i = 0; i < drawing->part_count; i++)
		if (drawing->parts[i].kind != SIGN)
			fprintf(out, "%s %d%s", kind_names[drawing->parts[i].kind], drawing->parts[i].bits,
					i < drawing->part_count - 1 ? ", " : "");
}

static void
put_row(FILE *out, const Drawing *drawing)
{
	const SnowflakeLayout *layout = drawing->layout;
	char		tick[NUMBER_SIZE];
	char		epoch[LAYOUT_TIMESTAMP_SIZE] = "its slab's";
	char		end[LAYOUT_TIMESTAMP_SIZE];
	char		number[NUMBER_SIZE];

	layout_write_tick(layout->tick_us, tick, sizeof(tick));
	if (layout_is_in_slabs(layout))
		write_duration(layout_end_us(layout) - layout_tick_start_us(layout, 0), end, sizeof(end));
	else
	{
		layout_write_timestamp(layout_tick_start_us(layout, 0), epoch, sizeof(epoch));
		layout_write_timestamp(layout_end_us(layout), end, sizeof(end));
		*strchrnul(end, ' ') = '\0';
	}
	fprintf(out, "| [`%s`](#%s) | ", drawing->preset->name, drawing->preset->name);
	put_fields(out, drawing);
	fprintf(out, " | %s | %s | %s", tick, epoch, in_thousands(layout_ids_per_second(layout), number));
	fprintf(out, " | %s%s | %s", in_thousands(layout_nodes(layout), number),
			layout_is_in_slabs(layout) ? " slabs" : "", end);
	if (layout_uses_sign(layout, LAYOUT_TIME))
		fprintf(out, ", sign");
	fprintf(out, " |\n");
}

static void
die(const char *path, const char *problem)
{
	fprintf(stderr, "draw-layouts: %s: %s\n", path, problem);
	exit(2);
}

/* The content of a file; an empty text if there is none. */
static char *
read_file(const char *path)
{
	FILE	   *file = fopen(path, "r");
	FILE	   *copy;
	char	   *content;
	size_t		size;
	int			c;

	copy = open_memstream(&content, &size);
	while (file != NULL && (c = getc(file)) != EOF)
		putc(c, copy);
	if (file != NULL)
		fclose(file);
	fclose(copy);
	return content;
}

static void
write_file(const char *path, const char *content)
{
	FILE	   *file = fopen(path, "w");

	if (file == NULL || fputs(content, file) == EOF || fclose(file) != 0)
		die(path, "could not be written");
}

/* What there is to do with each file, and how it went. */
typedef struct Task
{
	bool		writes;			/* or else it checks */
	const char *directory;
	int			tests;
	int			failures;
} Task;

static void
finish_file(Task *task, const char *path, const char *content)
{
	char	   *found;
	bool		same;

	if (task->writes)
	{
		write_file(path, content);
		return;
	}
	found = read_file(path);
	same = strcmp(found, content) == 0;
	free(found);
	task->failures += !same;
	printf("%s %d - %s is as `make layouts` writes it\n", same ? "ok" : "not ok", ++task->tests, path);
}

static void
finish_picture(Task *task, const Drawing *drawing, const char *subdirectory, const char *name)
{
	char		path[MAXPGPATH];
	char	   *content;
	size_t		size;
	FILE	   *out = open_memstream(&content, &size);

	layout_draw_svg(out, drawing);
	fclose(out);
	snprintf(path, sizeof(path), "%s/%s%s.svg", task->directory, subdirectory, name);
	finish_file(task, path, content);
	free(content);
}

static const char *const table_start = "<!-- what `make layouts` writes -->\n";
static const char *const table_end = "<!-- until here -->\n";

/* Is each picture shown, with words on it that only a person can write? */
static void
check_is_shown(Task *task, const char *page, const char *name)
{
	char		link[MAXPGPATH];
	bool		shown;

	snprintf(link, sizeof(link), "(layouts/%s.svg)", name);
	shown = strstr(page, link) != NULL;
	task->failures += !shown;
	printf("%s %d - layouts.md tells of %s\n", shown ? "ok" : "not ok", ++task->tests, name);
}

/* Put the table in its place in layouts.md, and leave the rest as it is. */
static void
finish_page(Task *task)
{
	char		path[MAXPGPATH];
	char	   *page;
	char	   *start;
	char	   *end;
	char	   *content;
	size_t		size;
	FILE	   *out = open_memstream(&content, &size);

	snprintf(path, sizeof(path), "%s/layouts.md", task->directory);
	page = read_file(path);
	start = strstr(page, table_start);
	end = start == NULL ? NULL : strstr(start, table_end);
	if (end == NULL)
		die(path, "no place for the table");
	fprintf(out, "%.*s%s\n", (int) (start - page), page, table_start);
	fprintf(out, "| Name | Fields, high to low | Tick | Epoch, UTC | IDs a second a node | Nodes | Ends |\n"
			"| --- | --- | --- | --- | --: | --: | --- |\n");
	for (int i = 0; i < layout_preset_count; i++)
	{
		Drawing		drawing = layout_drawing(i);

		put_row(out, &drawing);
		if (!task->writes)
			check_is_shown(task, page, drawing.preset->name);
	}
	fprintf(out, "\n%s", end);
	fclose(out);
	finish_file(task, path, content);
	free(content);
	free(page);
}

int
main(int argc, char **argv)
{
	Task		task = {0};

	if (argc != 3 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0))
	{
		fprintf(stderr, "usage: draw-layouts write|check DIRECTORY\n");
		return 2;
	}
	task.writes = strcmp(argv[1], "write") == 0;
	task.directory = argv[2];
	for (int i = 0; i < layout_preset_count; i++)
	{
		Drawing		drawing = layout_drawing(i);

		finish_picture(&task, &drawing, "layouts/", drawing.preset->name);
		if (layout_equal(drawing.layout, &layout_default))
		{
			drawing.example = EXAMPLE;
			finish_picture(&task, &drawing, "", "layout");
		}
	}
	finish_page(&task);
	if (!task.writes)
		printf("1..%d\n", task.tests);
	return task.failures > 0;
}
