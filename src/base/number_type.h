/*-------------------------------------------------------------------------
 *
 * number_type.h
 *	  Input of types that are int8 without negative numbers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_NUMBER_TYPE_H
#define IDGEN_NUMBER_TYPE_H

#include "fmgr.h"

extern Datum number_type_in(FunctionCallInfo fcinfo, const char *str, const char *type);
extern Datum number_type_datum(int64 value, const char *type);

#endif							/* IDGEN_NUMBER_TYPE_H */
