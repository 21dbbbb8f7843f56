/*-------------------------------------------------------------------------
 *
 * lease_secret.c
 *	  The user and the password for the coordination store, from a file.
 *
 * The file has lines "user = name" and "password = secret".  What is after the
 * equals sign and the spaces that follow it, up to the end of the line, is the
 * value.  Empty lines and lines that begin with # are comments.
 *
 * The secret is not a setting, because PostgreSQL shows settings, and logs
 * values that change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/stringinfo.h"
#include "storage/fd.h"

#include "base/compat.h"
#include "lease/lease_secret.h"

char	   *lease_secret_file = NULL;

/* A secret file is not longer than this. */
#define LONGEST_FILE 8192

/* As PostgreSQL checks private keys: it belongs to us, and to nobody else. */
static void
check_file_mode(const char *path, FILE *file)
{
	struct stat status;

	if (fstat(fileno(file), &status) != 0)
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not stat file \"%s\": %m", path));
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		ereport(ERROR,
				errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("secret file \"%s\" can be used by others", path),
				errhint("The file must belong to the user that runs the server, and have permissions 0600 or less."));
}

/* The value of a line if its name is this, in the current memory context; or NULL. */
static char *
get_value(const char *line, const char *name)
{
	size_t		length = strlen(name);
	char	   *value;

	if (strncmp(line, name, length) != 0)
		return NULL;
	line += length;
	line += strspn(line, " \t");
	if (*line++ != '=')
		return NULL;
	line += strspn(line, " \t");
	value = pstrdup(line);
	value[strcspn(value, "\r\n")] = '\0';
	return value;
}

/* The error names the line by its number: its text may be a secret. */
static void
read_line(const char *path, int number, const char *line, LeaseSecret *secret)
{
	char	   *user = get_value(line, "user");
	char	   *password = get_value(line, "password");

	if (user != NULL)
		secret->user = user;
	else if (password != NULL)
		secret->password = password;
	else if (line[strspn(line, " \t\r\n")] != '\0' && line[0] != '#')
		ereport(ERROR,
				errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("invalid line %d in secret file \"%s\"", number, path),
				errhint("A line is \"user = ...\" or \"password = ...\", or begins with #."));
}

/*
 * Read a file with a user and a password; nothing if path is NULL or empty.
 * The result is in the current memory context.  Errors: CONFIG_FILE_ERROR, and
 * those of reading files.
 */
LeaseSecret
lease_secret_read(const char *path)
{
	LeaseSecret secret = {0};
	char		line[LONGEST_FILE];
	FILE	   *file;

	if (path == NULL || path[0] == '\0')
		return secret;
	file = AllocateFile(path, "r");
	if (file == NULL)
		ereport(ERROR,
				errcode_for_file_access(),
				errmsg("could not open secret file \"%s\": %m", path));

	/* The agent has no transaction, at whose end files would be closed. */
	PG_TRY();
	{
		check_file_mode(path, file);
		for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++)
			read_line(path, number, line, &secret);
	}
	PG_FINALLY();
	{
		explicit_bzero(line, sizeof(line));
		FreeFile(file);
	}
	PG_END_TRY();
	return secret;
}
