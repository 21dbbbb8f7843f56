/*-------------------------------------------------------------------------
 *
 * check_version.h
 *	  Are the extension's objects in this database of the library's version?
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_VERSION_H
#define IDGEN_CHECK_VERSION_H

#include "nodes/execnodes.h"

extern void check_version(ReturnSetInfo *result);

#endif							/* IDGEN_CHECK_VERSION_H */
