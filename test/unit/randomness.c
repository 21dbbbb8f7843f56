/*-------------------------------------------------------------------------
 *
 * randomness.c
 *	  Tests of random.c and process_state.c, in TAP: with the server's own source of random
 *	  numbers, and a look at the pool.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bits/uuid_bits.h"

#include "tap.h"

/* What the kernel knows of advice. */
typedef enum Kernel
{
	KERNEL_NEW,					/* all that this one knows */
	KERNEL_OLD,					/* nothing */
	KERNEL_EMULATED,			/* accepts everything, and does nothing */
} Kernel;

static Kernel kernel = KERNEL_NEW;

static int
advise(void *memory, size_t size, int advice)
{
	if (kernel == KERNEL_NEW)
		return madvise(memory, size, advice);
	errno = EINVAL;
	return kernel == KERNEL_OLD ? -1 : 0;
}

/* The server's ereport() ends a program that has no server. */
#undef ereport
#define ereport(...) abort()
#define madvise advise

#include "../../src/engine/process_state.c"
#include "../../src/engine/random.c"

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
	static uint64 drawn[POOLS * RANDOM_WORDS];
	const ProcessState *state = process_state();
	bool		from_pool = true;
	bool		wiped = true;
	bool		kept = true;
	bool		new = true;

	for (int i = 0; i < lengthof(drawn); i++)
	{
		uint64		before[RANDOM_WORDS];
		int			left = state->words_left;

		memcpy(before, state->words, sizeof(before));
		drawn[i] = random_word();
		if (left > 0)
		{
			from_pool = from_pool && state->words_left == left - 1 && drawn[i] == before[left - 1];
			kept = kept && memcmp(state->words, before, sizeof(uint64) * state->words_left) == 0;
		}
		for (int used = state->words_left; used < RANDOM_WORDS; used++)
			wiped = wiped && state->words[used] == 0;
		new = new && !has_word(drawn, i, drawn[i]) && !has_word(state->words, RANDOM_WORDS, drawn[i]);
	}
	check(from_pool, "a word is taken out of the pool");
	check(kept, "what is left in the pool stays");
	check(wiped, "what was handed out is wiped");
	check(new, "no word is handed out twice");
	is_number(state->words_left, 0, "the pool is used up in the end");
	check(has_word(state->words, RANDOM_WORDS, 0) && !has_any(state->words, RANDOM_WORDS, drawn, lengthof(drawn)), "and has nothing in it");
}

/* Is memory all zeros? */
static bool
is_zero(const void *memory, size_t size)
{
	const unsigned char *bytes = memory;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* A child of which only the system knows: draws more words than a pool has, and reports them. */
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
		if (!is_zero(process_state(), sizeof(ProcessState)))
			_exit(2);
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
test_fork(const char *name)
{
	uint64		inherited[RANDOM_WORDS];
	uint64		of_children[2][RANDOM_WORDS + 1];
	uint64		of_parent[RANDOM_WORDS + 1];
	ProcessState *state;
	int			left;
	bool		parent_goes_on = true;

	for (int i = 0; i < 7; i++)
		(void) random_word();
	state = process_state();
	state->uuidv7.unix_ns = 1;
	state->uuidv7.tail = 2;
	state->ulid = uuid_bits_make(3, 4);
	state->gregorian.last.node = 5;
	left = state->words_left;
	memcpy(inherited, state->words, sizeof(inherited));
	check(left > RANDOM_WORDS / 2, of("there is a pool to inherit", name));

	/* These end otherwise if a child inherits anything. */
	for (int i = 0; i < 2; i++)
		draw_in_child(of_children[i], RANDOM_WORDS + 1);
	check(state->uuidv7.tail == 2 && state->ulid.low == 4 && state->gregorian.last.node == 5, of("the parent keeps its state", name));
	for (int i = 0; i < RANDOM_WORDS + 1; i++)
	{
		of_parent[i] = random_word();
		if (i < left)
			parent_goes_on = parent_goes_on && of_parent[i] == inherited[left - 1 - i];
	}

	check(parent_goes_on, of("the parent goes on with its pool", name));
	for (int i = 0; i < 2; i++)
	{
		check(!has_any(inherited, left, of_children[i], RANDOM_WORDS + 1), of("a child draws nothing from the pool it inherits", name));
		check(!has_any(of_parent, RANDOM_WORDS + 1, of_children[i], RANDOM_WORDS + 1), of("nor its parent from the child's", name));
	}
	check(!has_any(of_children[0], RANDOM_WORDS + 1, of_children[1], RANDOM_WORDS + 1), of("nor a child from that of another", name));
}

#ifdef MADV_WIPEONFORK
/* The kernel's flags of the memory that the state lies in. */
static const char *
flags_of_state(void)
{
	static char line[512];
	FILE	   *maps = fopen("/proc/self/smaps", "r");
	bool		is_ours = false;

	if (maps == NULL)
		abort();
	while (fgets(line, sizeof(line), maps) != NULL)
	{
		unsigned long start,
					end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			is_ours = start <= (uintptr_t) process_state() && (uintptr_t) process_state() < end;
		else if (is_ours && strncmp(line, "VmFlags:", strlen("VmFlags:")) == 0)
			break;
	}
	fclose(maps);
	return line;
}
#endif

static void
test_memory(void)
{
	kernel = KERNEL_NEW;
	test_fork("this kernel");
#ifdef MADV_WIPEONFORK
	/* An emulator that accepts all advice follows none. */
	check(!kernel_wipes_in_child(process_state()) || strstr(flags_of_state(), " wf ") != NULL, "the kernel wipes the state in children");
	check(!kernel_wipes_in_child(process_state()) || strstr(flags_of_state(), " dd ") != NULL, "and leaves it out of core files");
#endif
	for (kernel = KERNEL_OLD; kernel <= KERNEL_EMULATED; kernel++)
	{
		process_state_mapped = NULL;
		test_fork(kernel == KERNEL_OLD ? "a kernel that wipes nothing" : "one that says it does");
	}
}

/* Version 4 is 122 random bits.  Six standard deviations off is one of them in a run of four million. */
static void
test_uuid_bits(UuidBits *uuids, int count)
{
	const double deviation = sqrt(count) / 2;
	static uint32 bytes_seen[UUID_BYTES][256];
	bool		fixed = true;
	bool		balanced = true;
	int			random_bits = 0;

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
}

static void
test_uuids(void)
{
	const int	count = 10000000;
	UuidBits   *uuids = malloc(sizeof(UuidBits) * count);
	int			repeats = 0;

	if (uuids == NULL)
		abort();
	test_uuid_bits(uuids, count);
	sort_uuids(uuids, count);
	for (int i = 1; i < count; i++)
		repeats += uuid_bits_equal(uuids[i - 1], uuids[i]);
	is_number(repeats, 0, "10^7 UUIDs: none comes twice");
	free(uuids);
}

int
main(void)
{
	test_pool();
	test_memory();
	test_uuids();
	return done_testing();
}
