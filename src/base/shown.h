/*-------------------------------------------------------------------------
 *
 * shown.h
 *	  What users gave us, in messages: not all of it if that is very long.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SHOWN_H
#define IDGEN_SHOWN_H

extern const char *shown(const char *text);

#endif							/* IDGEN_SHOWN_H */
