/*-------------------------------------------------------------------------
 *
 * own_layouts.h
 *	  The layouts that IDs in this database may have.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_OWN_LAYOUTS_H
#define IDGEN_OWN_LAYOUTS_H

#include "bits/layout_guess.h"

extern OwnLayout *own_layouts(int *count);

#endif							/* IDGEN_OWN_LAYOUTS_H */
