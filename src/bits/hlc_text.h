/*-------------------------------------------------------------------------
 *
 * hlc_text.h
 *	  A value of a hybrid logical clock as a time and a count.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HLC_TEXT_H
#define IDGEN_HLC_TEXT_H

extern bool hlc_text_read(const char *str, int64 *hlc);

#endif							/* IDGEN_HLC_TEXT_H */
