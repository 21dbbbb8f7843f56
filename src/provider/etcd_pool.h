/*-------------------------------------------------------------------------
 *
 * etcd_pool.h
 *	  Pools in etcd: operations as transactions, and their answers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ETCD_POOL_H
#define IDGEN_ETCD_POOL_H

#include "bits/lease_operation.h"
#include "provider/etcd_json.h"

typedef enum EtcdVerdict
{
	ETCD_MALFORMED,				/* says neither that it has been applied, nor
								 * that it has not */
	ETCD_APPLIED,
	ETCD_REFUSED,
} EtcdVerdict;

/*
 * base is the beginning of all keys of the pool.  grant is the lease of etcd
 * that a hold which is taken vanishes with.
 */
extern const char *etcd_pool_request(const char *base, const LeaseOperation *operation, uint64 grant, StringInfo json);
extern EtcdVerdict etcd_pool_answer(const char *base, const LeaseOperation *operation, const JsonbContainer *root,
									LeaseAnswer *answer, uint64 *grant);

extern bool etcd_pool_read_header(const JsonbContainer *root, LeaseAnswer *answer);
extern bool etcd_pool_read_part(const JsonbContainer *part, const JsonbContainer **kv);

#endif							/* IDGEN_ETCD_POOL_H */
