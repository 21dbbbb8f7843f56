/*-------------------------------------------------------------------------
 *
 * simulator.h
 *	  What the parts of the simulator share: see README.md.
 *
 * Simulated time is in us since 1970.  Everything happens in events, one after the
 * other, in the order of their times; so a run is the same for the same seed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SIMULATOR_H
#define IDGEN_SIMULATOR_H

#include "bits/lease_machine.h"
#include "model_store.h"

/* When simulated time begins. */
#define BEGIN_US (INT64CONST(1795910400) * US_PER_S)

#define TICK_US US_PER_MS
#define LAYOUT "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"

#define NO_WORKER (-1)

#define ISSUERS 2				/* of a server */

typedef enum StoreTells
{
	TELLS_NOTHING,				/* of itself */
	TELLS_REVISION,
	TELLS_INCARNATION,			/* and the revision */
} StoreTells;

typedef struct Options
{
	int64		servers;
	int64		workers;
	int64		seconds;
	int64		seed;
	int64		faults;			/* of messages, processes and servers: 0 or 1,
								 * as the next three */
	int64		clocks;			/* clocks are wrong, too */
	int64		restores;		/* the store goes back at times, or is wiped */
	int64		idle;			/* servers issue an ID at the beginning, and
								 * no more */
	int64		tells;			/* StoreTells */
	int64		ttl_us;
	int64		reach_us;
	int64		drift_us;
	int64		doubt_us;
	int64		pause_us;		/* of an issuer after a take, at most */
	int64		settle;			/* seconds before writes are counted */
	int64		most_writes;	/* in a second */
} Options;

/* ------------------------------------------------------------------ a server */

/* What backends see of the lease. */
typedef struct Shared
{
	int			worker;			/* or NO_WORKER */
	int64		start_us;
	int64		until_us;		/* IDs end here; 0: none may be issued */
	uint32		restarts;		/* counts changes of the worker */
	int64		asked_us;		/* the end of the IDs that were asked for last */
	int64	   *next;			/* the timeline of each worker: the next free
								 * tick */
} Shared;

/* What an issuer does next; it may sleep before each. */
typedef enum IssuerPhase
{
	ISSUER_READ_RESTARTS,
	ISSUER_READ_WORKER,
	ISSUER_READ_UNTIL,
	ISSUER_READ_START,
	ISSUER_READ_NEXT,
	ISSUER_CHECK,
	ISSUER_SWAP,
	ISSUER_CHECK_AGAIN,
	ISSUER_ISSUE,
} IssuerPhase;

/* A backend in try_take() of src/engine/timeline.c. */
typedef struct Issuer
{
	IssuerPhase phase;
	int64		paused_until_us;
	uint32		restarts;
	int64		clock_us;
	int			worker;
	int64		until_us;
	int64		start_us;
	bool		is_promised;
	int64		next;			/* as read */
	int64		first;			/* the ticks to take ... */
	int64		end;			/* ... before this one */
	int64		issued_at_us;	/* simulated time */
} Issuer;

typedef enum AgentPhase
{
	AGENT_DECIDE,
	AGENT_CLOSE,
	AGENT_FORGET,
	AGENT_COUNT,
	AGENT_READ_USED,
	AGENT_PUBLISH_WORKER,
	AGENT_PUBLISH_START,
	AGENT_PUBLISH_UNTIL,
	AGENT_WAIT,					/* for an answer */
} AgentPhase;

typedef struct Server
{
	int			number;
	bool		is_running;
	uint32		life;			/* counts starts */
	char		holder[LEASE_HOLDER_SIZE];
	LeaseTerms	terms;
	LeaseNeeds	needs;
	LeaseMachine machine;
	int64		clock_off_us;	/* the system clock less the time */
	bool		is_wild;		/* its clock steps by days */
	int64		cut_until_us;	/* from the store */

	AgentPhase	phase;
	int64		paused_until_us;
	int64		operation;		/* the number of the one under way, or of the
								 * last */
	int64		wake_us;		/* the earliest wake-up that is planned */
	int64		keep_due_us;
	int64		retry_us;		/* do not begin an operation earlier */
	int64		low_us;			/* extend when IDs from here on are asked for */
	int64		published;		/* number of the machine's claim that is
								 * published; 0: none */
	int64		used_until_us;	/* of the machine's claim */
	bool		must_release;
	bool		is_promised;	/* see network.c */

	Shared		shared;
	Issuer		issuers[ISSUERS];
} Server;

/* ------------------------------------------------------------------ events and messages */

/* An operation on its way to the store, and its answer on the way back. */
typedef struct Message
{
	LeaseOperation operation;
	char		pool[LEASE_POOL_SIZE];
	char		new_pool[LEASE_POOL_SIZE];
	char		record[LEASE_RECORD_SIZE];
	char		new_record[LEASE_RECORD_SIZE];
	char		hold_nonce[LEASE_NONCE_SIZE];
	int64		number;
	LeaseOutcome outcome;
	LeaseAnswer answer;
	bool		is_promised;
} Message;

typedef enum EventKind
{
	EVENT_START,				/* of a server */
	EVENT_AGENT,
	EVENT_ISSUER,
	EVENT_REQUEST,				/* arrives at the store */
	EVENT_ANSWER,				/* arrives at the server */
	EVENT_TIMEOUT,				/* of an operation */
	EVENT_FAULT,
	EVENT_CREATE_POOL,			/* after the store was wiped */
	EVENT_SETTLED,				/* from now on, writes are counted */
} EventKind;

typedef struct Event
{
	int64		at_us;
	uint64		order;
	EventKind	kind;
	Server	   *server;
	uint32		life;			/* of the server; an event of an earlier life
								 * is void */
	int64		number;			/* of an operation or an issuer */
	Message    *message;
} Event;

typedef struct Counts
{
	int64		ids;
	int64		duplicates;
	int64		unpromised;		/* duplicates that no rule excludes: see
								 * README.md */
	int64		claims;
	int64		releases;
	int64		starts;
	int64		crashes;
	int64		clones;
	int64		pauses;
	int64		cuts;
	int64		steps;
	int64		restores;
	int64		wipes;
	int64		lost_requests;
	int64		late_requests;
	int64		lost_answers;
	int64		late_answers;
	int64		writes_before;	/* the time when they are counted */
	int64		keeps_before;
	int64		longest_gap_us; /* of an issuer, between two IDs in one life */
} Counts;

extern Options options;
extern Counts counts;
extern ModelStore store;
extern Server *servers;
extern int64 now_us;

/* events.c */
extern void plan_event(Event event);
extern void plan_simple_event(EventKind kind, int64 at_us);
extern void plan_server_event(Server *server, EventKind kind, int64 at_us);
extern void plan_issuer(Server *server, int number, int64 at_us);
extern bool next_event(Event *event);
extern int64 random_upto(int64 most);
extern bool chance(double probability);
extern void fresh_nonce(char *nonce);

/* issued.c */
extern void issue_tick(int worker, int64 tick, bool is_promised);

/* network.c */
extern void send_request(Server *server, const LeaseOperation *operation);
extern void receive_request(Event *event);
extern void drop_message(Message *message);
extern void restore_store(void);
extern void wipe_store(void);
extern void create_pool(int64 floor_us);

/* agent.c */
extern void start_server(Server *server);
extern void run_agent(Server *server);
extern void wake_agent(Server *server, int64 at_us);
extern void receive_answer(Server *server, Message *message, LeaseOutcome outcome);

/* issuer.c */
extern void run_issuer(Server *server, int number);

/* faults.c */
extern void begin_faults(void);
extern void cause_fault(void);

static inline int64
server_clock(const Server *server)
{
	return now_us + server->clock_off_us;
}

#endif							/* IDGEN_SIMULATOR_H */
