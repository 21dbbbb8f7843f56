/*-------------------------------------------------------------------------
 *
 * upgrade_casts.h
 *	  Casts for what pg_upgrade creates before them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UPGRADE_CASTS_H
#define IDGEN_UPGRADE_CASTS_H

extern void upgrade_casts_init(void);

#endif							/* IDGEN_UPGRADE_CASTS_H */
