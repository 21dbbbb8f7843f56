/*-------------------------------------------------------------------------
 *
 * shape.c
 *	  See shape.h.
 *
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>

#include "shape.h"

/* A frame of 53 bits has 128 IDs a tick, so no larger block, and no batch that takes a second. */
#define MOST_OF_JS 1000
#define LARGEST_JS_BLOCK 128

#define LIMIT "clock_timestamp() + current_setting('idgen.max_drift')::interval"
#define ROWS "SELECT snowflake_nextval(@), " LIMIT " FROM generate_series(1, $1)"
#define BATCH "SELECT snowflake_nextvals(@, $1), " LIMIT
#define BLOCK "SELECT snowflake_next_block(@, $1), " LIMIT
#define INSERT "INSERT INTO drawn (n) SELECT generate_series(1, $1) RETURNING id, " LIMIT

static const Shape shapes[] = {
	{
		.name = "single",
		.weight = 50,
		.sql = "SELECT snowflake_nextval(@), " LIMIT,
	},
	{
		.name = "burst",
		.weight = 10,
		.least = 2,
		.most = 500,
		.sql = ROWS,
	},
	{
		.name = "batch",
		.weight = 12,
		.least = 1000,
		.most = 10000,
		.sql = BATCH,
	},
	{
		.name = "small batch",
		.weight = 5,
		.least = 1,
		.most = 100,
		.sql = BATCH,
	},
	{
		.name = "large batch",
		.weight = 1,
		.least = 20000,
		.most = 100000,
		.sql = BATCH,
	},
	{
		.name = "block",
		.weight = 8,
		.least = 1,
		.most = 4096,
		.is_block = true,
		.sql = BLOCK,
	},
	{
		.name = "block cut short",
		.weight = 6,
		.least = 4096,
		.most = 4096,
		.is_block = true,
		.sql = BLOCK,
		.begin = "BEGIN; SET LOCAL statement_timeout = '1ms'",
		.end = "ROLLBACK",
	},
	{
		.name = "slow",
		.weight = 1,
		.least = 20,
		.most = 200,
		.sql = "SELECT snowflake_nextval(@), " LIMIT ", pg_sleep(0.001) FROM generate_series(1, $1)",
	},
	{
		.name = "parallel",
		.weight = 1,
		.is_parallel = true,
		.sql = "SELECT snowflake_nextval(@), " LIMIT " FROM many",
	},
	{
		.name = "in a read-only transaction",
		.weight = 3,
		.least = 1,
		.most = 300,
		.sql = ROWS,
		.begin = "BEGIN READ ONLY",
		.end = "COMMIT",
	},
	{
		.name = "rolled back",
		.weight = 3,
		.least = 1,
		.most = 50,
		.is_of_server = true,
		.sql = INSERT,
		.begin = "BEGIN READ WRITE",
		.end = "ROLLBACK",
	},
	{
		.name = "committed",
		.weight = 1,
		.least = 1,
		.most = 50,
		.is_of_server = true,
		.sql = INSERT,
		.begin = "BEGIN READ WRITE",
		.end = "COMMIT",
	},
	{
		.name = "failing half-way",
		.weight = 3,
		.least = 2,
		.most = 1000,
		.sql = "SELECT snowflake_nextval(@), " LIMIT ", 1 / ($1 / 2 - n) FROM generate_series(1, $1) AS n",
	},
	{
		.name = "canceled",
		.weight = 1,
		.least = 5000,
		.most = 20000,
		.is_canceled = true,
		.sql = ROWS,
	},
};

#define SHAPES ((int) (sizeof(shapes) / sizeof(shapes[0])))

/* Out of 100 statements. */
static const int source_weights[SOURCE_KINDS] = {
	[SERVER] = 48,
	[FIXED] = 6,
	[MOVED] = 10,
	[PART] = 10,
	[FOLLOWER] = 6,
	[JS] = 4,
	[TOUR] = 16,
};

const Shape *
shape_choose(Random *random)
{
	int			total = 0;
	int			at;

	for (int i = 0; i < SHAPES; i++)
		total += shapes[i].weight;
	at = load_random_between(random, 0, total - 1);
	for (int i = 0; i < SHAPES; i++)
	{
		at -= shapes[i].weight;
		if (at < 0)
			return &shapes[i];
	}
	abort();
}

SourceKind
shape_choose_source(Random *random)
{
	int			at = load_random_between(random, 0, 99);
	int			kind = SERVER;

	while ((at -= source_weights[kind]) >= 0)
		kind++;
	return kind;
}

int
shape_choose_argument(Random *random, const Shape *shape, SourceKind kind)
{
	int			argument = load_random_between(random, shape->least, shape->most);
	int			most = shape->is_block ? LARGEST_JS_BLOCK : MOST_OF_JS;

	if (kind != JS || argument <= most)
		return argument;
	return load_random_between(random, shape->least < most ? shape->least : most, most);
}

void
shape_write_sql(char *str, size_t size, const Shape *shape, SourceKind kind)
{
	size_t		length = 0;

	for (const char *c = shape->sql; *c && length + 32 < size; c++)
	{
		if (*c != '@')
			str[length++] = *c;
		else if (kind != SERVER)
			length += snprintf(str + length, size - length, "'%s'", source_names[kind]);
		else if (c[1] == ',')
			c++;
	}
	str[length] = '\0';
}
