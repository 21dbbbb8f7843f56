/*-------------------------------------------------------------------------
 *
 * process_state.c
 *	  Mapping the state of a process, and wiping it in children.
 *
 * Where the kernel supports it, it wipes the memory in a child itself, however
 * the child was created, and leaves it out of core files.  Elsewhere fork()
 * calls us in the child.  Either way, users of the state need not compare
 * process IDs, which would cost more than an ID.  A process that executes
 * another program starts without the mapping.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pthread.h>
#include <sys/mman.h>

#include "engine/process_state.h"

ProcessState *process_state_mapped = NULL;

static void
wipe_state(void)
{
	memset(process_state_mapped, 0, sizeof(ProcessState));
}

/*
 * Ask the kernel to wipe the memory in children.  Some emulators accept any
 * advice and follow none, so one that is invalid is tried first.
 */
static bool
kernel_wipes_in_child(ProcessState *state)
{
#ifdef MADV_WIPEONFORK
	return madvise(state, sizeof(*state), -1) != 0 && madvise(state, sizeof(*state), MADV_WIPEONFORK) == 0;
#else
	return false;
#endif
}

static void
leave_out_of_core_files(ProcessState *state)
{
#ifdef MADV_DONTDUMP
	(void) madvise(state, sizeof(*state), MADV_DONTDUMP);
#endif
}

static void
report_map_failure(void)
{
	ereport(ERROR,
			errcode(ERRCODE_OUT_OF_MEMORY),
			errmsg("out of memory"),
			errdetail("Could not map %zu bytes for the random numbers of this process: %m.", sizeof(ProcessState)));
}

/* Map whole pages, full of zeros.  ERROR OUT_OF_MEMORY; the next call tries again. */
void
process_state_map(void)
{
	ProcessState *state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (state == MAP_FAILED)
		report_map_failure();
	if (!kernel_wipes_in_child(state) && (errno = pthread_atfork(NULL, NULL, wipe_state)) != 0)
	{
		int			error = errno;

		munmap(state, sizeof(*state));
		errno = error;
		report_map_failure();
	}
	leave_out_of_core_files(state);
	process_state_mapped = state;
}
