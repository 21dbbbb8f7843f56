/*-------------------------------------------------------------------------
 *
 * counter_record.c
 *	  Tests of counter_record.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/counter_record.h"

#include "tap.h"

#define IDENTITY "00112233445566778899aabbccddeeff"
#define RECORD "idgen-counter/1 identity=" IDENTITY " next="

static void
test_record(void)
{
	CounterRecord record;
	char		written[COUNTER_RECORD_SIZE];

	check(counter_record_read(RECORD "4711", &record), "a record is read");
	is_text(record.identity, IDENTITY, "its identity");
	is_number(record.next, 4711, "its next number");
	counter_record_write(&record, written);
	is_text(written, RECORD "4711", "it is written as it was read");
	check(counter_record_read(RECORD "9223372036854775807 take=18446744073709551615", &record), "the last record of all");
	check(record.take == PG_UINT64_MAX, "the number of its take");
	counter_record_write(&record, written);
	is_text(written, RECORD "9223372036854775807 take=18446744073709551615", "it has room");
}

static void
test_malformed(void)
{
	static const char *const malformed[] = {
		"", "4711", RECORD, RECORD "0", RECORD "01", RECORD "-1", RECORD "1 ", RECORD " 1", RECORD "1x", RECORD "9223372036854775808",
		RECORD "99999999999999999999", "idgen-counter/2 identity=" IDENTITY " next=1",
		"idgen-counter/1 identity=0011 next=1", "idgen-counter/1 identity=" IDENTITY "0 next=1",
		"idgen-counter/1 identity=00112233445566778899AABBCCDDEEFF next=1",
		RECORD "1 take=", RECORD "1 take=0", RECORD "1 take=1x", RECORD "1 take=18446744073709551616", RECORD "1take=1",
	};
	CounterRecord record;

	for (int i = 0; i < lengthof(malformed); i++)
		check(!counter_record_read(malformed[i], &record), malformed[i]);
}

static void
test_take(void)
{
	CounterRecord record = {.next = 10};
	int64		first;

	check(counter_record_take(&record, 5, 42, &first), "numbers are taken");
	is_number(first, 10, "the first of them");
	is_number(record.next, 15, "the next one");
	check(!counter_record_take(&record, 0, 42, &first) && !counter_record_take(&record, -1, 42, &first) && record.next == 15,
		  "none are not taken");
	check(!counter_record_take(&record, PG_INT64_MAX, 42, &first) && record.next == 15, "more than there are are not taken");
	check(counter_record_take(&record, PG_INT64_MAX - 15, 42, &first), "all but the last are taken");
	check(!counter_record_take(&record, 1, 42, &first), "that is never taken");
}

/* What is given back must be the end of the last take, whoever has taken, and given back, since. */
static void
test_return(void)
{
	CounterRecord record = {.next = 10};
	int64		first;

	check(!counter_record_return(&record, 1, 9, 0), "nothing is given back where nothing was taken");
	(void) counter_record_take(&record, 5, 42, &first);
	check(!counter_record_return(&record, 12, 14, 43), "a return of another take");
	check(!counter_record_return(&record, 12, 13, 42) && !counter_record_return(&record, 12, 15, 42), "of other numbers");
	check(!counter_record_return(&record, 15, 14, 42) && !counter_record_return(&record, 0, 14, 42), "of no numbers");
	check(counter_record_return(&record, 12, 14, 42), "the end of the last take is given back");
	is_number(record.next, 12, "so the next one is its first");
	(void) counter_record_take(&record, 3, 44, &first);
	check(!counter_record_return(&record, 12, 14, 42), "and once, also if the same numbers were taken again");
	check(counter_record_return(&record, 12, 14, 44) && !counter_record_return(&record, 12, 14, 44), "as by who took them");
}

static void
test_names(void)
{
	char		longest[COUNTER_LONGEST_NAME + 2];

	memset(longest, 'n', sizeof(longest));
	longest[COUNTER_LONGEST_NAME + 1] = '\0';
	check(!counter_name_is_valid(longest), "a name that is too long");
	longest[COUNTER_LONGEST_NAME] = '\0';
	check(counter_name_is_valid(longest), "the longest name");
	check(counter_name_is_valid("public.orders_id-1"), "a name");
	check(!counter_name_is_valid(""), "no name");
	check(!counter_name_is_valid("a/b") && !counter_name_is_valid("a:b") && !counter_name_is_valid("a b") &&
		  !counter_name_is_valid("{a}") && !counter_name_is_valid("\303\244"), "other bytes");
	check(counter_identity(IDENTITY) == UINT64CONST(0x0011223344556677), "an identity as a number");
	check(counter_identity("") == 1, "which is never 0");
}

int
main(void)
{
	test_record();
	test_malformed();
	test_take();
	test_return();
	test_names();
	return done_testing();
}
