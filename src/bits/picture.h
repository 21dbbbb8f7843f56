/*-------------------------------------------------------------------------
 *
 * picture.h
 *	  Lines that say what the columns of a line above them mean:
 *
 *		01 0101 11
 *		|  |    the third
 *		|  the second
 *		the first
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_PICTURE_H
#define IDGEN_PICTURE_H

/* What leads to the meaning of column number: stems below those before it.  text has room for columns[number] + 1. */
static inline void
picture_stems(const int *columns, int number, char *text)
{
	memset(text, ' ', columns[number]);
	for (int i = 0; i < number; i++)
		text[columns[i]] = '|';
	text[columns[number]] = '\0';
}

#endif							/* IDGEN_PICTURE_H */
