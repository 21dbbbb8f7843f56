/*-------------------------------------------------------------------------
 *
 * typeid_text.c
 *	  What typeid_text.c promises, for any UUID and any text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/typeid_text.h"

#include "fuzz.h"

/* Any text is a prefix or not, and what is written with one is read as it was. */
static void
check_prefix(UuidBits uuid, const char *prefix, size_t size)
{
	size_t		bad = 0;
	TypeidStatus status = typeid_prefix_check(prefix, size, &bad);
	Typeid		read;
	char	   *str;
	size_t		length;

	require(status != TYPEID_BAD_PREFIX_CHARACTER || bad < size);
	if (status != TYPEID_OK)
		return;
	require(size <= TYPEID_PREFIX_MAX_LENGTH);
	length = size + (size > 0) + ULID_TEXT_LENGTH;
	str = malloc(length);
	require(str != NULL);
	require(typeid_write(uuid, prefix, size, str) == length);
	require(typeid_read(str, length, &read, &bad) == TYPEID_OK);
	require(read.prefix_length == size && uuid_bits_equal(read.uuid, uuid));
	free(str);
}

/* What is read is written as it was: there is one way to write a TypeID. */
static void
check_text(const char *str, size_t size)
{
	Typeid		typeid;
	size_t		bad = 0;
	TypeidStatus status = typeid_read(str, size, &typeid, &bad);
	char		written[TYPEID_MAX_LENGTH];

	if (status == TYPEID_BAD_PREFIX_CHARACTER || status == TYPEID_BAD_SUFFIX_CHARACTER)
		require(bad < size);
	if (status != TYPEID_OK)
		return;
	require(size <= TYPEID_MAX_LENGTH);
	require(typeid_write(typeid.uuid, str, typeid.prefix_length, written) == size);
	require(memcmp(written, str, size) == 0);
}

void
check_typeid_text(Input *input)
{
	UuidBits	uuid;

	uuid.high = take(input, 8);
	uuid.low = take(input, 8);
	check_prefix(uuid, (const char *) input->data, input->size);
	check_text((const char *) input->data, input->size);
}
