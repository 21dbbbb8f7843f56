/*-------------------------------------------------------------------------
 *
 * lease_record.c
 *	  Tests of lease_record.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/lease_record.h"
#include "bits/seeded_random.h"

#include "tap.h"

#define NONCE "00112233445566778899aabbccddeeff"
#define LAYOUT "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"
#define LAYOUT_WORD "time+41+bits+of+1+ms+since+2020-01-01,+worker+10,+sequence+12"

#define RECORD "idgen-lease/1 nonce=" NONCE " epoch=7 fence=1795910400000000 acknowledged=2 holder=host:/data"
#define POOL_HEAD "idgen-pool/1 identity=" NONCE " datacenter=3 first=0 last=1023 reach=60000000 floor=5 incarnation=9 proposal=2"
#define POOL POOL_HEAD " layout=" LAYOUT_WORD " proposed="

/* Enough for any text that is too long to be a record. */
#define LONG_SIZE 4096

static void
test_record(void)
{
	LeaseRecord record;
	char		written[LEASE_RECORD_SIZE];

	check(lease_record_read(RECORD, &record), "a record is read");
	is_text(record.nonce, NONCE, "its nonce");
	is_number(record.epoch, 7, "its epoch");
	is_number(record.fence_us, INT64CONST(1795910400000000), "its fence");
	is_number(record.acknowledged, 2, "what its holder has acknowledged");
	is_text(record.holder, "host:/data", "its holder");
	lease_record_write(&record, written);
	is_text(written, RECORD, "it is written as it was read");
}

static void
test_longest_record(void)
{
	LeaseRecord record = {
		.epoch = PG_INT64_MAX - 1,
		.fence_us = PG_INT64_MAX,
		.acknowledged = PG_INT64_MAX,
	};
	LeaseRecord again;
	char		written[LEASE_RECORD_SIZE + 1];
	char		written_again[LEASE_RECORD_SIZE];

	memset(record.nonce, 'f', LEASE_NONCE_SIZE - 1);
	memset(record.holder, 'h', LEASE_HOLDER_SIZE - 1);
	written[LEASE_RECORD_SIZE] = '!';

	lease_record_write(&record, written);
	check(written[LEASE_RECORD_SIZE] == '!' && strlen(written) < LEASE_RECORD_SIZE - 1, "the longest record has room");
	check(lease_record_read(written, &again), "the longest record is read");
	lease_record_write(&again, written_again);
	is_text(written_again, written, "the longest record is written as it was read");
}

/* What is written for a holder of this name. */
static void
is_holder(const char *name, const char *expected, const char *what)
{
	LeaseRecord record = {
		.nonce = NONCE,
		.epoch = 1,
	};
	LeaseRecord again;
	char		written[LEASE_RECORD_SIZE];

	strlcpy(record.holder, name, LEASE_HOLDER_SIZE);
	lease_record_write(&record, written);
	check(lease_record_read(written, &again), of("it is read again", what));
	is_text(again.holder, expected, what);
}

static void
test_holders(void)
{
	char		clean[LEASE_HOLDER_SIZE];
	char		name[LONG_SIZE];

	is_holder("", "", "a holder without a name");
	is_holder("db 1:/var/lib/my data", "db_1:/var/lib/my_data", "a holder with spaces");
	is_holder("a\tb\nc\x7f" "d", "a_b_c_d", "a holder with control characters");
	is_holder("a=b epoch=9", "a=b_epoch=9", "a holder that looks like words");
	is_holder("caf\xc3\xa9", "caf__", "a holder with other letters");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	lease_holder_clean(name, clean);
	is_number(strlen(clean), LEASE_HOLDER_SIZE - 1, "a long name is cut");
}

static void
test_wrong_records(void)
{
	static const char *const wrong[] = {
		"",
		" ",
		"idgen-lease/1",
		"idgen-lease/1 ",
		"idgen-lease/2 nonce=" NONCE " epoch=7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/11 nonce=" NONCE " epoch=7 fence=1 acknowledged=2 holder=h",
		"IDGEN-LEASE/1 nonce=" NONCE " epoch=7 fence=1 acknowledged=2 holder=h",
		" " RECORD,
		RECORD " ",
		RECORD " more=1",
		RECORD "\n",
		"idgen-lease/1  nonce=" NONCE " epoch=7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " fence=1 epoch=7 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=1 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=1 acknowledged=2",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=1 acknowledged=2 holder",
		"idgen-lease/1 nonce=" NONCE "0 epoch=7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=0011223344556677 epoch=7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=00112233445566778899AABBCCDDEEFF epoch=7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=0011223344556677-899aabbccddeeff epoch=7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce= epoch=7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch= fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=07 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=+7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=-7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=0x7 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=9223372036854775807 fence=1 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=9223372036854775808 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=18446744073709551617 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=1000000000000000000000000 acknowledged=2 holder=h",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=1 acknowledged=2 holder=a\nb",
		"idgen-lease/1 nonce=" NONCE " epoch=7 fence=1 acknowledged=2 holder=\xc3",
		POOL,
	};

	for (int i = 0; i < lengthof(wrong); i++)
	{
		LeaseRecord record;
		bool		is_read = lease_record_read(wrong[i], &record);

		check(!is_read, "this is no record");
		if (is_read)
			printf("# %d: %s\n", i, wrong[i]);
	}
}

/* Each end of a record that lacks something, and each word of it that is too long. */
static void
test_damaged_records(void)
{
	LeaseRecord record;
	char		written[LONG_SIZE];
	int			wrong = 0;

	for (int length = 0; length < (int) strlen(RECORD) - (int) strlen("host:/data"); length++)
	{
		strlcpy(written, RECORD, length + 1);
		wrong += lease_record_read(written, &record);
	}
	is_number(wrong, 0, "no record without its end is read");
	strlcpy(written, RECORD, sizeof(written));
	memset(written + strlen(written), 'x', LEASE_HOLDER_SIZE);
	written[strlen(RECORD) + LEASE_HOLDER_SIZE] = '\0';

	check(!lease_record_read(written, &record), "a holder's name that is too long is refused");
}

static void
test_pool(void)
{
	LeasePool	pool;
	char		written[LEASE_POOL_SIZE];

	check(lease_pool_read(POOL, &pool), "a pool is read");
	is_text(pool.identity, NONCE, "its identity");
	is_number(pool.datacenter, 3, "its datacenter");
	is_number(pool.first_worker, 0, "its first worker");
	is_number(pool.last_worker, 1023, "its last worker");
	is_number(pool.reach_us, 60000000, "its reach");
	is_number(pool.floor_us, 5, "its floor");
	is_number(pool.incarnation, 9, "its store's incarnation");
	is_number(pool.proposal, 2, "its proposal");
	is_text(pool.layout, LAYOUT, "its layout");
	is_text(pool.proposed, "", "no layout is proposed");
	lease_pool_write(&pool, written);
	is_text(written, POOL, "it is written as it was read");
	check(lease_pool_read(POOL LAYOUT_WORD, &pool), "a pool with a proposed layout is read");
	is_text(pool.proposed, LAYOUT, "its proposed layout");
	lease_pool_write(&pool, written);
	is_text(written, POOL LAYOUT_WORD, "it is written as it was read, too");
}

/* A layout whose text is as long as one can be. */
static void
longest_layout(char *layout)
{
	SnowflakeLayout valid;
	LayoutProblem problem;

	strlcpy(layout, "unused 1, time 47 bits of 1 us since 2020-01-01 01:02:03.004005, datacenter 5, worker 5, sequence 5",
			LAYOUT_TEXT_SIZE);
	check(layout_read(layout, &valid, &problem), "the long layout is one");
}

static void
test_longest_pool(void)
{
	LeasePool	pool = {
		.datacenter = PG_INT32_MAX,
		.first_worker = LEASE_MAX_WORKER,
		.last_worker = LEASE_MAX_WORKER,
		.reach_us = PG_INT64_MAX,
		.floor_us = PG_INT64_MAX,
		.incarnation = PG_UINT64_MAX,
		.proposal = PG_INT64_MAX,
	};
	LeasePool	again;
	char		written[LEASE_POOL_SIZE];
	char		written_again[LEASE_POOL_SIZE];

	memset(pool.identity, 'f', LEASE_NONCE_SIZE - 1);
	longest_layout(pool.layout);
	longest_layout(pool.proposed);
	lease_pool_write(&pool, written);
	check(lease_pool_read(written, &again), "a pool of the largest numbers is read");
	check(again.incarnation == PG_UINT64_MAX && again.floor_us == PG_INT64_MAX, "its numbers are kept");
	lease_pool_write(&again, written_again);
	is_text(written_again, written, "it is written as it was read");

	/* More than layouts can be, to see that the numbers leave them room. */
	memset(pool.layout, 'x', LAYOUT_TEXT_SIZE - 1);
	memset(pool.proposed, 'x', LAYOUT_TEXT_SIZE - 1);
	lease_pool_write(&pool, written);
	check(strlen(written) < LEASE_POOL_SIZE - 1, "any two layouts have room beside the largest numbers");
}

static void
test_wrong_pools(void)
{
	static const char *const wrong[] = {
		"",
		"idgen-pool/1",
		"idgen-pool/2" " identity=" NONCE,
		RECORD,
		POOL " ",
		POOL "x",
		POOL_HEAD " layout= proposed=",
		POOL_HEAD " layout=" LAYOUT_WORD,
		POOL_HEAD " layout=time+41 proposed=",
		"idgen-pool/1 identity=" NONCE " datacenter=2147483648 first=0 last=9 reach=1 floor=0 incarnation=0 proposal=0 layout=" LAYOUT_WORD " proposed=",
		"idgen-pool/1 identity=" NONCE " datacenter=0 first=9 last=8 reach=1 floor=0 incarnation=0 proposal=0 layout=" LAYOUT_WORD " proposed=",
		"idgen-pool/1 identity=" NONCE " datacenter=0 first=0 last=16777216 reach=1 floor=0 incarnation=0 proposal=0 layout=" LAYOUT_WORD " proposed=",
		"idgen-pool/1 identity=" NONCE " datacenter=0 first=-1 last=8 reach=1 floor=0 incarnation=0 proposal=0 layout=" LAYOUT_WORD " proposed=",
		"idgen-pool/1 identity=" NONCE " datacenter=0 first=0 last=8 reach=1 floor=0 incarnation=18446744073709551616 proposal=0 layout=" LAYOUT_WORD " proposed=",
	};

	for (int i = 0; i < lengthof(wrong); i++)
	{
		LeasePool	pool;
		bool		is_read = lease_pool_read(wrong[i], &pool);

		check(!is_read, "this is no pool");
		if (is_read)
			printf("# %d: %s\n", i, wrong[i]);
	}
}

/* Replace random bytes of a text: what is still read is written as it was. */
static void
test_random_changes(void)
{
	uint64		state = 17;
	int			wrong = 0;
	int			read = 0;

	for (int i = 0; i < 100000; i++)
	{
		LeaseRecord record;
		char		written[] = RECORD;
		char		again[LEASE_RECORD_SIZE];

		written[seeded_word(&state) % (sizeof(written) - 1)] = seeded_word(&state);

		if (!lease_record_read(written, &record))
			continue;
		read++;
		lease_record_write(&record, again);
		wrong += strcmp(written, again) != 0;
	}
	is_number(wrong, 0, "a record has one text only");
	check(read > 100, "some changes leave a record");
}

static void
test_nonce(void)
{
	uint8		random[16] = {0x00, 0x01, 0x0f, 0x10, 0xa5, 0xff};
	char		nonce[LEASE_NONCE_SIZE];

	lease_nonce_write(random, nonce);
	is_text(nonce, "00010f10a5ff00000000000000000000", "a nonce is its bytes in hexadecimal");
}

int
main(void)
{
	test_record();
	test_longest_record();
	test_holders();
	test_wrong_records();
	test_damaged_records();
	test_pool();
	test_longest_pool();
	test_wrong_pools();
	test_random_changes();
	test_nonce();
	return done_testing();
}
