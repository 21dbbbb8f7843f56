/*-------------------------------------------------------------------------
 *
 * column_uses.h
 *	  What else depends on how a column is filled.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_COLUMN_USES_H
#define IDGEN_COLUMN_USES_H

extern void column_uses_report(Oid table, const char *column, Oid sequence);
extern const char *column_uses_widening(Oid table, const char *column);

#endif							/* IDGEN_COLUMN_USES_H */
