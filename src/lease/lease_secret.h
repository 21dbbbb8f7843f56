/*-------------------------------------------------------------------------
 *
 * lease_secret.h
 *	  The user and the password for the coordination store.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_SECRET_H
#define IDGEN_LEASE_SECRET_H

/* idgen.lease_secret_file */
extern char *lease_secret_file;

typedef struct LeaseSecret
{
	const char *user;			/* NULL: not given */
	const char *password;		/* NULL: not given */
} LeaseSecret;

extern LeaseSecret lease_secret_read(const char *path);

#endif							/* IDGEN_LEASE_SECRET_H */
