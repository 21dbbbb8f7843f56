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
 * where CLOCK is "behind" while calls are expected to fail, or "right".  The
 * server's node is "DATACENTER WORKER" of the last event "node"; from an event
 * "refused-node" on it has none, its detail being what was asked for, until the next.
 * An event "lead" says how many ms the reference clock may be ahead of the clock from then on:
 * by the highest clock that there was, and by where starts have had IDs begin.  One of kind
 * "lead-of-start" says the same of one start, and may come when other events have come that
 * were later.
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

/* How long after a reload statements may begin that go by what was before. */
#define RELOAD_MARGIN_US 1500000

/* How long after a reset, at most idgen.max_wait and something, a statement may end that had begun before. */
#define RESET_MARGIN_US 15000000

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
	char		detail[64];
	int			server_node;	/* of "node" */
} Event;

/* How far the reference clock may have been ahead of the clock since a time. */
typedef struct Lead
{
	int64_t		from_us;
	int64_t		ms;
	bool		is_of_start;	/* does not end the one before */
} Lead;

static const char *directory;
static Collection collections[MOST_CLIENTS];
static int	clients = 0;
static Session *sessions;
static int64_t session_count = 0;
static Event *events;
static int	event_count = 0;
static Lead *leads;
static int	lead_count = 0;

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
add_lead(const Event *event)
{
	Lead		lead = {
		.from_us = event->from_us,
		.ms = strtoll(event->detail, NULL, 10),
		.is_of_start = strcmp(event->kind, "lead-of-start") == 0,
	};

	leads[lead_count++] = lead;
}

static int
compare_leads(const void *a, const void *b)
{
	const Lead *x = a;
	const Lead *y = b;

	if (x->from_us != y->from_us)
		return x->from_us < y->from_us ? -1 : 1;
	return x->is_of_start - y->is_of_start;
}

static void
read_events(void)
{
	FILE	   *file = open_file("events");
	char		line[512];

	events = allocate(count_lines("events"), sizeof(Event));
	leads = allocate(count_lines("events"), sizeof(Lead));
	while (fgets(line, sizeof(line), file))
	{
		Event	   *event = &events[event_count];
		char		state[16];
		long long	from_us,
					to_us;
		int			datacenter = 0;
		int			worker = 0;

		if (sscanf(line, "%lld %lld %31s %15s %15s %63[^\n]", &from_us, &to_us, event->kind, event->node,
				   state, event->detail) != 6)
			continue;
		if (strcmp(event->kind, "node") == 0)
			sscanf(event->detail, "%d %d", &datacenter, &worker);
		event->server_node = datacenter << WORKER_BITS | worker;
		event->from_us = from_us;
		event->to_us = to_us;
		event->is_behind = strcmp(state, "behind") == 0;
		if (strncmp(event->kind, "lead", 4) == 0)
			add_lead(event);
		else
			event_count++;
	}
	fclose(file);
	qsort(leads, lead_count, sizeof(Lead), compare_leads);
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
	char		str[32];

	gmtime_r(&seconds, &parts);
	strftime(str, sizeof(str), "%H:%M:%S", &parts);
	fprintf(stderr, "%s.%06d", str, (int) (us % 1000000));
}

static void
tell_record(const Record *record)
{
	Session		unknown = {0};
	const Session *session = record->session < session_count ?
		&sessions[record->session] : &unknown;

	fprintf(stderr, "    %s: IDs %lld .. %lld, node %d, sent ", source_names[source_kind(record->source)],
			(long long) record->first, (long long) record_end(record) - 1, id_node(record->source, record->first));
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
	int			classes = source_class(x->source) - source_class(y->source);

	return classes ? classes : (x->first > y->first) - (x->first < y->first);
}

/* Records of the ticks whose remainder is pass; a record lies in one tick of the longest. */
static int64_t
select_records(Record *selected, int64_t room, int64_t passes, int64_t pass)
{
	int64_t		count = 0;

	for (int c = 0; c < clients; c++)
	{
		for (int64_t i = 0; i < collections[c].count; i++)
		{
			const Record *record = &collections[c].records[i];

			if ((record->first >> TICK_SHIFT) % passes != pass)
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

/* How many of the sorted records' IDs are there already in their class. */
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

		if (source_class(record->source) != source_class(furthest->source))
		{
			furthest = record;
			continue;
		}
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

/*
 * Was a timeline set back between two records?  Forward it may be set as if the
 * clock had been.
 */
static bool
is_across_reset(const Record *before, const Record *after)
{
	for (int i = 0; i < event_count; i++)
	{
		if (event_is(&events[i], "reset-back") &&
			before->sent_us <= events[i].to_us && after->received_us >= events[i].from_us)
			return true;
	}
	return false;
}

/* A generator's IDs increase within a session, whatever becomes of its node and layout. */
static void
check_order_in_sessions(void)
{
	int64_t		decreases = 0;
	int64_t		resets = 0;

	for (int c = 0; c < clients; c++)
	{
		const Record *last[SOURCES] = {NULL};

		for (int64_t i = 0; i < collections[c].count; i++)
		{
			const Record *record = &collections[c].records[i];
			const Record *before = last[record->source];

			last[record->source] = record;
			if (before == NULL || before->session != record->session || record->first >= record_end(before))
				continue;
			if (is_across_reset(before, record))
				resets++;
			else
				tell_pair("DECREASE WITHIN A SESSION", decreases++, before, record);
		}
	}
	print("decreases within a session", decreases);
	print("decreases where a timeline was set back", resets);
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
 * Whatever was received before a statement was sent is below its IDs, if these are
 * of the same space, whatever the generators' names are, and across crashes and
 * failovers.  This finds timelines that overlap even if luck has kept their IDs
 * apart.  A reset sets back only what has no IDs.
 */
static void
check_order_across_sessions(void)
{
	int64_t		decreases = 0;
	const Record *highest[SPACES] = {NULL};
	const Record *record;

	while ((record = next_sent()) != NULL)
	{
		const Record *done;
		int			space;

		while ((done = next_received(record->sent_us)) != NULL)
		{
			space = id_space(done->source, done->first);
			if (space >= 0 && (highest[space] == NULL || record_end(done) > record_end(highest[space])))
				highest[space] = done;
		}
		space = id_space(record->source, record->first);
		if (space >= 0 && highest[space] && record->first < record_end(highest[space]))
			tell_pair("DECREASE ACROSS SESSIONS", decreases++, highest[space], record);
	}
	print("decreases across sessions", decreases);
}

/* ---------------------------------------------------------------- nodes */

/* Does an event concern the server's node? */
static bool
sets_node(const Event *event)
{
	return strcmp(event->kind, "node") == 0 || strcmp(event->kind, "refused-node") == 0;
}

/* Until when statements may go by what event i has set. */
static int64_t
node_end_us(int i)
{
	while (++i < event_count)
	{
		if (sets_node(&events[i]))
			return events[i].to_us + RELOAD_MARGIN_US;
	}
	return INT64_MAX;
}

/* A period in which the server's node was or may have been this one, or in which it had none. */
typedef struct NodePeriod
{
	int64_t		from_us;
	int64_t		to_us;
	int			node;			/* -1: refused */
	int			datacenter;		/* -1: refused; as it was if the worker was */
	bool		is_datacenter;	/* its datacenter was refused, not its worker */
} NodePeriod;

/* In the order of their ends. */
static NodePeriod *periods;
static int	period_count = 0;

static void
read_periods(void)
{
	int			datacenter = -1;

	periods = allocate(event_count, sizeof(NodePeriod));
	for (int i = 0; i < event_count; i++)
	{
		bool		is_refused = strcmp(events[i].kind, "refused-node") == 0;

		if (!sets_node(&events[i]))
			continue;
		periods[period_count].from_us = events[i].from_us;
		periods[period_count].to_us = node_end_us(i);
		periods[period_count].node = is_refused ? -1 : events[i].server_node;
		periods[period_count].is_datacenter = strstr(events[i].detail, "datacenter") != NULL;
		if (!is_refused)
			datacenter = events[i].server_node >> WORKER_BITS;
		periods[period_count].datacenter = is_refused && periods[period_count].is_datacenter ? -1 : datacenter;
		period_count++;
	}
}

/* May a statement have had this node of the server?  Periods before the first had ended when it was sent. */
static bool
may_have_node(int node, int first, const Record *record)
{
	for (int i = first; i < period_count && periods[i].from_us <= record->received_us; i++)
	{
		if (periods[i].node == node)
			return true;
	}
	return false;
}

/* The same for the datacenter alone. */
static bool
may_have_datacenter(int datacenter, int first, const Record *record)
{
	for (int i = first; i < period_count && periods[i].from_us <= record->received_us; i++)
	{
		if (periods[i].datacenter == datacenter)
			return true;
	}
	return false;
}

static bool
is_node_right(const Record *record, int first_period)
{
	int			node = id_node(record->source, record->first);

	switch (source_kind(record->source))
	{
		case SERVER:
		case FOLLOWER:
			return may_have_node(node, first_period, record);
		case PART:
			return may_have_datacenter(node >> WORKER_BITS, first_period, record);
		case FIXED:
			return node == FIXED_NODE;
		default:
			return true;
	}
}

/* No ID may have a node that its source did not have then. */
static void
check_nodes(void)
{
	int64_t		wrong = 0;

	for (int c = 0; c < clients; c++)
	{
		int			first = 0;

		for (int64_t i = 0; i < collections[c].count; i++)
		{
			const Record *record = &collections[c].records[i];

			while (first < period_count && periods[first].to_us < record->sent_us)
				first++;
			if (is_node_right(record, first))
				continue;
			if (wrong++ < OFFENDERS_SHOWN)
			{
				fprintf(stderr, "WRONG NODE:\n");
				tell_record(record);
			}
		}
	}
	print("records of a wrong node", wrong);
}

/* Had the server no node that the source could have used, at some time while the statement ran? */
static bool
setting_was_refused(int source, int64_t sent_us, int64_t received_us)
{
	SourceKind	kind = source_kind(source);

	for (int i = 0; i < period_count; i++)
	{
		if (periods[i].node < 0 && sent_us <= periods[i].to_us && received_us >= periods[i].from_us &&
			(kind == SERVER || kind == FOLLOWER || (kind == PART && periods[i].is_datacenter)))
			return true;
	}
	return false;
}

/* May a statement have gone by a node that a reset had given up? */
static bool
was_given_up(int64_t sent_us, int64_t received_us)
{
	for (int i = 0; i < event_count; i++)
	{
		if (event_is(&events[i], "reset-back") && received_us >= events[i].from_us &&
			sent_us <= events[i].to_us + RELOAD_MARGIN_US && received_us <= events[i].to_us + RESET_MARGIN_US)
			return true;
	}
	return false;
}

/* Calls fail because of a node only where there is a reason. */
static void
check_refusals(void)
{
	FILE	   *file = open_file("refused");
	int64_t		unfounded = 0;
	long long	sent_us,
				received_us;
	unsigned	session;
	int			source;
	char		reason[16];

	while (fscanf(file, "%lld %lld %u %d %15s", &sent_us, &received_us, &session, &source, reason) == 5)
	{
		Record		record = {0, 0, source, session, sent_us, received_us};

		if (strcmp(reason, "reset") == 0 ? was_given_up(sent_us, received_us) :
			setting_was_refused(source, sent_us, received_us))
			continue;
		if (unfounded++ < OFFENDERS_SHOWN)
		{
			fprintf(stderr, "REFUSED BY A %s FOR NO REASON:\n", strcmp(reason, "reset") == 0 ? "RESET" : "SETTING");
			tell_record(&record);
		}
	}
	fclose(file);
	print("refused for no reason", unfounded);
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

/* Did a clock step after one time, and no later than another? */
static bool
has_stepped(int64_t after_us, int64_t until_us)
{
	for (int i = 0; i < event_count; i++)
	{
		if (event_is(&events[i], "step") && events[i].from_us > after_us && events[i].from_us <= until_us)
			return true;
	}
	return false;
}

/*
 * How far the reference clock may have been ahead of the clock while a statement ran, in
 * us: by the leads that there were before or meanwhile, and by the next one, as a start is
 * logged a moment after it has IDs begin.  A step of the clock makes another lead.
 */
static int64_t
lead_us(int64_t sent_us, int64_t received_us)
{
	int64_t		lead_ms = 0;

	for (const Lead *lead = leads; lead < leads + lead_count; lead++)
	{
		bool		is_later = lead->from_us > received_us;

		if (is_later && has_stepped(received_us, lead->from_us))
			break;
		if (lead->ms > lead_ms || (lead->from_us <= sent_us && !lead->is_of_start))
			lead_ms = lead->ms;
		if (is_later)
			break;
	}
	return lead_ms * 1000;
}

/*
 * No ID is further ahead of the clock than idgen.max_drift and the lead that there may
 * have been.  The load has noted those that are beyond the former.
 */
static void
check_drift(void)
{
	FILE	   *file = open_file("beyond");
	int64_t		by_reference = 0;
	int64_t		beyond = 0;
	int64_t		excused = 0;
	int64_t		lines = 0;
	long long	sent_us,
				received_us,
				id,
				limit_us,
				ids;
	unsigned	session;
	int			source;

	while (fscanf(file, "%lld %lld %u %d %lld %lld %lld", &sent_us, &received_us, &session, &source, &id,
				  &limit_us, &ids) == 7)
	{
		if (overlaps_step(sent_us, received_us))
		{
			excused += ids;
			continue;
		}
		if (id_time_us(source, id) <= limit_us + lead_us(sent_us, received_us))
		{
			by_reference += ids;
			continue;
		}
		beyond += ids;
		if (lines++ < OFFENDERS_SHOWN)
		{
			Record		record = {id, 1, source, session, sent_us, received_us};

			fprintf(stderr, "%lld IDs BEYOND THE DRIFT LIMIT, by up to %lld us, with a lead of %lld us:\n", ids,
					(long long) (id_time_us(source, id) - limit_us), (long long) lead_us(sent_us, received_us));
			tell_record(&record);
		}
	}
	fclose(file);
	print("ids by a reference clock", by_reference);
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
	read_periods();
	check_duplicates();
	check_order_in_sessions();
	check_order_across_sessions();
	check_nodes();
	check_refusals();
	check_drift();
	measure_silences();
	tell_long_silences();
	print_silences();
	return 0;
}
