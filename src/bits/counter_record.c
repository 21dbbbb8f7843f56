/*-------------------------------------------------------------------------
 *
 * counter_record.c
 *	  What a store of keys keeps of a counter, from which ranges of numbers are
 *	  taken.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/counter_record.h"
#include "common/int.h"

#define BEFORE_IDENTITY "idgen-counter/1 identity="
#define BEFORE_NEXT " next="
#define BEFORE_TAKE " take="

#define IDENTITY_DIGITS (LEASE_NONCE_SIZE - 1)

/* May a counter be called so?  1 to COUNTER_LONGEST_NAME letters, digits, "_", "-" and ".". */
bool
counter_name_is_valid(const char *name)
{
	static const char *const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t		length = strlen(name);

	return length >= 1 && length <= COUNTER_LONGEST_NAME && name[strspn(name, allowed)] == '\0';
}

/* Decimal digits of a number of 1 .. most, as it would be written. */
static bool
read_number(const char **str, uint64 most, uint64 *number)
{
	*number = 0;
	if (**str < '1' || **str > '9')
		return false;
	for (; **str >= '0' && **str <= '9'; (*str)++)
	{
		uint64		digit = **str - '0';

		if (*number > (most - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return true;
}

static bool
skip(const char **str, const char *prefix)
{
	if (strncmp(*str, prefix, strlen(prefix)) != 0)
		return false;
	*str += strlen(prefix);
	return true;
}

/* Read a record; false if the text is none. */
bool
counter_record_read(const char *str, CounterRecord *record)
{
	uint64		next;

	if (!skip(&str, BEFORE_IDENTITY) || strspn(str, "0123456789abcdef") != IDENTITY_DIGITS)
		return false;
	memcpy(record->identity, str, IDENTITY_DIGITS);
	record->identity[IDENTITY_DIGITS] = '\0';
	str += IDENTITY_DIGITS;
	record->take = 0;
	if (!skip(&str, BEFORE_NEXT) || !read_number(&str, PG_INT64_MAX, &next))
		return false;
	record->next = (int64) next;
	return *str == '\0' || (skip(&str, BEFORE_TAKE) && read_number(&str, PG_UINT64_MAX, &record->take) && *str == '\0');
}

/* Write a record, str having COUNTER_RECORD_SIZE bytes. */
void
counter_record_write(const CounterRecord *record, char *str)
{
	int			length = snprintf(str, COUNTER_RECORD_SIZE, BEFORE_IDENTITY "%s" BEFORE_NEXT INT64_FORMAT,
								  record->identity, record->next);

	if (record->take != 0)
		snprintf(str + length, COUNTER_RECORD_SIZE - length, BEFORE_TAKE UINT64_FORMAT, record->take);
}

/*
 * Take count numbers (1 ..), of which *first is the least; take is a random number,
 * not 0.  Returns false, and changes nothing, if there are not so many.  The last
 * number of all is never taken, as a record could not say what comes next.
 */
bool
counter_record_take(CounterRecord *record, int64 count, uint64 take, int64 *first)
{
	int64		next;

	if (count < 1 || pg_add_s64_overflow(record->next, count, &next))
		return false;
	*first = record->next;
	record->next = next;
	record->take = take;
	return true;
}

/*
 * Give back the numbers from first to last, the last ones of a take.  Returns
 * false, and changes nothing, if there was another take since.
 */
bool
counter_record_return(CounterRecord *record, int64 first, int64 last, uint64 take)
{
	if (take == 0 || record->take != take || first < 1 || first > last || record->next - 1 != last)
		return false;
	record->next = first;
	record->take = 0;
	return true;
}

/* A number for an identity, never 0. */
uint64
counter_identity(const char *identity)
{
	uint64		number = 0;

	for (int i = 0; i < 16 && identity[i] != '\0'; i++)
		number = number * 16 + (identity[i] <= '9' ? identity[i] - '0' : identity[i] - 'a' + 10);
	return Max(number, 1);
}
