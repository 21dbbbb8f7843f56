/*-------------------------------------------------------------------------
 *
 * picture.h
 *	  Lines that explain the columns of the line above them:
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

/*
 * The start of the line that explains a column: a stem below each column before it.
 * str must have room for columns[number] + 1 bytes.
 */
static inline void
picture_stems(const int *columns, int number, char *str)
{
	memset(str, ' ', columns[number]);
	for (int i = 0; i < number; i++)
		str[columns[i]] = '|';
	str[columns[number]] = '\0';
}

#endif							/* IDGEN_PICTURE_H */
