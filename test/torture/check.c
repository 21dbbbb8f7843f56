/*-------------------------------------------------------------------------
 *
 * check.c
 *	  What is wrong with the IDs that load.c has collected.
 *
 *		check DIRECTORY
 *
 * Prints NAME<tab>NUMBER for each figure, and the first offenders of each kind on
 * stderr.  The run's own log, DIRECTORY/events, tells about clocks that were
 * stepped and servers that were restarted:
 *
 *		FROM_US TO_US KIND NODE CLOCK DETAIL
 *
 * where CLOCK is "behind" while calls are expected to fail, or "right".
 *
 * Memory holds the records of so many ticks at a time as fit (PASS_RECORDS), so
 * there may be more IDs than memory.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "record.h"

/* 4 GB, and as much again to sort them. */
#define PASS_RECORDS (INT64_C(128) << 20)

#define MOST_CLIENTS 1024
#define OFFENDERS_SHOWN 5

/* More than idgen.reserve_ahead and a restart of the server take. */
#define LONG_SILENCE_US 6000000

/*
 * A statement that ran within this of a step may have seen both clocks; the log
 * is as exact as a shell can be.
 */
#define STEP_MARGIN_US 50000

/* What a client has collected, in the order in which it came. */
typedef struct Collection
{
	const Record *records;
	int64_t		count;
	int64_t		sent_at;		/* merge in order of sent_us: the next record */
	int64_t		received_at;	/* the same in order of received_us */
} Collection;

typedef struct Session
{
	int			client;
	int			pid;
	char		node[16];
	char		database[16];
	int64_t		connected_us;
} Session;

typedef struct Event
{
	int64_t		from_us;
	int64_t		to_us;
	char		kind[32];
	char		node[16];
	bool		is_behind;
	int64_t		silence_us;
} Event;

static const char *directory;
static Collection collections[MOST_CLIENTS];
static int	clients = 0;
static Session *sessions;
static int64_t session_count = 0;
static Event *events;
static int	event_count = 0;

/* ---------------------------------------------------------------- reading */

static void
die(const char *what)
{
	fprintf(stderr, "check: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *
allocate(int64_t count, size_t size)
{
	void	   *memory = calloc(count > 0 ? count : 1, size);

	if (memory == NULL)
		die("calloc");
	return memory;
}

static FILE *
open_file(const char *name)
{
	char		path[1024];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r");
	if (file == NULL)
		die(path);
	return file;
}

static int64_t
count_lines(const char *name)
{
	FILE	   *file = open_file(name);
	int64_t		lines = 0;
	int			c;

	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/* A record that was not written to its end counts no more. */
static bool
map_collection(int number)
{
	Collection *collection = &collections[clients];
	char		path[1024];
	struct stat status;
	int			file;

	snprintf(path, sizeof(path), "%s/ids.%d", directory, number);
	file = open(path, O_RDONLY);
	if (file < 0)
		return false;
	if (fstat(file, &status) != 0)
		die(path);
	collection->count = status.st_size / (int64_t) sizeof(Record);
	if (collection->count > 0)
	{
		collection->records = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, file, 0);
		if (collection->records == MAP_FAILED)
			die(path);
	}
	close(file);
	return true;
}

static void
read_collections(void)
{
	while (clients < MOST_CLIENTS && map_collection(clients + 1))
		clients++;
}

static void
read_sessions(void)
{
	FILE	   *file = open_file("sessions");
	unsigned	number;
	Session		session;
	char		host[256];
	long long	connected_us;

	session_count = count_lines("sessions") + 1;
	sessions = allocate(session_count, sizeof(Session));
	while (fscanf(file, "%u %d %255s %15s %d %lld", &number, &session.client, host,
				  session.database, &session.pid, &connected_us) == 6)
	{
		const char *slash = strrchr(host, '/');

		snprintf(session.node, sizeof(session.node), "%.15s", slash ? slash + 1 : host);
		session.connected_us = connected_us;
		if (number < session_count)
			sessions[number] = session;
	}
	fclose(file);
}

static void
read_events(void)
{
	FILE	   *file = open_file("events");
	char		line[512];

	events = allocate(count_lines("events"), sizeof(Event));
	while (fgets(line, sizeof(line), file))
	{
		Event	   *event = &events[event_count];
		char		state[16];
		long long	from_us,
					to_us;

		if (sscanf(line, "%lld %lld %31s %15s %15s", &from_us, &to_us, event->kind, event->node,
				   state) != 5)
			continue;
		event->from_us = from_us;
		event->to_us = to_us;
		event->is_behind = strcmp(state, "behind") == 0;
		event_count++;
	}
	fclose(file);
}

/* ---------------------------------------------------------------- telling */

static bool
event_is(const Event *event, const char *kind)
{
	return strncmp(event->kind, kind, strlen(kind)) == 0;
}

/* Has shared memory begun anew with this? */
static bool
begins_life(const Event *event)
{
	return event_is(event, "crash") || event_is(event, "start-fast") || event_is(event, "promotion");
}

static int
life_at(int64_t us)
{
	int			life = 0;

	for (int i = 0; i < event_count && events[i].from_us <= us; i++)
		life += begins_life(&events[i]);
	return life;
}

static const char *
event_before(int64_t us)
{
	const char *kind = "none";

	for (int i = 0; i < event_count && events[i].from_us <= us; i++)
		kind = events[i].kind;
	return kind;
}

static void
tell_time(int64_t us)
{
	time_t		seconds = us / 1000000;
	struct tm	parts;
	char		text[32];

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%H:%M:%S", &parts);
	fprintf(stderr, "%s.%06d", text, (int) (us % 1000000));
}

static void
tell_record(const Record *record)
{
	Session		unknown = {0};
	const Session *session = record->session < session_count ?
		&sessions[record->session] : &unknown;

	fprintf(stderr, "    IDs %lld .. %lld, sent ", (long long) record->first,
			(long long) record_end(record) - 1);
	tell_time(record->sent_us);
	fprintf(stderr, ", received ");
	tell_time(record->received_us);
	fprintf(stderr, ": session %u (client %d, node %s, life %d, %s, pid %d), last event: %s\n",
			record->session, session->client, session->node, life_at(session->connected_us),
			session->database, session->pid, event_before(record->sent_us));
}

static void
tell_pair(const char *what, int64_t number, const Record *a, const Record *b)
{
	if (number >= OFFENDERS_SHOWN)
		return;
	fprintf(stderr, "%s:\n", what);
	tell_record(a);
	tell_record(b);
}

static void
print(const char *name, int64_t value)
{
	printf("%s\t%lld\n", name, (long long) value);
}

/* ---------------------------------------------------------------- duplicates */

static int
compare_records(const void *a, const void *b)
{
	const Record *x = a;
	const Record *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Records of the ticks whose remainder is pass; a record lies in one tick. */
static int64_t
select_records(Record *selected, int64_t room, int64_t passes, int64_t pass)
{
	int64_t		count = 0;

	for (int c = 0; c < clients; c++)
	{
		for (int64_t i = 0; i < collections[c].count; i++)
		{
			const Record *record = &collections[c].records[i];

			if (id_tick(record->first) % passes != pass)
				continue;
			if (count == room)
			{
				errno = ENOMEM;
				die("records of a pass");
			}
			selected[count++] = *record;
		}
	}
	return count;
}

/* How many of the sorted records' IDs are there already. */
static int64_t
count_repeated(const Record *records, int64_t count, int64_t *pairs)
{
	int64_t		repeated = 0;
	const Record *furthest = records;

	for (int64_t i = 1; i < count; i++)
	{
		const Record *record = &records[i];
		int64_t		end = record_end(record);
		int64_t		covered_to = record_end(furthest);

		if (record->first < covered_to)
		{
			repeated += (end < covered_to ? end : covered_to) - record->first;
			tell_pair("DUPLICATES", (*pairs)++, furthest, record);
		}
		if (end > covered_to)
			furthest = record;
	}
	return repeated;
}

static void
check_duplicates(void)
{
	int64_t		total = 0;
	int64_t		ids = 0;
	int64_t		repeated = 0;
	int64_t		pairs = 0;
	int64_t		passes;
	int64_t		room;
	Record	   *selected;

	for (int c = 0; c < clients; c++)
	{
		total += collections[c].count;
		for (int64_t i = 0; i < collections[c].count; i++)
			ids += collections[c].records[i].count;
	}

	passes = total / PASS_RECORDS + 1;
	/* Passes are not of the same size. */
	room = passes == 1 ? total : total / passes * 5 / 4;
	selected = allocate(room, sizeof(Record));
	for (int64_t pass = 0; pass < passes; pass++)
	{
		int64_t		count = select_records(selected, room, passes, pass);

		qsort(selected, count, sizeof(Record), compare_records);
		repeated += count_repeated(selected, count, &pairs);
	}
	free(selected);
	print("ids checked", ids);
	print("records", total);
	print("duplicates", repeated);
}

/* ---------------------------------------------------------------- order */

static void
check_order_in_sessions(void)
{
	int64_t		decreases = 0;

	for (int c = 0; c < clients; c++)
	{
		const Record *records = collections[c].records;

		for (int64_t i = 1; i < collections[c].count; i++)
		{
			if (records[i].session == records[i - 1].session &&
				records[i].first < record_end(&records[i - 1]))
				tell_pair("DECREASE WITHIN A SESSION", decreases++, &records[i - 1], &records[i]);
		}
	}
	print("decreases within a session", decreases);
}

/* The record that was sent first of those that were not taken yet, or NULL. */
static const Record *
next_sent(void)
{
	Collection *best = NULL;

	for (Collection *c = collections; c < collections + clients; c++)
	{
		if (c->sent_at < c->count &&
			(best == NULL || c->records[c->sent_at].sent_us < best->records[best->sent_at].sent_us))
			best = c;
	}
	return best ? &best->records[best->sent_at++] : NULL;
}

/* The same for the record that was received first, if that was before a time. */
static const Record *
next_received(int64_t before_us)
{
	Collection *best = NULL;

	for (Collection *c = collections; c < collections + clients; c++)
	{
		if (c->received_at < c->count &&
			(best == NULL ||
			 c->records[c->received_at].received_us < best->records[best->received_at].received_us))
			best = c;
	}
	if (best == NULL || best->records[best->received_at].received_us >= before_us)
		return NULL;
	return &best->records[best->received_at++];
}

/*
 * Whatever was received before a statement was sent is below its IDs, also across
 * crashes and failovers.  This finds timelines that overlap even if luck has kept
 * their IDs apart.
 */
static void
check_order_across_sessions(void)
{
	int64_t		decreases = 0;
	const Record *highest = NULL;
	const Record *record;

	while ((record = next_sent()) != NULL)
	{
		const Record *done;

		while ((done = next_received(record->sent_us)) != NULL)
		{
			if (highest == NULL || record_end(done) > record_end(highest))
				highest = done;
		}
		if (highest && record->first < record_end(highest))
			tell_pair("DECREASE ACROSS SESSIONS", decreases++, highest, record);
	}
	print("decreases across sessions", decreases);
}

/* ---------------------------------------------------------------- clocks */

/* Did a clock step while a statement ran? */
static bool
overlaps_step(int64_t sent_us, int64_t received_us)
{
	for (int i = 0; i < event_count; i++)
	{
		if (event_is(&events[i], "step") &&
			sent_us <= events[i].to_us + STEP_MARGIN_US &&
			received_us >= events[i].from_us - STEP_MARGIN_US)
			return true;
	}
	return false;
}

static void
check_drift(void)
{
	FILE	   *file = open_file("beyond");
	int64_t		beyond = 0;
	int64_t		excused = 0;
	int64_t		lines = 0;
	long long	sent_us,
				received_us,
				id,
				limit_us,
				ids;
	unsigned	session;

	while (fscanf(file, "%lld %lld %u %lld %lld %lld", &sent_us, &received_us, &session, &id,
				  &limit_us, &ids) == 6)
	{
		if (overlaps_step(sent_us, received_us))
		{
			excused += ids;
			continue;
		}
		beyond += ids;
		if (lines++ < OFFENDERS_SHOWN)
		{
			Record		record = {id, 1, session, sent_us, received_us};

			fprintf(stderr, "%lld IDs BEYOND THE DRIFT LIMIT, the first by %lld us:\n", ids,
					(long long) id_time_us(id) - limit_us);
			tell_record(&record);
		}
	}
	fclose(file);
	print("ids beyond the drift limit", beyond);
	print("ids beyond it while the clock stepped", excused);
}

/* ---------------------------------------------------------------- silences */

/* Part of what the event before it began: a restart, with a step while down. */
static bool
continues_event(const Event *event)
{
	return strcmp(event->kind, "start") == 0 || event_is(event, "rebuild") ||
		event_is(event, "standby") ||
		(event_is(event, "step") && strstr(event->kind, "-down"));
}

/* Leave only events that begin something; what continues them may put the clock wrong. */
static void
join_events(void)
{
	int			count = 0;

	for (int i = 0; i < event_count; i++)
	{
		if (count > 0 && continues_event(&events[i]))
			events[count - 1].is_behind |= events[i].is_behind;
		else
			events[count++] = events[i];
	}
	event_count = count;
}

/*
 * The longest time without any ID that ended after an event and before the next,
 * counted from the event at the earliest.
 */
static void
measure_silences(void)
{
	const Record *record;
	int64_t		last_us = 0;
	int			at = -1;

	join_events();
	for (int c = 0; c < clients; c++)
		collections[c].received_at = 0;
	while ((record = next_received(INT64_MAX)) != NULL)
	{
		int64_t		silence_us;

		while (at + 1 < event_count && events[at + 1].from_us <= record->received_us)
			at++;
		if (at < 0)
			continue;
		silence_us = record->received_us -
			(last_us > events[at].from_us ? last_us : events[at].from_us);
		if (silence_us > events[at].silence_us)
			events[at].silence_us = silence_us;
		last_us = record->received_us;
	}
}

static void
tell_long_silences(void)
{
	for (int i = 0; i < event_count; i++)
	{
		if (events[i].is_behind || events[i].silence_us < LONG_SILENCE_US)
			continue;
		fprintf(stderr, "no ID for %.2f s after %s on node %s at ", events[i].silence_us / 1e6,
				events[i].kind, events[i].node);
		tell_time(events[i].from_us);
		fprintf(stderr, "\n");
	}
}

/* Median and longest silence of each kind of event, while the clock was right. */
static int
compare_events(const void *a, const void *b)
{
	const Event *x = a;
	const Event *y = b;
	int			kinds = strcmp(x->kind, y->kind);

	return kinds ? kinds : (x->silence_us > y->silence_us) - (x->silence_us < y->silence_us);
}

static void
print_silences(void)
{
	int			count = 0;

	for (int i = 0; i < event_count; i++)
	{
		if (!events[i].is_behind)
			events[count++] = events[i];
	}
	qsort(events, count, sizeof(Event), compare_events);
	for (int from = 0, to; from < count; from = to)
	{
		for (to = from; to < count && strcmp(events[from].kind, events[to].kind) == 0;)
			to++;
		printf("silence %s\t%.2f\t%.2f\n", events[from].kind,
			   events[(from + to) / 2].silence_us / 1e6, events[to - 1].silence_us / 1e6);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 2)
	{
		fprintf(stderr, "usage: check DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	read_collections();
	read_sessions();
	read_events();
	check_duplicates();
	check_order_in_sessions();
	check_order_across_sessions();
	check_drift();
	measure_silences();
	tell_long_silences();
	print_silences();
	return 0;
}
