/*-------------------------------------------------------------------------
 *
 * standbys.h
 *	  Have synchronous standbys got what was written?
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_STANDBYS_H
#define IDGEN_STANDBYS_H

#include "access/xlogdefs.h"

extern bool standbys_have(XLogRecPtr lsn);

#endif							/* IDGEN_STANDBYS_H */
