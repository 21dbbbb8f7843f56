/*
 * What cppcheck has to know of PostgreSQL's macros: it reads the sources without
 * the server's headers.
 */
#include <stdlib.h>

#define PG_VERSION_NUM 150000
#define PG_FUNCTION_INFO_V1(function)
#define PG_MODULE_MAGIC
#define IDGEN_VERSION ""
#define StaticAssertDecl(condition, message)
#define pg_attribute_aligned(bytes)
#define pg_noreturn __attribute__((noreturn))
#define foreach(cell, list) for (cell = list_head(list); cell != NULL; cell = lnext(list, cell))
#define ERROR 21
#define FATAL 22
#define PANIC 23
#define ereport(level, ...) do { if ((level) >= ERROR) abort(); } while (0)
#define elog(level, ...) ereport(level)
