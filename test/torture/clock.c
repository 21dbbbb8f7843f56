/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  A wall clock that can be stepped, for the servers of the torture.
 *
 *		LD_PRELOAD=clock.so TORTURE_CLOCK=FILE postgres ...
 *		step FILE NANOSECONDS
 *
 * The file holds what the clock is ahead of the machine's.  All processes have it
 * mapped, so a step is seen by all of them at once, and a look at the clock costs
 * hardly more than it does otherwise.  The monotonic clocks are left alone.
 *
 * (libfaketime reads its file whenever it is asked for the time.  And it does not
 * fake during select(), in which the postmaster of PostgreSQL 15 handles the signals
 * that make it start parallel workers; those have the machine's time for ever.)
 *
 * The same file makes the library, and, with -DSTEP, the program.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

/* The number that a file holds, or NULL. */
static int64_t *
map_offset(const char *path, int open_flags, int protection)
{
	int			file = open(path, open_flags, 0644);
	void	   *offset;

	if (file < 0)
		return NULL;
	if ((open_flags & O_CREAT) && ftruncate(file, sizeof(int64_t)) != 0)
		return NULL;
	offset = mmap(NULL, sizeof(int64_t), protection, MAP_SHARED, file, 0);
	close(file);
	return offset == MAP_FAILED ? NULL : offset;
}

#ifdef STEP

int
main(int argc, char **argv)
{
	int64_t    *offset = NULL;

	if (argc == 3)
		offset = map_offset(argv[1], O_RDWR | O_CREAT, PROT_READ | PROT_WRITE);
	if (offset == NULL)
	{
		fprintf(stderr, "usage: step FILE NANOSECONDS\n");
		return 2;
	}
	__atomic_store_n(offset, strtoll(argv[2], NULL, 10), __ATOMIC_SEQ_CST);
	return 0;
}

#else

typedef int (*ClockGettime) (clockid_t, struct timespec *);

static ClockGettime real_clock_gettime = NULL;
static const int64_t *offset_ns = NULL;

__attribute__((constructor))
static void
find_clock(void)
{
	const char *path = getenv("TORTURE_CLOCK");

	real_clock_gettime = (ClockGettime) dlsym(RTLD_NEXT, "clock_gettime");
	if (path != NULL)
		offset_ns = map_offset(path, O_RDONLY, PROT_READ);
	if (real_clock_gettime == NULL || offset_ns == NULL)
	{
		fprintf(stderr, "clock.so: no clock in TORTURE_CLOCK\n");
		_exit(127);
	}
}

/* Other libraries' constructors may come before ours. */
static int
read_clock(clockid_t clock, struct timespec *now)
{
	if (real_clock_gettime == NULL)
		find_clock();
	return real_clock_gettime(clock, now);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int			status = read_clock(clock, now);
	int64_t		ns;

	if (status != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return status;
	ns = now->tv_sec * NS_PER_S + now->tv_nsec + __atomic_load_n(offset_ns, __ATOMIC_RELAXED);
	now->tv_sec = ns / NS_PER_S;
	now->tv_nsec = ns % NS_PER_S;
	return 0;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;

	(void) zone;
	clock_gettime(CLOCK_REALTIME, &precise);
	now->tv_sec = precise.tv_sec;
	now->tv_usec = precise.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *result)
{
	struct timespec precise;

	clock_gettime(CLOCK_REALTIME, &precise);
	if (result != NULL)
		*result = precise.tv_sec;
	return precise.tv_sec;
}

#endif
