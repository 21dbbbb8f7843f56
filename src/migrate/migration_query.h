/*-------------------------------------------------------------------------
 *
 * migration_query.h
 *	  Commands and queries of functions that change the tables of others.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_MIGRATION_QUERY_H
#define IDGEN_MIGRATION_QUERY_H

/* The longest row that migration_query() reads. */
#define MIGRATION_MOST_COLUMNS 8

/* A row of text; NULL is NULL.  No row is not found. */
typedef struct MigrationRow
{
	bool		is_found;
	char	   *values[MIGRATION_MOST_COLUMNS];
} MigrationRow;

extern void migration_run(const char *format, ...) pg_attribute_printf(1, 2);
extern MigrationRow migration_query(const char *query, Oid table, const char *column);
extern MigrationRow migration_query_as_owner(const char *query, Oid relation);
extern void migration_run_as_owner(Oid relation, const char *command);
extern void migration_create_sequence(const char *command, Oid like);
extern void migration_write(Oid owner_of, const char *query, int count, const char *const *values);
extern char *migration_qualified_name(Oid relation);
extern Oid	migration_type(Oid function, const char *name);
extern bool migration_is_owner(Oid table);

#endif							/* IDGEN_MIGRATION_QUERY_H */
