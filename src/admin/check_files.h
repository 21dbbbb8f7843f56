/*-------------------------------------------------------------------------
 *
 * check_files.h
 *	  What idgen_check() finds in the server's configuration files.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_FILES_H
#define IDGEN_CHECK_FILES_H

#include "nodes/execnodes.h"

extern bool check_file_name(ReturnSetInfo *result, const char *name);
extern void check_files(ReturnSetInfo *result);

#endif							/* IDGEN_CHECK_FILES_H */
