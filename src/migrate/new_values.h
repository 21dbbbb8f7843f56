/*-------------------------------------------------------------------------
 *
 * new_values.h
 *	  Whether a new default of a column would repeat values that are there.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_NEW_VALUES_H
#define IDGEN_NEW_VALUES_H

extern bool new_values_check(Oid table, const char *column, Oid type, Oid function, const char *expression);

#endif							/* IDGEN_NEW_VALUES_H */
