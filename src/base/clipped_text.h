/*-------------------------------------------------------------------------
 *
 * clipped_text.h
 *	  What users gave us, in messages: not all of it if that is very long.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CLIPPED_TEXT_H
#define IDGEN_CLIPPED_TEXT_H

extern const char *clip_text(const char *text);

#endif							/* IDGEN_CLIPPED_TEXT_H */
