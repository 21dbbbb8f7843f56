/*-------------------------------------------------------------------------
 *
 * dependents.h
 *	  Objects that depend on an object of this database, as PostgreSQL has
 *	  recorded.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_DEPENDENTS_H
#define IDGEN_DEPENDENTS_H

#include "nodes/pg_list.h"

extern List *dependents(Oid class, Oid object);
extern List *dependents_of_extension(void);

#endif							/* IDGEN_DEPENDENTS_H */
