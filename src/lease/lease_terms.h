/*-------------------------------------------------------------------------
 *
 * lease_terms.h
 *	  What the machine of leases is told of this server and its settings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_TERMS_H
#define IDGEN_LEASE_TERMS_H

#include "bits/lease_machine.h"

/* Terms, and the texts that they point to. */
typedef struct LeaseTermsText
{
	LeaseTerms	terms;
	char		layout[LAYOUT_TEXT_SIZE];
	char		holder[LEASE_HOLDER_SIZE];
} LeaseTermsText;

extern void lease_terms_make(LeaseTermsText *result, const SnowflakeLayout *layout, int datacenter);
extern int64 lease_most_ahead_us(void);
extern void lease_make_nonce(char *nonce);

#endif							/* IDGEN_LEASE_TERMS_H */
