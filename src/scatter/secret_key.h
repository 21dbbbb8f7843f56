/*-------------------------------------------------------------------------
 *
 * secret_key.h
 *	  Secret keys by name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SECRET_KEY_H
#define IDGEN_SECRET_KEY_H

#include "bits/siphash.h"

extern SipKey secret_key_get(Oid function, const char *name);

#endif							/* IDGEN_SECRET_KEY_H */
