/*-------------------------------------------------------------------------
 *
 * checked_server.c
 *	  A library that test/sanitize preloads into the server, so that an extension
 *	  built with AddressSanitizer and UBSan can be loaded there and reports go to
 *	  files, whose names begin with FINDINGS.
 *
 * The options are here and not in the environment, as the server writes its
 * title over that before UBSan gets to read it.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#define REPORTS ":abort_on_error=1:log_path=" FINDINGS

extern void __asan_init(void);
extern const char *__asan_default_options(void);
extern const char *__ubsan_default_options(void);

/*
 * What the server starts, such as the shell for a restore_command, is none of our
 * business: of what is preloaded leave it only what comes after this library and
 * AddressSanitizer.
 */
static void
keep_from_children(char **environment)
{
	static const char name[] = "LD_PRELOAD=";

	for (; *environment != NULL; environment++)
	{
		if (strncmp(*environment, name, strlen(name)) == 0)
		{
			char	   *value = *environment + strlen(name);
			char	   *second = strchr(value, ':');
			char	   *rest = strchr(second + 1, ':');

			memmove(value, rest ? rest + 1 : "", rest ? strlen(rest) : 1);
		}
	}
}

/*
 * Linked with -z initfirst, this makes AddressSanitizer the first of all
 * libraries to be initialised.  Left to its turn, it starts when another one's
 * initialisation first calls malloc(), as libgpg-error's and libfaketime's do
 * from within calls that AddressSanitizer then makes itself; and hangs.
 */
static void
__attribute__((constructor))
initialise_first(int argc, char **argv, char **environment)
{
	__asan_init();
	keep_from_children(environment);
}

/*
 * No leaks: PostgreSQL frees memory by context, or by ending the process.
 * Aborting, because exiting may pass for the regular end of a backend.  The
 * order of libraries is as it has to be.
 */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0:verify_asan_link_order=0" REPORTS;
}

/*
 * With both runtimes in a process, UBSan's call to set its path for reports
 * reaches AddressSanitizer instead.  So that is done here, where UBSan comes by
 * before its first report.
 */
const char *
__ubsan_default_options(void)
{
	void	   *ubsan = dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
	void		(*set_report_path) (const char *);

	set_report_path = (void (*) (const char *)) dlsym(ubsan, "__sanitizer_set_report_path");
	set_report_path(FINDINGS);
	return "print_stacktrace=1" REPORTS;
}
