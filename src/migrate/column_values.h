/*-------------------------------------------------------------------------
 *
 * column_values.h
 *	  Reading the values of a column of numbers without taking long.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_COLUMN_VALUES_H
#define IDGEN_COLUMN_VALUES_H

#include "nodes/pg_list.h"

typedef struct ColumnValues
{
	Oid			table;
	const char *column;
	List	   *quick;			/* OIDs of it and its descendants that are
								 * read */
	List	   *slow;			/* of those that are not */
} ColumnValues;

extern ColumnValues column_values_open(Oid table, const char *column);
extern const char *column_values_greatest(const ColumnValues *values, const char *condition);
extern const char *column_values_least(const ColumnValues *values);
extern void column_values_report_slow(const ColumnValues *values, const char *condition_now);

#endif							/* IDGEN_COLUMN_VALUES_H */
