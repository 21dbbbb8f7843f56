/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  Every setting of the library.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SETTINGS_H
#define IDGEN_SETTINGS_H

/* idgen.max_generators: for how many layouts and nodes there is room in shared memory. */
extern int	settings_max_generators;

extern void settings_define(void);

#endif							/* IDGEN_SETTINGS_H */
