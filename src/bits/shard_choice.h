/*-------------------------------------------------------------------------
 *
 * shard_choice.h
 *	  Which of several shards or nodes a key belongs to, so that few keys move when
 *	  their number changes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SHARD_CHOICE_H
#define IDGEN_SHARD_CHOICE_H

/* How well a node suits a key; see shard_fit(). */
typedef struct ShardFit
{
	double		distance;		/* the less, the better */
	uint64		hash;			/* the more, the better, where distances are
								 * equal */
} ShardFit;

extern uint64 shard_mix(uint64 key);
extern uint64 shard_hash(const unsigned char *bytes, size_t length);
extern int32 shard_jump(uint64 key, int32 shards);
extern ShardFit shard_fit(uint64 key, uint64 node, double weight);

static inline bool
shard_fits_better(ShardFit one, ShardFit other)
{
	return one.distance < other.distance || (one.distance == other.distance && one.hash > other.hash);
}

#endif							/* IDGEN_SHARD_CHOICE_H */
