/*-------------------------------------------------------------------------
 *
 * base32.h
 *	  The digits of Douglas Crockford's base32.
 *
 * The digits ascend in ASCII, so texts of one length sort like the values that they
 * encode.  Readers accept either case, and read letters that look like a digit as
 * that digit.
 *
 * Source: crockford.com/base32.html.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_BASE32_H
#define IDGEN_BASE32_H

#define BASE32_DIGITS "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/* Pairs of an upper-case letter and the digit that it is read as. */
#define BASE32_LOOK_ALIKES "I1L1O0"

#endif							/* IDGEN_BASE32_H */
