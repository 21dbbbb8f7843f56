/*-------------------------------------------------------------------------
 *
 * shape.h
 *	  The ways in which a client (load.c) draws IDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TORTURE_SHAPE_H
#define TORTURE_SHAPE_H

#include "load.h"

/*
 * A way to draw.  The first column of a row is an ID, or an array of them, or the
 * first of a block of $1.  The second is how far the time of an ID may go; it is
 * worked out after the draw.  "@" is where the name of a generator goes, with a
 * comma behind it if there is one in the text.
 */
typedef struct Shape
{
	const char *name;
	int			weight;
	int			least;			/* $1; 0: has none */
	int			most;
	const char *sql;
	const char *begin;			/* NULL: no explicit transaction */
	const char *end;
	bool		is_block;
	bool		is_parallel;	/* IDs come in any order */
	bool		is_canceled;
	bool		is_of_server;	/* not for generators: their IDs may be in a
								 * table already */
} Shape;

/* Out of all shapes, by their weights. */
extern const Shape *shape_choose(Random *random);

/* Whose IDs to draw next. */
extern SourceKind shape_choose_source(Random *random);

/* $1 of a shape. */
extern int	shape_choose_argument(Random *random, const Shape *shape, SourceKind kind);

/* The text of a shape for a source. */
extern void shape_write_sql(char *str, size_t size, const Shape *shape, SourceKind kind);

#endif							/* TORTURE_SHAPE_H */
