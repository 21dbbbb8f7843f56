/*-------------------------------------------------------------------------
 *
 * base_n.c
 *	  What base_n.c promises, for any number and any text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/base_n.h"

#include "fuzz.h"

/* The number as text, in a block of memory that ends where the text does. */
static char *
encode(const BaseNEncoding *encoding, uint64 value)
{
	char	   *str = malloc(encoding->length);

	require(str != NULL);
	base_n_encode(encoding, value, str);
	return str;
}

/* Texts are read as the numbers they were made of, and are in their order. */
static void
check_encode(const BaseNEncoding *encoding, const uint64 value[2])
{
	char	   *str[2];
	uint64		read;
	size_t		bad;
	int			order;

	for (int i = 0; i < 2; i++)
	{
		str[i] = encode(encoding, value[i]);
		require(base_n_decode(encoding, str[i], encoding->length, &read, &bad) == BASE_N_OK);
		require(read == value[i]);
	}
	order = memcmp(str[0], str[1], encoding->length);
	require((order < 0) == (value[0] < value[1]));
	require((order > 0) == (value[0] > value[1]));
	free(str[0]);
	free(str[1]);
}

/*
 * A text is read as its characters are, each by itself, up to the first thing
 * that is wrong.
 */
static void
check_decode(const BaseNEncoding *encoding, const char *str, size_t size)
{
	BaseNStatus expected = BASE_N_EMPTY;
	unsigned __int128 sum = 0;
	uint64		value;
	size_t		bad = 0;
	size_t		i;

	for (i = 0; i < size; i++)
	{
		BaseNStatus status = base_n_decode(encoding, str + i, 1, &value, &bad);

		if (status == BASE_N_EMPTY)
			continue;
		expected = status;
		if (status != BASE_N_OK)
			break;
		require(value < (uint64) encoding->base);
		sum = sum * encoding->base + value;
		if (sum > PG_UINT64_MAX)
		{
			expected = BASE_N_OVERFLOW;
			break;
		}
	}

	require(base_n_decode(encoding, str, size, &value, &bad) == expected);
	if (expected == BASE_N_OK)
		require(value == (uint64) sum);
	if (expected == BASE_N_BAD_CHARACTER)
		require(bad == i);
}

/* The same of numbers of 128 bits. */
static void
check_encode_128(const BaseNEncoding *encoding, const UuidBits value[2])
{
	char	   *str[2];
	bool		is_less = value[0].high < value[1].high || (value[0].high == value[1].high && value[0].low < value[1].low);
	int			order;

	for (int i = 0; i < 2; i++)
	{
		UuidBits	read;
		size_t		bad;

		str[i] = malloc(encoding->length_128);
		require(str[i] != NULL);
		base_n_encode_128(encoding, value[i], str[i]);
		require(base_n_decode_128(encoding, str[i], encoding->length_128, &read, &bad) == BASE_N_OK);
		require(uuid_bits_equal(read, value[i]));
	}
	order = memcmp(str[0], str[1], encoding->length_128);
	require((order < 0) == is_less);
	require((order == 0) == uuid_bits_equal(value[0], value[1]));
	free(str[0]);
	free(str[1]);
}

/* What fits 64 bits is read by both as the same; what does not, by one of them or none. */
static void
check_decode_128(const BaseNEncoding *encoding, const char *str, size_t size)
{
	uint64		small = 0;
	UuidBits	large = {0, 0};
	size_t		bad[2] = {0, 0};
	BaseNStatus of_small = base_n_decode(encoding, str, size, &small, &bad[0]);
	BaseNStatus of_large = base_n_decode_128(encoding, str, size, &large, &bad[1]);

	if (of_small != BASE_N_OVERFLOW)
	{
		require(of_large == of_small && bad[0] == bad[1]);
		require(large.high == 0 && large.low == small);
	}
	else if (of_large == BASE_N_OK)
		require(large.high > 0);
	else
		require(of_large != BASE_N_EMPTY);
}

void
check_base_n(Input *input)
{
	const BaseNEncoding *encoding = &base_n_encodings[take_upto(input, 1, BASE_N_ENCODINGS - 1)];
	uint64		value[2];

	for (int i = 0; i < 2; i++)
		value[i] = take(input, 8);
	check_encode(encoding, value);
	check_decode(encoding, (const char *) input->data, input->size);
}

void
check_base_n_128(Input *input)
{
	const BaseNEncoding *encoding = &base_n_encodings[take_upto(input, 1, BASE_N_ENCODINGS - 1)];
	UuidBits	value[2];

	for (int i = 0; i < 2; i++)
	{
		value[i].high = take(input, 8);
		value[i].low = take(input, 8);
	}
	check_encode_128(encoding, value);
	check_decode_128(encoding, (const char *) input->data, input->size);
}
