/*-------------------------------------------------------------------------
 *
 * column_default.h
 *	  The default of a column, and what is kept of one that has been replaced.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_COLUMN_DEFAULT_H
#define IDGEN_COLUMN_DEFAULT_H

#define COLUMN_DEFAULT_KEPT_TABLE "idgen_converted_defaults"

typedef enum ColumnDefaultKind
{
	DEFAULT_NONE,
	DEFAULT_EXPRESSION,
	DEFAULT_SERIAL,				/* nextval() of a sequence that the column
								 * owns */
	DEFAULT_IDENTITY,
	DEFAULT_IDENTITY_ALWAYS,
} ColumnDefaultKind;

typedef struct ColumnDefault
{
	ColumnDefaultKind kind;
	Oid			type;			/* of the column */
	bool		is_generated;	/* GENERATED ALWAYS AS (...) STORED */
	const char *expression;		/* unless there is none or an identity; names
								 * are qualified */
	Oid			sequence;		/* that the column owns, or that the
								 * expression uses; or InvalidOid */
} ColumnDefault;

/* A sequence: its name, what CREATE SEQUENCE says of it, and its position. */
typedef struct SequenceOptions
{
	const char *name;			/* qualified and quoted */
	const char *type;
	const char *options;
	const char *last_value;
	const char *is_called;		/* "true" or "false" */
} SequenceOptions;

extern Oid	column_default_kept_table(Oid function);
extern ColumnDefault column_default_read(Oid table, const char *column);
extern const char *column_default_kind_name(ColumnDefaultKind kind);
extern Oid	column_default_owned_sequence(Oid table, const char *column);
extern SequenceOptions column_default_sequence(Oid sequence);
extern void column_default_set_position(const char *sequence, const SequenceOptions *options);
extern bool column_default_is_converted(Oid function, Oid table, const char *column);
extern void column_default_remember(Oid function, Oid table, const char *column, const ColumnDefault *old,
									const char *converted_to);
extern bool column_default_recall(Oid function, Oid table, const char *column, ColumnDefault *found);

#endif							/* IDGEN_COLUMN_DEFAULT_H */
