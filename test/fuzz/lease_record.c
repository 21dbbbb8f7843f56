/*-------------------------------------------------------------------------
 *
 * lease_record.c
 *	  What lease_record.c promises of any text that a store may give back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/lease_record.h"

#include "fuzz.h"

/* The heads of records: a fuzzer would not find them soon. */
static const char *const heads[] = {
	"",
	"idgen-lease/1 ",
	"idgen-lease/1 nonce=00112233445566778899aabbccddeeff ",
	"idgen-lease/1 nonce=00112233445566778899aabbccddeeff epoch=1 fence=1 acknowledged=0 holder=",
	"idgen-pool/1 ",
	"idgen-pool/1 identity=00112233445566778899aabbccddeeff datacenter=0 first=0 last=",
	"idgen-pool/1 identity=00112233445566778899aabbccddeeff datacenter=0 first=0 last=1 reach=1 floor=0 incarnation=0 proposal=0 layout=",
	"idgen-pool/1 identity=00112233445566778899aabbccddeeff datacenter=0 first=0 last=1 reach=1 floor=0 incarnation=0 proposal=0 "
	"layout=time+41+bits+of+1+ms+since+2020-01-01,+worker+10,+sequence+12 proposed=",
};

/* A head and the rest of the input, in a block of memory that ends where the text does. */
static char *
take_text(Input *input)
{
	const char *head = heads[take_upto(input, 1, lengthof(heads) - 1)];
	size_t		length = strlen(head);
	char	   *stored = malloc(length + input->size + 1);

	require(stored != NULL);
	memcpy(stored, head, length);
	memcpy(stored + length, input->data, input->size);
	stored[length + input->size] = '\0';
	return stored;
}

/* A record has one text only. */
static void
check_record(const char *stored)
{
	LeaseRecord record;
	char		again[LEASE_RECORD_SIZE];

	memset(&record, 0x7F, sizeof(record));
	if (!lease_record_read(stored, &record))
		return;
	require(strlen(record.nonce) == LEASE_NONCE_SIZE - 1);
	require(record.epoch >= 0 && record.epoch < PG_INT64_MAX && record.fence_us >= 0 && record.acknowledged >= 0);
	lease_record_write(&record, again);
	require(strcmp(stored, again) == 0);
}

/* The same of a pool. */
static void
check_pool(const char *stored)
{
	LeasePool	pool;
	char		again[LEASE_POOL_SIZE];

	memset(&pool, 0x7F, sizeof(pool));
	if (!lease_pool_read(stored, &pool))
		return;
	require(strlen(pool.identity) == LEASE_NONCE_SIZE - 1);
	require(pool.first_worker >= 0 && pool.first_worker <= pool.last_worker && pool.last_worker <= LEASE_MAX_WORKER);
	require(pool.datacenter >= 0 && pool.reach_us >= 0 && pool.floor_us >= 0 && pool.proposal >= 0);
	lease_pool_write(&pool, again);
	require(strcmp(stored, again) == 0);
}

void
check_lease_record(Input *input)
{
	char	   *stored = take_text(input);
	char		clean[LEASE_HOLDER_SIZE];

	check_record(stored);
	check_pool(stored);
	lease_holder_clean(stored, clean);
	require(strlen(clean) < LEASE_HOLDER_SIZE && strchr(clean, ' ') == NULL);
	free(stored);
}
