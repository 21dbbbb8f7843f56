/*-------------------------------------------------------------------------
 *
 * upgrade_casts.h
 *	  Casts for objects that pg_upgrade creates before the casts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UPGRADE_CASTS_H
#define IDGEN_UPGRADE_CASTS_H

extern void upgrade_casts_init(void);

#endif							/* IDGEN_UPGRADE_CASTS_H */
