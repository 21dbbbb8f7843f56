/*-------------------------------------------------------------------------
 *
 * segment_memory.c
 *	  Segments in shared memory: what this server has taken from their roots.
 *
 * A segment is known by its database, the OID of its sequence and the number of
 * the sequence's file.  ALTER SEQUENCE and TRUNCATE ... RESTART IDENTITY give it
 * another file; then its entry begins anew.  It also does for a database that has
 * got the OID of one that was dropped, and with it the OIDs and files of the same
 * template: that is known by the birth of its directory.  Nothing of this outlives
 * the server: after a crash, a promotion or a restore, all is taken anew from the
 * root.
 *
 * If there is no room for another segment, one of the owner with the most of them makes
 * room, which was not used for the longest time, and what is left of its chunk is lost.
 * So who creates sequences without end takes the chunks of his own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "access/xact.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "engine/random.h"
#include "engine/shmem.h"
#include "segment/segment_memory.h"

#define TABLE_NAME "IdgenSegments"

int			segment_memory_max = 4 * SEGMENTS_WITHOUT_PRELOADING;

typedef struct SegmentTable
{
	LWLock		lock;			/* of which entry is which segment's */
	int			capacity;
	uint32		generations;	/* counts them; guarded by lock */
	SegmentEntryPadded entries[FLEXIBLE_ARRAY_MEMBER];
} SegmentTable;

static SegmentTable *table = NULL;

/* Room for how many segments is to be made, if this process is the first. */
static int	wanted_capacity = SEGMENTS_WITHOUT_PRELOADING;

/* Bytes of the table. */
Size
segment_memory_size(int segments)
{
	return add_size(offsetof(SegmentTable, entries), mul_size(segments, sizeof(SegmentEntryPadded)));
}

static void
init_table(void *piece, bool found)
{
	SegmentTable *new = piece;

	if (found && new->capacity > 0)
		return;
	memset(new, 0, segment_memory_size(wanted_capacity));
	LWLockInitialize(&new->lock, compat_new_tranche(TABLE_NAME));
	for (int i = 0; i < wanted_capacity; i++)
	{
		SegmentEntry *entry = &new->entries[i].entry;

		SpinLockInit(&entry->mutex);
		ConditionVariableInit(&entry->changed);
		pg_atomic_init_u64(&entry->used_us, 0);
	}
	new->capacity = wanted_capacity;
}

/* The table, which is created if it does not exist yet.  ERROR OUT_OF_MEMORY if there is no room. */
static SegmentTable *
get_table(void)
{
	if (likely(table != NULL))
		return table;
	table = shmem_attach_piece("idgen segments", segment_memory_size(wanted_capacity), init_table);
	compat_register_tranche(table->lock.tranche, TABLE_NAME);
	return table;
}

/* Create the table while the server starts; see shmem_startup(). */
void
segment_memory_startup(int segments)
{
	table = NULL;
	wanted_capacity = Max(segments, 1);
	(void) get_table();
}

static SegmentEntry *
get_entry(int number)
{
	return &table->entries[number].entry;
}

/* When the directory of our database was made, and as what. */
static uint64
database_birth(void)
{
	static uint64 birth = 0;
	char		path[MAXPGPATH];
	struct stat state;

	if (birth != 0)
		return birth;
	snprintf(path, sizeof(path), "%s/PG_VERSION", DatabasePath);
	if (stat(path, &state) == 0)
		birth = ((uint64) state.st_mtim.tv_sec * NS_PER_S + state.st_mtim.tv_nsec) ^ ((uint64) state.st_ino << 32);
	return birth;
}

static bool
entry_is_of(const SegmentEntry *entry, const SegmentSequence *sequence)
{
	return entry->generation != 0 && entry->database == MyDatabaseId && entry->sequence == sequence->oid;
}

/* The number of a segment's entry, whatever its file; -1 if there is none.  The caller holds the lock. */
static int
find_number(const SegmentSequence *sequence)
{
	for (int i = 0; i < table->capacity; i++)
		if (entry_is_of(get_entry(i), sequence))
			return i;
	return -1;
}

static int
compare_oids(const void *left, const void *right)
{
	Oid			one = *(const Oid *) left;
	Oid			other = *(const Oid *) right;

	return one < other ? -1 : (one > other ? 1 : 0);
}

/*
 * The owner of most entries; this one if no other has more.  There is room in owners for
 * all of them.  The caller holds the lock.
 */
static Oid
owner_of_most(Oid owner, Oid *owners)
{
	Oid			most = owner;
	int			most_count = 0;
	int			count = 0;

	for (int i = 0; i < table->capacity; i++)
	{
		owners[i] = get_entry(i)->owner;
		most_count += owners[i] == owner;
	}
	qsort(owners, table->capacity, sizeof(Oid), compare_oids);
	for (int i = 0; i < table->capacity; i++)
	{
		count = i > 0 && owners[i] == owners[i - 1] ? count + 1 : 1;
		if (count > most_count)
		{
			most = owners[i];
			most_count = count;
		}
	}
	return most;
}

/*
 * The number of an entry that is free, or that was not used for longest, of an owner or
 * of all (InvalidOid), and is not being refilled; -1 if there is none.  The caller holds
 * the lock exclusively.
 */
static int
find_victim(Oid owner)
{
	int			victim = -1;

	for (int i = 0; i < table->capacity; i++)
	{
		SegmentEntry *entry = get_entry(i);

		if (entry->generation == 0)
			return i;
		if (*(volatile int *) &entry->refiller != 0 || (OidIsValid(owner) && entry->owner != owner))
			continue;
		if (victim < 0 || pg_atomic_read_u64(&entry->used_us) < pg_atomic_read_u64(&get_entry(victim)->used_us))
			victim = i;
	}
	return victim;
}

/*
 * Begin a generation of an entry.  The counts go on if it is the same segment,
 * with another file.  The caller holds the lock exclusively.
 */
static void
begin_generation(SegmentEntry *entry, const SegmentSequence *sequence)
{
	SegmentCounts counts = {0};
	uint64		birth = database_birth();
	uint64		shares = random_word();

	SpinLockAcquire(&entry->mutex);
	if (entry_is_of(entry, sequence))
	{
		counts = entry->counts;
		counts.wasted += entry->left + entry->reserve.count;
	}
	memset(&entry->next, 0, offsetof(SegmentEntry, changed) - offsetof(SegmentEntry, next));
	entry->last_error[0] = '\0';
	entry->counts = counts;
	entry->issued_before = counts.issued;
	entry->database = MyDatabaseId;
	entry->sequence = sequence->oid;
	entry->file = sequence->file;
	entry->roots = sequence->options.roots;
	entry->has_free_list = sequence->options.has_free_list;
	entry->birth = birth;
	entry->owner = sequence->owner;
	entry->increment = sequence->increment;
	entry->shares = shares;
	if (++table->generations == 0)
		table->generations = 1;
	entry->generation = table->generations;
	SpinLockRelease(&entry->mutex);
	pg_atomic_write_u64(&entry->used_us, GetCurrentTransactionStartTimestamp());
	ConditionVariableBroadcast(&entry->changed);
}

static bool
has_file(int number, const SegmentSequence *sequence)
{
	SegmentEntry *entry = number < 0 ? NULL : get_entry(number);

	return entry != NULL && entry->file == sequence->file && entry->birth == database_birth() &&
		entry->roots == sequence->options.roots && entry->has_free_list == sequence->options.has_free_list;
}

/* The place of a segment that has none yet, or one with another file. */
static SegmentPlace
make_place(const SegmentSequence *sequence)
{
	SegmentPlace place;
	Oid		   *owners = palloc(table->capacity * sizeof(Oid));

	LWLockAcquire(&table->lock, LW_EXCLUSIVE);
	place.number = find_number(sequence);
	if (place.number < 0)
		place.number = find_victim(owner_of_most(sequence->owner, owners));
	if (place.number < 0)
		place.number = find_victim(InvalidOid);
	if (place.number < 0)
	{
		LWLockRelease(&table->lock);
		ereport(ERROR,
				errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("too many segments are being refilled"),
				errdetail("There is room for %d segments.", table->capacity),
				errhint("Raise \"idgen.max_segments\", add \"idgen\" to \"shared_preload_libraries\" if it is not there, and restart the server."));
	}
	if (!entry_is_of(get_entry(place.number), sequence) || !has_file(place.number, sequence))
		begin_generation(get_entry(place.number), sequence);
	place.generation = get_entry(place.number)->generation;
	LWLockRelease(&table->lock);
	pfree(owners);
	return place;
}

/*
 * The place of a segment of this database, which is made if there is none.
 * Errors: OUT_OF_MEMORY without room for the table, CONFIGURATION_LIMIT_EXCEEDED.
 */
SegmentPlace
segment_memory_find(const SegmentSequence *sequence)
{
	SegmentPlace place = {0};

	(void) get_table();
	LWLockAcquire(&table->lock, LW_SHARED);
	place.number = find_number(sequence);
	if (has_file(place.number, sequence))
		place.generation = get_entry(place.number)->generation;
	LWLockRelease(&table->lock);
	return place.generation != 0 ? place : make_place(sequence);
}

/* Lock the entry of a place; NULL, without a lock, if it is of another generation. */
SegmentEntry *
segment_memory_lock(SegmentPlace place)
{
	SegmentEntry *entry = &get_table()->entries[place.number].entry;

	SpinLockAcquire(&entry->mutex);
	if (likely(entry->generation == place.generation))
		return entry;
	SpinLockRelease(&entry->mutex);
	return NULL;
}

void
segment_memory_unlock(SegmentEntry *entry)
{
	SpinLockRelease(&entry->mutex);
}

/* A transaction that began at this time, in us since 2000, uses a place. */
void
segment_memory_note_use(SegmentPlace place, int64 time_us)
{
	pg_atomic_uint64 *used_us = &get_entry(place.number)->used_us;

	if (pg_atomic_read_u64(used_us) != (uint64) time_us)
		pg_atomic_write_u64(used_us, time_us);
}

static void
attach(int number)
{
	(void) get_table();
}

/* Entries that there are; none if there is no room for the table, and so no segment is in use. */
int
segment_memory_capacity(void)
{
	return table != NULL || shmem_attach_if_room(attach, 0) ? table->capacity : 0;
}

/* Copy an entry, to look at; false if it is not in use. */
bool
segment_memory_copy(int number, SegmentEntry *copy)
{
	SegmentEntry *entry = &get_table()->entries[number].entry;

	SpinLockAcquire(&entry->mutex);
	memcpy(copy, entry, sizeof(SegmentEntry));
	SpinLockRelease(&entry->mutex);
	return copy->generation != 0;
}

/* The sequences of this database that have entries: a list of OIDs.  Some may have been dropped. */
List *
segment_memory_sequences(void)
{
	int			capacity = segment_memory_capacity();
	List	   *sequences = NIL;
	SegmentEntry entry;

	for (int i = 0; i < capacity; i++)
		if (segment_memory_copy(i, &entry) && entry.database == MyDatabaseId)
			sequences = lappend_oid(sequences, entry.sequence);
	return sequences;
}

/* Copy the entry of a sequence of this database, to look at; false if it has none. */
bool
segment_memory_peek(Oid sequence, SegmentEntry *copy)
{
	int			capacity = segment_memory_capacity();

	for (int i = 0; i < capacity; i++)
		if (segment_memory_copy(i, copy) && copy->database == MyDatabaseId && copy->sequence == sequence)
			return true;
	return false;
}

/* What is signaled when there is no refill of a place to wait for any more, or another one. */
ConditionVariable *
segment_memory_changed(SegmentPlace place)
{
	return &get_entry(place.number)->changed;
}

/* The wait event of processes that wait for a refill. */
uint32
segment_memory_wait_event(void)
{
	static uint32 wait_event = 0;

	return compat_wait_event(&wait_event, "IdgenSegment");
}
