/*
 * Preloaded by a server, this answers adjtimex() and delays fdatasync() as a
 * file says that IDGEN_TEST_KERNEL names: the kernel's clock is "synchronized",
 * "unsynchronized" or "refused", and the disk may be "slow".  The clock of the
 * machine is everybody's, so tests cannot set it.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* What a slow disk takes. */
#define SLOW_US 300000

EXPORTED int adjtimex(struct timex *clock);
EXPORTED int fdatasync(int file);

/* Does the file contain a word?  Words are separated by spaces. */
static bool
file_says(const char *word)
{
	const char *name = getenv("IDGEN_TEST_KERNEL");
	int			file = name == NULL ? -1 : open(name, O_RDONLY);
	char		words[128];
	ssize_t		length = file < 0 ? 0 : read(file, words, sizeof(words) - 1);
	char	   *rest = words;
	char	   *found;

	if (file >= 0)
		close(file);
	words[Max(length, 0)] = '\0';
	while ((found = strsep(&rest, " \n")) != NULL)
		if (strcmp(found, word) == 0)
			return true;
	return false;
}

int
adjtimex(struct timex *clock)
{
	if (file_says("refused"))
	{
		errno = EPERM;
		return -1;
	}
	memset(clock, 0, sizeof(struct timex));
	clock->status = STA_NANO | (file_says("unsynchronized") ? STA_UNSYNC : 0);
	clock->maxerror = 1500;
	clock->offset = -250000;
	return clock->status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

int
fdatasync(int file)
{
	if (file_says("slow"))
		usleep(SLOW_US);
	return syscall(SYS_fdatasync, file);
}
