/*-------------------------------------------------------------------------
 *
 * siphash.h
 *	  SipHash-2-4: a hash of bytes with a key of 128 bits, of which an observer who
 *	  lacks the key learns nothing.
 *
 * Bytes are read as little endian on any machine, so the hash of the same bytes is
 * the same everywhere.
 *
 * No fmgr, no shared memory, no allocation.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), whose
 * vectors are in test/unit/siphash.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SIPHASH_H
#define IDGEN_SIPHASH_H

#define SIPHASH_KEY_BYTES 16

/* The most bytes that siphash_short() takes. */
#define SIPHASH_SHORT_BYTES 7

typedef struct SipKey
{
	uint64		low;			/* the first 8 bytes */
	uint64		high;
} SipKey;

typedef struct SipState
{
	uint64		v0;
	uint64		v1;
	uint64		v2;
	uint64		v3;
} SipState;

static inline uint64
siphash_rotate(uint64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void
siphash_round(SipState *s)
{
	s->v0 += s->v1;
	s->v1 = siphash_rotate(s->v1, 13) ^ s->v0;
	s->v0 = siphash_rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = siphash_rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = siphash_rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = siphash_rotate(s->v1, 17) ^ s->v2;
	s->v2 = siphash_rotate(s->v2, 32);
}

static inline SipState
siphash_begin(SipKey key)
{
	SipState	state;

	state.v0 = UINT64CONST(0x736f6d6570736575) ^ key.low;
	state.v1 = UINT64CONST(0x646f72616e646f6d) ^ key.high;
	state.v2 = UINT64CONST(0x6c7967656e657261) ^ key.low;
	state.v3 = UINT64CONST(0x7465646279746573) ^ key.high;
	return state;
}

static inline void
siphash_add_word(SipState *state, uint64 word)
{
	state->v3 ^= word;
	siphash_round(state);
	siphash_round(state);
	state->v0 ^= word;
}

static inline uint64
siphash_end(SipState *state)
{
	state->v2 ^= 0xff;
	siphash_round(state);
	siphash_round(state);
	siphash_round(state);
	siphash_round(state);
	return state->v0 ^ state->v1 ^ state->v2 ^ state->v3;
}

/* The hash of length bytes (0 .. SIPHASH_SHORT_BYTES), which are the low bytes of a word, the lowest first. */
static inline uint64
siphash_short(SipKey key, uint64 bytes, int length)
{
	SipState	state = siphash_begin(key);

	siphash_add_word(&state, bytes | (uint64) length << 56);
	return siphash_end(&state);
}

/* A word of length bytes (1 .. 8), the first of which is the lowest. */
static inline uint64
siphash_read_word(const unsigned char *bytes, size_t length)
{
	uint64		word = 0;

	for (size_t i = 0; i < length; i++)
		word |= (uint64) bytes[i] << (8 * i);
	return word;
}

/* The hash of any number of bytes. */
static inline uint64
siphash_bytes(SipKey key, const unsigned char *bytes, size_t length)
{
	SipState	state = siphash_begin(key);
	size_t		at = 0;

	for (; length - at >= sizeof(uint64); at += sizeof(uint64))
		siphash_add_word(&state, siphash_read_word(bytes + at, sizeof(uint64)));
	siphash_add_word(&state, siphash_read_word(bytes + at, length - at) | (uint64) length << 56);
	return siphash_end(&state);
}

/* A key of SIPHASH_KEY_BYTES bytes. */
static inline SipKey
siphash_read_key(const unsigned char *bytes)
{
	SipKey		key;

	key.low = siphash_read_word(bytes, sizeof(uint64));
	key.high = siphash_read_word(bytes + sizeof(uint64), sizeof(uint64));
	return key;
}

#endif							/* IDGEN_SIPHASH_H */
