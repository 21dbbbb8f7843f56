/*-------------------------------------------------------------------------
 *
 * forking.c
 *	  A library as another extension may be: it forks without PostgreSQL knowing, issues IDs
 *	  in the postmaster, and may run short of memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

PG_MODULE_MAGIC;

#if PG_VERSION_NUM < 160000
extern PGDLLEXPORT void _PG_init(void);
#endif

PG_FUNCTION_INFO_V1(forking_issue);
PG_FUNCTION_INFO_V1(forking_issued_in_postmaster);
PG_FUNCTION_INFO_V1(forking_issue_without_memory);

/* What takes no argument and returns 128 bits, or the 64 of a bigint. */
typedef struct Source
{
	FmgrInfo	function;
	bool		is_bigint;
} Source;

static const char *const of_processes[] = {"idgen_uuidv4", "idgen_uuidv7", "idgen_ulid", "idgen_uuidv1", "idgen_uuidv6"};

/* What comes from the server's timelines, for which the postmaster has no slot. */
static const char *const of_server[] = {"idgen_snowflake_nextval", "idgen_uuidv7_sequential", "idgen_snowflake128_nextval"};

static pg_uuid_t issued_in_postmaster[lengthof(of_processes)];

static void
open_source(Source *source, Oid function)
{
	fmgr_info(function, &source->function);
	source->is_bigint = get_func_rettype(function) == INT8OID;
}

static void
issue(Source *source, pg_uuid_t *ids, int count)
{
	for (int i = 0; i < count; i++)
	{
		Datum		id = FunctionCall0Coll(&source->function, InvalidOid);
		int64		number;

		memset(&ids[i], 0, sizeof(ids[i]));
		if (!source->is_bigint)
			memcpy(&ids[i], DatumGetPointer(id), UUID_LEN);
		else
		{
			number = DatumGetInt64(id);
			memcpy(&ids[i], &number, sizeof(number));
		}
	}
}

/* In a child: it reports through a pipe, and ends without a word to PostgreSQL. */
static void
report_from_child(Source *source, int pipe_end, int count)
{
	volatile bool done = false;
	size_t		size = sizeof(pg_uuid_t) * count;

	PG_TRY();
	{
		pg_uuid_t  *ids = palloc(size);

		issue(source, ids, count);
		done = write(pipe_end, ids, size) == (ssize_t) size;
	}
	PG_CATCH();
	{
		done = false;
	}
	PG_END_TRY();
	_exit(done ? 0 : 1);
}

static void
read_from_child(pid_t child, int pipe_end, pg_uuid_t *ids, int count)
{
	size_t		size = sizeof(pg_uuid_t) * count;
	size_t		done = 0;
	ssize_t		got;
	int			status;

	while (done < size && (got = read(pipe_end, (char *) ids + done, size - done)) > 0)
		done += got;
	close(pipe_end);
	if (waitpid(child, &status, 0) != child || status != 0 || done < size)
		elog(ERROR, "child failed");
}

static ArrayType *
uuid_array(pg_uuid_t *ids, int count)
{
	Datum	   *datums = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		datums[i] = UUIDPGetDatum(&ids[i]);
	return construct_array(datums, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
}

/*
 * issue(function regprocedure, count integer) returns uuid[]
 *
 * So many before a fork, in the child, and then in the parent.
 */
Datum
forking_issue(PG_FUNCTION_ARGS)
{
	int			count = PG_GETARG_INT32(1);
	pg_uuid_t  *ids = palloc(sizeof(pg_uuid_t) * 3 * count);
	Source		source;
	int			ends[2];
	pid_t		child;

	open_source(&source, PG_GETARG_OID(0));
	issue(&source, ids, count);
	if (pipe(ends) != 0 || (child = fork()) < 0)
		elog(ERROR, "could not fork: %m");
	if (child == 0)
		report_from_child(&source, ends[1], count);
	close(ends[1]);
	read_from_child(child, ends[0], ids + count, count);
	issue(&source, ids + 2 * count, count);
	PG_RETURN_ARRAYTYPE_P(uuid_array(ids, 3 * count));
}

/* issued_in_postmaster() returns uuid[] */
Datum
forking_issued_in_postmaster(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(uuid_array(issued_in_postmaster, lengthof(issued_in_postmaster)));
}

/* issue_without_memory(function regprocedure): where the process can have no more memory */
Datum
forking_issue_without_memory(PG_FUNCTION_ARGS)
{
	struct rlimit limit;
	struct rlimit none = {.rlim_cur = 0};
	Source		source;
	pg_uuid_t	id;

	open_source(&source, PG_GETARG_OID(0));
	if (getrlimit(RLIMIT_AS, &limit) != 0)
		elog(ERROR, "could not read the limit of memory: %m");
	none.rlim_max = limit.rlim_max;
	setrlimit(RLIMIT_AS, &none);
	PG_TRY();
	{
		issue(&source, &id, 1);
	}
	PG_FINALLY();
	{
		setrlimit(RLIMIT_AS, &limit);
	}
	PG_END_TRY();
	PG_RETURN_VOID();
}

/* Have the log tell why a function issues nothing here. */
static void
log_refusal(const char *symbol)
{
	MemoryContext context = CurrentMemoryContext;
	FmgrInfo	function = {.fn_addr = load_external_function("idgen", symbol, true, NULL)};

	PG_TRY();
	{
		(void) FunctionCall0Coll(&function, InvalidOid);
		elog(LOG, "%s was issued in the postmaster", symbol);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		elog(LOG, "%s was refused in the postmaster: %s", symbol, error->message);
	}
	PG_END_TRY();
}

void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress || IsUnderPostmaster)
		return;
	for (int i = 0; i < lengthof(of_processes); i++)
	{
		Source		source = {.function.fn_addr = load_external_function("idgen", of_processes[i], true, NULL)};

		issue(&source, &issued_in_postmaster[i], 1);
	}
	for (int i = 0; i < lengthof(of_server); i++)
		log_refusal(of_server[i]);
}
