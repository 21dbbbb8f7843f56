/*-------------------------------------------------------------------------
 *
 * lease_record.c
 *	  Reading and writing what a coordination store keeps of leased worker IDs.
 *
 * A record is a line of words "name=value" after the name of the format and its
 * version.  A value contains no space: in a layout, which has no "+", spaces are
 * written as that, and in a holder's name all but printable ASCII is as "_".  All words must be there, in this order, so that a record has one
 * text only.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/lease_record.h"

#define RECORD_FORMAT "idgen-lease/1"
#define POOL_FORMAT "idgen-pool/1"

/* A text that is being read, word by word. */
typedef struct Words
{
	const char *rest;
	bool		is_valid;
} Words;

/* The rest of text after prefix; NULL if it does not begin with that. */
static const char *
after_prefix(const char *str, const char *prefix)
{
	size_t		length = strlen(prefix);

	return strncmp(str, prefix, length) == 0 ? str + length : NULL;
}

static Words
begin_words(const char *str, const char *format)
{
	const char *rest = after_prefix(str, format);
	Words		words = {
		.rest = rest == NULL ? "" : rest,
		.is_valid = rest != NULL,
	};

	return words;
}

/*
 * Read the next word, " name=value", into value (size bytes).  Letters and
 * digits are not checked here.
 */
static void
read_word(Words *words, const char *name, char *value, size_t size)
{
	const char *rest = words->is_valid ? after_prefix(words->rest, " ") : NULL;
	size_t		length;

	value[0] = '\0';
	if (rest != NULL)
		rest = after_prefix(rest, name);
	if (rest != NULL)
		rest = after_prefix(rest, "=");
	words->is_valid = rest != NULL;
	if (!words->is_valid)
		return;
	length = strcspn(rest, " ");
	words->rest = rest + length;
	words->is_valid = length < size;
	if (!words->is_valid)
		return;
	memcpy(value, rest, length);
	value[length] = '\0';
}

/* Read a whole number (0 .. largest), without leading zeros. */
static uint64
read_number(Words *words, const char *name, uint64 largest)
{
	char		digits[24];
	uint64		number = 0;

	read_word(words, name, digits, sizeof(digits));
	if (digits[0] == '\0' || (digits[0] == '0' && digits[1] != '\0'))
		words->is_valid = false;
	for (const char *digit = digits; words->is_valid && *digit != '\0'; digit++)
	{
		if (*digit < '0' || *digit > '9' || number > (largest - (*digit - '0')) / 10)
			words->is_valid = false;
		else
			number = number * 10 + (*digit - '0');
	}
	return words->is_valid ? number : 0;
}

static void
read_nonce(Words *words, const char *name, char *nonce)
{
	read_word(words, name, nonce, LEASE_NONCE_SIZE);
	if (strspn(nonce, "0123456789abcdef") != LEASE_NONCE_SIZE - 1)
		words->is_valid = false;
}

/* Replace each byte from by to. */
static void
replace_byte(char *str, char from, char to)
{
	for (; *str != '\0'; str++)
		if (*str == from)
			*str = to;
}

/* Read a layout, or nothing if it may be missing. */
static void
read_layout(Words *words, const char *name, char *layout, bool may_be_missing)
{
	SnowflakeLayout valid;
	LayoutProblem problem;

	read_word(words, name, layout, LAYOUT_TEXT_SIZE);
	replace_byte(layout, '+', ' ');
	if (words->is_valid && !(may_be_missing && layout[0] == '\0') && !layout_read(layout, &valid, &problem))
		words->is_valid = false;
}

static bool
end_words(const Words *words)
{
	return words->is_valid && words->rest[0] == '\0';
}

/*
 * A holder's name as records have it (LEASE_HOLDER_SIZE): what would end a word is
 * replaced, and so is what is not ASCII, which a store might take for text of
 * another encoding.
 */
void
lease_holder_clean(const char *holder, char *clean)
{
	size_t		length = 0;

	for (; length < LEASE_HOLDER_SIZE - 1 && holder[length] != '\0'; length++)
		clean[length] = holder[length] > ' ' && holder[length] < 0x7f ? holder[length] : '_';
	clean[length] = '\0';
}

/* Read a holder's name, which may be empty. */
static void
read_holder(Words *words, const char *name, char *holder)
{
	char		clean[LEASE_HOLDER_SIZE];

	read_word(words, name, holder, LEASE_HOLDER_SIZE);
	lease_holder_clean(holder, clean);
	if (strcmp(holder, clean) != 0)
		words->is_valid = false;
}

/* Read the text of a record.  Returns false if it is none, or has another version. */
bool
lease_record_read(const char *str, LeaseRecord *record)
{
	Words		words = begin_words(str, RECORD_FORMAT);

	memset(record, 0, sizeof(LeaseRecord));
	read_nonce(&words, "nonce", record->nonce);
	/* The next claim adds one. */
	record->epoch = read_number(&words, "epoch", PG_INT64_MAX - 1);
	record->fence_us = read_number(&words, "fence", PG_INT64_MAX);
	record->acknowledged = read_number(&words, "acknowledged", PG_INT64_MAX);
	read_holder(&words, "holder", record->holder);
	return end_words(&words);
}

/* Write a record to text (LEASE_RECORD_SIZE). */
void
lease_record_write(const LeaseRecord *record, char *str)
{
	char		holder[LEASE_HOLDER_SIZE];

	lease_holder_clean(record->holder, holder);
	snprintf(str, LEASE_RECORD_SIZE,
			 RECORD_FORMAT " nonce=%s epoch=" INT64_FORMAT " fence=" INT64_FORMAT " acknowledged=" INT64_FORMAT " holder=%s",
			 record->nonce, record->epoch, record->fence_us, record->acknowledged, holder);
}

/* Read the text of a pool's record.  Returns false if it is none, or has another version. */
bool
lease_pool_read(const char *str, LeasePool *pool)
{
	Words		words = begin_words(str, POOL_FORMAT);

	memset(pool, 0, sizeof(LeasePool));
	read_nonce(&words, "identity", pool->identity);
	pool->datacenter = read_number(&words, "datacenter", PG_INT32_MAX);
	pool->first_worker = read_number(&words, "first", LEASE_MAX_WORKER);
	pool->last_worker = read_number(&words, "last", LEASE_MAX_WORKER);
	pool->reach_us = read_number(&words, "reach", PG_INT64_MAX);
	pool->floor_us = read_number(&words, "floor", PG_INT64_MAX);
	pool->incarnation = read_number(&words, "incarnation", PG_UINT64_MAX);
	pool->proposal = read_number(&words, "proposal", PG_INT64_MAX);
	read_layout(&words, "layout", pool->layout, false);
	read_layout(&words, "proposed", pool->proposed, true);
	return end_words(&words) && pool->first_worker <= pool->last_worker;
}

/* Write a pool's record to text (LEASE_POOL_SIZE).  Its layouts are valid. */
void
lease_pool_write(const LeasePool *pool, char *str)
{
	char		layout[LAYOUT_TEXT_SIZE];
	char		proposed[LAYOUT_TEXT_SIZE];

	strlcpy(layout, pool->layout, sizeof(layout));
	strlcpy(proposed, pool->proposed, sizeof(proposed));
	replace_byte(layout, ' ', '+');
	replace_byte(proposed, ' ', '+');
	snprintf(str, LEASE_POOL_SIZE,
			 POOL_FORMAT " identity=%s datacenter=%d first=%d last=%d reach=" INT64_FORMAT " floor=" INT64_FORMAT
			 " incarnation=" UINT64_FORMAT " proposal=" INT64_FORMAT " layout=%s proposed=%s",
			 pool->identity, pool->datacenter, pool->first_worker, pool->last_worker, pool->reach_us, pool->floor_us,
			 pool->incarnation, pool->proposal, layout, proposed);
}

/* Write 16 random bytes as a nonce (LEASE_NONCE_SIZE). */
void
lease_nonce_write(const uint8 *random16, char *nonce)
{
	for (size_t i = 0; i < (LEASE_NONCE_SIZE - 1) / 2; i++)
		snprintf(nonce + 2 * i, 3, "%02x", random16[i]);
}
