/*-------------------------------------------------------------------------
 *
 * base32.h
 *	  The digits of Douglas Crockford's base32.
 *
 * They ascend in ASCII, so texts of one length sort as what they encode.  Readers
 * take either case, and what looks like a digit for that digit.
 *
 * Source: crockford.com/base32.html.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_BASE32_H
#define IDGEN_BASE32_H

#define BASE32_DIGITS "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/* Pairs: a letter in upper case, and the digit that it is read as. */
#define BASE32_LOOK_ALIKES "I1L1O0"

#endif							/* IDGEN_BASE32_H */
