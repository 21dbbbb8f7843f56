/*-------------------------------------------------------------------------
 *
 * clipped_text.h
 *	  Text from users and others, clipped for messages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CLIPPED_TEXT_H
#define IDGEN_CLIPPED_TEXT_H

extern const char *clip_text(const char *str);
extern void clip_into(char *buffer, size_t size, const char *str);

#endif							/* IDGEN_CLIPPED_TEXT_H */
