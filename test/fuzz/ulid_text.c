/*-------------------------------------------------------------------------
 *
 * ulid_text.c
 *	  What ulid_text.c promises, for any ULID and any text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/ulid_text.h"

#include "fuzz.h"

/* The text of a ULID, in a block of memory that ends where the text does. */
static char *
write_text(UuidBits ulid)
{
	char	   *str = malloc(ULID_TEXT_LENGTH);

	require(str != NULL);
	ulid_text_write(ulid, str);
	return str;
}

/* Texts are read as the ULIDs they were made of, and are in the order of these. */
static void
check_write(const UuidBits ulid[2])
{
	char	   *str[2];
	unsigned char bytes[2][UUID_BYTES];
	int			order;
	int			order_of_bytes;

	for (int i = 0; i < 2; i++)
	{
		UuidBits	read;
		size_t		bad;

		str[i] = write_text(ulid[i]);
		require(ulid_text_read(str[i], ULID_TEXT_LENGTH, &read, &bad) == ULID_TEXT_OK);
		require(uuid_bits_equal(read, ulid[i]));
		uuid_bits_write(ulid[i], bytes[i]);
	}
	order = memcmp(str[0], str[1], ULID_TEXT_LENGTH);
	order_of_bytes = memcmp(bytes[0], bytes[1], UUID_BYTES);
	require((order < 0) == (order_of_bytes < 0));
	require((order > 0) == (order_of_bytes > 0));
	free(str[0]);
	free(str[1]);
}

/* The value of a character, which is that of a text of zeros with it at the end; -1: none. */
static int
digit_of(char character)
{
	char		str[ULID_TEXT_LENGTH];
	UuidBits	ulid;
	size_t		bad;

	memset(str, '0', sizeof(str));
	str[ULID_TEXT_LENGTH - 1] = character;
	if (ulid_text_read(str, sizeof(str), &ulid, &bad) != ULID_TEXT_OK)
		return -1;
	require(ulid.high == 0 && ulid.low < 32);
	return (int) ulid.low;
}

/*
 * A text is read as its characters are, each by itself, up to the first thing
 * that is wrong, or up to a ULID's length.
 */
static void
check_read(const char *str, size_t size)
{
	UlidTextStatus expected = size == ULID_TEXT_LENGTH ? ULID_TEXT_OK : ULID_TEXT_WRONG_LENGTH;
	unsigned __int128 sum = 0;
	UuidBits	ulid;
	size_t		bad = 0;
	size_t		i;

	for (i = 0; i < Min(size, ULID_TEXT_LENGTH); i++)
	{
		int			digit = digit_of(str[i]);

		if (digit < 0)
		{
			expected = ULID_TEXT_BAD_CHARACTER;
			break;
		}
		if (sum >> 123 != 0 && expected == ULID_TEXT_OK)
			expected = ULID_TEXT_OVERFLOW;
		sum = sum << 5 | digit;
	}

	require(ulid_text_read(str, size, &ulid, &bad) == expected);
	if (expected == ULID_TEXT_OK)
	{
		require(ulid.high == (uint64) (sum >> 64));
		require(ulid.low == (uint64) sum);
	}
	if (expected == ULID_TEXT_BAD_CHARACTER)
		require(bad == i);
}

void
check_ulid_text(Input *input)
{
	UuidBits	ulid[2];

	for (int i = 0; i < 2; i++)
	{
		ulid[i].high = take(input, 8);
		ulid[i].low = take(input, 8);
	}
	check_write(ulid);
	check_read((const char *) input->data, input->size);
}
