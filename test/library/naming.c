/*-------------------------------------------------------------------------
 *
 * naming.c
 *	  Another host name, for LD_PRELOAD.
 *
 * It is the first line of the file that HOST_NAME_FILE names.  A library that
 * was built with _FORTIFY_SOURCE calls the second function.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From 16 on, extensions are built to export nothing that does not say so. */
#define EXPORTED __attribute__((visibility("default")))

extern EXPORTED int gethostname(char *name, size_t size);
extern EXPORTED int __gethostname_chk(char *name, size_t size, size_t room);

int
gethostname(char *name, size_t size)
{
	FILE	   *file = fopen(getenv("HOST_NAME_FILE"), "r");

	memset(name, 0, size);
	if (file == NULL || fgets(name, (int) size, file) == NULL)
		name[0] = '\0';
	if (file != NULL)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
	return 0;
}

int
__gethostname_chk(char *name, size_t size, size_t room)
{
	return gethostname(name, size < room ? size : room);
}
