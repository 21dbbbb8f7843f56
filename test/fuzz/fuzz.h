/*-------------------------------------------------------------------------
 *
 * fuzz.h
 *	  What the checks of the fuzzer share: the input, and how a broken promise
 *	  is reported.
 *
 * An input is a sequence of numbers, little-endian, in the order in which they
 * are taken; missing ones are zero, and each is folded into its range.  The first
 * says what the others are for.  A text is the rest of the input.  So every input
 * is a valid one, and whichever fails shows a bug.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_FUZZ_H
#define IDGEN_FUZZ_H

#define require(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* What is left of the input. */
typedef struct Input
{
	const uint8_t *data;
	size_t		size;
} Input;

/* A number of this many bytes (1 .. 8). */
static inline uint64
take(Input *input, int bytes)
{
	uint64		number = 0;

	for (int i = 0; i < bytes && input->size > 0; i++, input->size--)
		number |= (uint64) *input->data++ << (8 * i);
	return number;
}

/* A number of 0 .. max, which is below 2^(8 * bytes): as it is, if it can be. */
static inline uint64
take_upto(Input *input, int bytes, uint64 max)
{
	uint64		number = take(input, bytes);

	return number <= max ? number : number % (max + 1);
}

extern void check_layout(Input *input);
extern void check_layout_text(Input *input);
extern void check_uuids(Input *input);
extern void check_gregorian(Input *input);
extern void check_uuid_orders(Input *input);
extern void check_base_n(Input *input);
extern void check_base_n_128(Input *input);
extern void check_ulid_text(Input *input);
extern void check_typeid_text(Input *input);
extern void check_lease_record(Input *input);
extern void check_hlc_text(Input *input);

#endif							/* IDGEN_FUZZ_H */
