/*-------------------------------------------------------------------------
 *
 * randomness.c
 *	  Tests of random.c, in TAP: with the server's own source of random numbers, and a
 *	  look at the pool.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miscadmin.h"

#include "uuid_bits.h"

#include "tap.h"

/* The server's variable.  Its ereport() ends a program that has no server. */
int			MyProcPid;

#undef ereport
#define ereport(...) abort()

#include "../../src/random.c"

#define ST_SORT sort_uuids
#define ST_ELEMENT_TYPE UuidBits
#define ST_COMPARE(a, b) ((a)->high != (b)->high ? ((a)->high < (b)->high ? -1 : 1) : ((a)->low > (b)->low) - ((a)->low < (b)->low))
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define POOLS 4

static bool
has_word(const uint64 *words, int count, uint64 word)
{
	for (int i = 0; i < count; i++)
		if (words[i] == word)
			return true;
	return false;
}

static bool
has_any(const uint64 *words, int count, const uint64 *others, int other_count)
{
	for (int i = 0; i < other_count; i++)
		if (has_word(words, count, others[i]))
			return true;
	return false;
}

/* Some pools, one word after the other. */
static void
test_pool(void)
{
	static uint64 drawn[POOLS * POOL_WORDS];
	bool		from_pool = true;
	bool		wiped = true;
	bool		kept = true;
	bool		new = true;

	for (int i = 0; i < lengthof(drawn); i++)
	{
		uint64		before[POOL_WORDS];
		int			left = pool_left;

		memcpy(before, pool, sizeof(pool));
		drawn[i] = random_word();
		if (left > 0)
		{
			from_pool = from_pool && pool_left == left - 1 && drawn[i] == before[left - 1];
			kept = kept && memcmp(pool, before, sizeof(uint64) * pool_left) == 0;
		}
		for (int used = pool_left; used < POOL_WORDS; used++)
			wiped = wiped && pool[used] == 0;
		new = new && !has_word(drawn, i, drawn[i]) && !has_word(pool, POOL_WORDS, drawn[i]);
	}
	check(from_pool, "a word is taken out of the pool");
	check(kept, "what is left in the pool stays");
	check(wiped, "what was handed out is wiped");
	check(new, "no word is handed out twice");
	is_number(pool_left, 0, "the pool is used up in the end");
	check(has_word(pool, POOL_WORDS, 0) && !has_any(pool, POOL_WORDS, drawn, lengthof(drawn)), "and has nothing in it");
}

/* Draws more words than a pool has in a child, which is another process, and reports them. */
static void
draw_in_child(uint64 *words, int count)
{
	int			ends[2];
	int			status;
	pid_t		child;

	fflush(stdout);
	if (pipe(ends) != 0 || (child = fork()) < 0)
		abort();
	if (child == 0)
	{
		/* As a server's process does when it starts. */
		MyProcPid = getpid();
		for (int i = 0; i < count; i++)
			words[i] = random_word();
		_exit(write(ends[1], words, sizeof(uint64) * count) != sizeof(uint64) * count);
	}
	close(ends[1]);
	for (size_t done = 0; done < sizeof(uint64) * count;)
	{
		ssize_t		got = read(ends[0], (char *) words + done, sizeof(uint64) * count - done);

		if (got <= 0)
			abort();
		done += got;
	}
	close(ends[0]);
	if (waitpid(child, &status, 0) != child || status != 0)
		abort();
}

static void
test_fork(void)
{
	uint64		inherited[POOL_WORDS];
	uint64		of_children[2][POOL_WORDS + 1];
	uint64		of_parent[POOL_WORDS + 1];
	int			left;
	bool		parent_goes_on = true;

	for (int i = 0; i < 7; i++)
		(void) random_word();
	left = pool_left;
	memcpy(inherited, pool, sizeof(pool));
	check(left > POOL_WORDS / 2, "there is a pool to inherit");

	for (int i = 0; i < 2; i++)
		draw_in_child(of_children[i], POOL_WORDS + 1);
	for (int i = 0; i < POOL_WORDS + 1; i++)
	{
		of_parent[i] = random_word();
		if (i < left)
			parent_goes_on = parent_goes_on && of_parent[i] == inherited[left - 1 - i];
	}

	check(parent_goes_on, "the parent goes on with its pool");
	for (int i = 0; i < 2; i++)
	{
		check(!has_any(inherited, left, of_children[i], POOL_WORDS + 1), "a child draws nothing from the pool it inherits");
		check(!has_any(of_parent, POOL_WORDS + 1, of_children[i], POOL_WORDS + 1), "nor its parent from the child's");
	}
	check(!has_any(of_children[0], POOL_WORDS + 1, of_children[1], POOL_WORDS + 1), "nor a child from that of another");
}

/* Version 4 is 122 random bits.  Six standard deviations off is one of them in a run of four million. */
static void
test_uuids(void)
{
	const int	count = 10000000;
	const double deviation = sqrt(count) / 2;
	UuidBits   *uuids = malloc(sizeof(UuidBits) * count);
	static uint32 bytes_seen[UUID_BYTES][256];
	bool		fixed = true;
	bool		balanced = true;
	int			random_bits = 0;
	int			repeats = 0;

	if (uuids == NULL)
		abort();
	for (int i = 0; i < count; i++)
	{
		unsigned char bytes[UUID_BYTES];

		uuids[i].high = random_word();
		uuids[i].low = random_word();
		uuids[i] = uuid_stamp(uuids[i], 4);
		uuid_bits_write(uuids[i], bytes);
		for (int byte = 0; byte < UUID_BYTES; byte++)
			bytes_seen[byte][bytes[byte]]++;
		fixed = fixed && bytes[6] >> 4 == 4 && bytes[8] >> 6 == 2;
	}
	check(fixed, "10^7 UUIDs: version and variant");

	for (int bit = 0; bit < UUID_BYTES * 8; bit++)
	{
		int			set = 0;

		for (int value = 0; value < 256; value++)
			if (value & (0x80 >> bit % 8))
				set += bytes_seen[bit / 8][value];
		if ((bit >= 48 && bit < 52) || bit == 64 || bit == 65)
			continue;
		random_bits++;
		if (fabs(set - count / 2.0) > 6 * deviation)
		{
			balanced = false;
			printf("# bit %d is set in %d\n", bit, set);
		}
	}
	is_number(random_bits, 122, "10^7 UUIDs: the rest is random bits");
	check(balanced, "10^7 UUIDs: each random bit is set in half of them");

	sort_uuids(uuids, count);
	for (int i = 1; i < count; i++)
		repeats += uuid_bits_equal(uuids[i - 1], uuids[i]);
	is_number(repeats, 0, "10^7 UUIDs: none comes twice");
	free(uuids);
}

int
main(void)
{
	MyProcPid = getpid();
	test_pool();
	test_fork();
	test_uuids();
	return done_testing();
}
