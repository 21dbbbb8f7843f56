/*-------------------------------------------------------------------------
 *
 * redis_scripts.c
 *	  What is said to a Redis that is a coordination store.
 *
 *		{idgen:POOL}:pool			the pool's record
 *		{idgen:POOL}:records		a hash: the records of workers, by worker ID
 *		{idgen:POOL}:hold:WORKER	the nonce of the worker's hold, which expires
 *		{idgen:POOL}:revision		counts changes of records; Redis's own offset does
 *									so only if there are replicas
 *		{idgen:POOL}:counter:NAME	a hash: the next number of a counter, its
 *									identity, and a random number of its last take
 *
 * All of a pool is in one hash slot.  An operation is one script, which Redis
 * runs alone.  A script is not undone if a command of it fails, so it compares
 * before it writes anything, and writes the record last: if it fails, the record
 * has not been changed.
 *
 * Only Redis's own texts are compared, byte for byte.  A record that may be
 * absent is told with a "=" before it, and is empty if it is absent.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha1.h"
#include "utils/resowner.h"

#include "bits/counter_record.h"
#include "provider/redis_scripts.h"

/*
 * A replica would answer what it has, which may be old.  Each script is given
 * the pool, the records, a hold, or what is common to the names of all holds, and
 * the revision; and the worker ID first.
 */
#define BEGIN_LUA \
	"local replication = redis.call('INFO', 'replication')\n" \
	"if not string.find(replication, 'role:master', 1, true) then\n" \
	"  return redis.error_reply('NOTMASTER this Redis is a replica')\n" \
	"end\n" \
	"local server = redis.call('INFO', 'server')\n" \
	"local time = redis.call('TIME')\n" \
	"local pool = redis.call('GET', KEYS[1])\n" \
	"local record = redis.call('HGET', KEYS[2], ARGV[1])\n" \
	"local hold = redis.call('GET', KEYS[3])\n" \
	"local function known(text) return text and '=' .. text or '' end\n" \
	"local function answer(applied, workers)\n" \
	"  return {applied, string.match(server, 'run_id:(%w+)') or '',\n" \
	"    string.match(replication, 'master_replid:(%w+)') or '',\n" \
	"    redis.call('GET', KEYS[4]) or '0',\n" \
	"    time[1], time[2], pool, record, hold, workers or {}}\n" \
	"end\n"

#define READ_LUA \
	"local records = redis.call('HGETALL', KEYS[2])\n" \
	"local workers = {}\n" \
	"for i = 1, #records, 2 do\n" \
	"  local n = #workers\n" \
	"  workers[n + 1] = records[i]\n" \
	"  workers[n + 2] = records[i + 1]\n" \
	"  workers[n + 3] = redis.call('GET', KEYS[3] .. records[i])\n" \
	"end\n" \
	"return answer(1, workers)\n"

#define WRITE_POOL_LUA \
	"if known(pool) ~= ARGV[2] then return answer(0) end\n" \
	"redis.call('INCR', KEYS[4])\n" \
	"redis.call('SET', KEYS[1], ARGV[3])\n" \
	"return answer(1)\n"

#define WRITE_LUA \
	"if known(pool) ~= ARGV[2] or known(record) ~= ARGV[3] or (ARGV[5] == 'take' and hold) then\n" \
	"  return answer(0)\n" \
	"end\n" \
	"redis.call('INCR', KEYS[4])\n" \
	"if ARGV[5] == 'take' then\n" \
	"  redis.call('SET', KEYS[3], ARGV[6], 'PX', ARGV[7])\n" \
	"elseif ARGV[5] == 'drop' and hold == ARGV[6] then\n" \
	"  redis.call('DEL', KEYS[3])\n" \
	"end\n" \
	"redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])\n" \
	"return answer(1)\n"

#define KEEP_LUA \
	"if hold ~= ARGV[2] then return answer(0) end\n" \
	"redis.call('PEXPIRE', KEYS[3], ARGV[3])\n" \
	"return answer(1)\n"

/*
 * A number may have more digits than Lua keeps of it, so it is read as Redis
 * has it.  A counter tells its state, next number or error, and identity.  Its
 * number is at most 2^63 - 1, which Redis checks.  The numbers of takes follow
 * the counts.
 */
#define TAKE_LUA \
	"local taken = {}\n" \
	"for i = 5, #KEYS do\n" \
	"  local counter = redis.call('HMGET', KEYS[i], 'next', 'identity')\n" \
	"  local state, told = 'taken', counter[1]\n" \
	"  if not counter[1] then\n" \
	"    state, told = 'absent', ''\n" \
	"  else\n" \
	"    local done = redis.pcall('HINCRBY', KEYS[i], 'next', ARGV[i - 3])\n" \
	"    if type(done) == 'table' and done.err then\n" \
	"      state, told = 'declined', done.err\n" \
	"    else\n" \
	"      redis.call('HSET', KEYS[i], 'take', ARGV[i - 7 + #KEYS])\n" \
	"    end\n" \
	"  end\n" \
	"  local n = #taken\n" \
	"  taken[n + 1] = state\n" \
	"  taken[n + 2] = told\n" \
	"  taken[n + 3] = counter[2] or ''\n" \
	"end\n" \
	"return answer(1, taken)\n"

/* Told are the number of the take, the next number that it left, and the next one then. */
#define RETURN_LUA \
	"local counter = redis.call('HMGET', KEYS[5], 'take', 'next')\n" \
	"if counter[1] ~= ARGV[2] or counter[2] ~= ARGV[3] then return answer(0) end\n" \
	"redis.call('HDEL', KEYS[5], 'take')\n" \
	"redis.call('HSET', KEYS[5], 'next', ARGV[4])\n" \
	"return answer(1)\n"

#define MAKE_COUNTER_LUA \
	"if redis.call('EXISTS', KEYS[5]) == 1 then return answer(0) end\n" \
	"redis.call('HSET', KEYS[5], 'identity', ARGV[2], 'next', ARGV[3])\n" \
	"return answer(1)\n"

static const char *const texts[] = {
	/* There is nothing to create; see whether we may read. */
	[LEASE_PREPARE] = BEGIN_LUA "return answer(1)\n",
	[LEASE_READ] = BEGIN_LUA READ_LUA,
	[LEASE_WRITE_POOL] = BEGIN_LUA WRITE_POOL_LUA,
	[LEASE_WRITE] = BEGIN_LUA WRITE_LUA,
	[LEASE_KEEP] = BEGIN_LUA KEEP_LUA,
	[LEASE_TAKE] = BEGIN_LUA TAKE_LUA,
	[LEASE_MAKE_COUNTER] = BEGIN_LUA MAKE_COUNTER_LUA,
	[LEASE_RETURN] = BEGIN_LUA RETURN_LUA,
};

static const char *const hold_names[] = {
	[LEASE_HOLD_LEAVE] = "leave",
	[LEASE_HOLD_TAKE] = "take",
	[LEASE_HOLD_DROP] = "drop",
};

/* Write the SHA-1 of a text in hexadecimal digits; false if there is no SHA-1 here. */
static bool
write_sha(const char *text, char *sha)
{
	uint8		digest[SHA1_DIGEST_LENGTH];
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA1);
	bool		is_done = context != NULL && pg_cryptohash_init(context) >= 0 &&
		pg_cryptohash_update(context, (const uint8 *) text, strlen(text)) >= 0 &&
		pg_cryptohash_final(context, digest, sizeof(digest)) >= 0;

	pg_cryptohash_free(context);
	for (int i = 0; is_done && i < SHA1_DIGEST_LENGTH; i++)
		snprintf(sha + 2 * i, 3, "%02x", digest[i]);
	return is_done;
}

/*
 * Before a session calls scripts.  Where SHA-1 is forbidden, Redis is sent the
 * whole text each time.  PostgreSQL's hashes need a resource owner, which a
 * process without transactions does not have.
 */
void
redis_scripts_prepare(RedisScripts *scripts)
{
	ResourceOwner before = CurrentResourceOwner;
	ResourceOwner owner = ResourceOwnerCreate(before, "idgen redis");

	PG_TRY();
	{
		CurrentResourceOwner = owner;
		for (int kind = 0; kind < lengthof(texts); kind++)
			if (!write_sha(texts[kind], scripts->shas[kind]))
				scripts->shas[kind][0] = '\0';
	}
	PG_FINALLY();
	{
		CurrentResourceOwner = before;
	}
	PG_END_TRY();
	ResourceOwnerDelete(owner);
}

static void
add(RedisCommand *command, const char *argument)
{
	command->arguments[command->count++] = argument;
}

/* Add what a record must be. */
static void
add_expected(RedisCommand *command, char *room, size_t size, const char *record)
{
	snprintf(room, size, "%s%s", record == NULL ? "" : "=", record == NULL ? "" : record);
	add(command, room);
}

static void
add_key(RedisCommand *command, const char *pool, const char *kind, const char *name)
{
	char	   *key = command->keys[command->key_count++];

	snprintf(key, sizeof(command->keys[0]), "{idgen:%s}:%s%s", pool, kind, name);
	add(command, key);
}

/* How many counters an operation is about. */
static int
count_counters(const LeaseOperation *operation)
{
	if (operation->kind == LEASE_TAKE)
		return operation->take_count;
	return operation->kind == LEASE_MAKE_COUNTER || operation->kind == LEASE_RETURN ? 1 : 0;
}

static const char *
get_counter(const LeaseOperation *operation, int number)
{
	if (operation->kind == LEASE_TAKE)
		return operation->takes[number].counter;
	return operation->kind == LEASE_MAKE_COUNTER ? operation->counter : operation->returned.counter;
}

static void
add_keys(RedisCommand *command, const LeaseOperation *operation, const char *pool)
{
	int			counters = count_counters(operation);

	command->key_count = 0;
	snprintf(command->keys_text, sizeof(command->keys_text), "%d", REDIS_FIXED_KEYS + counters);
	add(command, command->keys_text);
	add_key(command, pool, "pool", "");
	add_key(command, pool, "records", "");
	add_key(command, pool, "hold:", operation->kind == LEASE_READ ? "" : command->worker);
	add_key(command, pool, "revision", "");
	for (int i = 0; i < counters; i++)
		add_key(command, pool, "counter:", get_counter(operation, i));
}

/* What a counter is to become, or how many numbers are taken of each. */
static void
add_counters(RedisCommand *command, const LeaseOperation *operation)
{
	CounterRecord record;

	if (operation->kind == LEASE_MAKE_COUNTER && counter_record_read(operation->counter_text, &record))
	{
		strlcpy(command->record, record.identity, sizeof(command->record));
		snprintf(command->counts[0], sizeof(command->counts[0]), INT64_FORMAT, record.next);
		add(command, command->record);
		add(command, command->counts[0]);
	}
	for (int i = 0; operation->kind == LEASE_TAKE && i < operation->take_count; i++)
	{
		/*
		 * A name that is too long would be cut off, and be that of another
		 * counter.
		 */
		snprintf(command->counts[i], sizeof(command->counts[i]), INT64_FORMAT,
				 counter_name_is_valid(operation->takes[i].counter) ? operation->takes[i].count : 0);
		add(command, command->counts[i]);
	}
	for (int i = 0; operation->kind == LEASE_TAKE && i < operation->take_count; i++)
	{
		snprintf(command->tokens[i], sizeof(command->tokens[i]), UINT64_FORMAT, operation->takes[i].token);
		add(command, command->tokens[i]);
	}
}

/* What the counter must be for a return, and what it is to become. */
static void
add_return(RedisCommand *command, const LeaseReturn *returned)
{
	snprintf(command->tokens[0], sizeof(command->tokens[0]), UINT64_FORMAT, returned->token);
	snprintf(command->counts[0], sizeof(command->counts[0]), INT64_FORMAT, returned->last + 1);
	snprintf(command->counts[1], sizeof(command->counts[1]), INT64_FORMAT, returned->first);
	add(command, command->tokens[0]);
	add(command, command->counts[0]);
	add(command, command->counts[1]);
}

/* What a record of a worker, or the pool's, is to be, and what becomes of the hold. */
static void
add_records(RedisCommand *command, const LeaseOperation *operation)
{
	LeaseOperationKind kind = operation->kind;

	if (kind == LEASE_WRITE_POOL || kind == LEASE_WRITE)
		add_expected(command, command->pool, sizeof(command->pool), operation->pool);
	if (kind == LEASE_WRITE_POOL)
		add(command, operation->new_pool);
	if (kind == LEASE_WRITE)
	{
		add_expected(command, command->record, sizeof(command->record), operation->record);
		add(command, operation->new_record);
		add(command, hold_names[operation->hold]);
	}
	if (kind == LEASE_WRITE || kind == LEASE_KEEP)
	{
		add(command, operation->hold_nonce == NULL ? "" : operation->hold_nonce);
		add(command, command->ttl_ms);
	}
}

/* The command that does an operation, with the script's text if Redis does not know it yet. */
void
redis_scripts_call(const RedisScripts *scripts, const LeaseOperation *operation, const char *pool,
				   bool is_text_needed, RedisCommand *command)
{
	const char *sha = scripts->shas[operation->kind];

	command->count = 0;
	snprintf(command->worker, sizeof(command->worker), "%d", operation->worker);
	snprintf(command->ttl_ms, sizeof(command->ttl_ms), "%d", Max(operation->ttl_ms, 1));
	is_text_needed |= sha[0] == '\0';
	add(command, is_text_needed ? "EVAL" : "EVALSHA");
	add(command, is_text_needed ? texts[operation->kind] : sha);
	add_keys(command, operation, pool);
	add(command, command->worker);
	add_records(command, operation);
	add_counters(command, operation);
	if (operation->kind == LEASE_RETURN)
		add_return(command, &operation->returned);
}
