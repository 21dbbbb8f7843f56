/*
 * return.pml
 *	  How the end of a range is given back to a root elsewhere: src/segment/segment_tail.c,
 *	  segment_elsewhere.c, segment_free.c.
 *
 * LEAVES servers take ranges from one root, issue their numbers, and give back what is
 * left.  What they send may be handled late, also after they have crashed, and any answer
 * may be lost.  The root issues numbers of its own, and may crash, too: it then has what
 * is on disk, which is its sequence and its free list.  With DUPLICATES, what is sent to
 * give back may be handled twice.
 *
 * What must be true, over all lives of all servers: no number is issued twice.
 *
 * FAULT_... breaks the algorithm; test/model/run knows what that must lead to.
 */

#ifndef LEAVES
#define LEAVES 2
#endif
#ifndef NUMBERS
#define NUMBERS 5
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

/* How many numbers the root takes for its chunk, and a leaf takes from it. */
#define STEP 3
#define RANGE 2

#define NOTHING 255

/* The root: on disk, ... */
byte last_value = 0;
byte listed = 0;				/* a bit for each number of the free list */

/* ... and in memory. A new chunk's shares begin at random: no number of a share comes twice. */
byte next = 1;
byte left = 0;
byte shares = 0;

/* The leaves: what is left of a range, and its token, ... */
byte first[LEAVES];
byte count[LEAVES];
byte token[LEAVES];

/* ... what is sent to the root to be given back, ... */
byte sent_first[LEAVES];
byte sent_count[LEAVES];
byte sent_token[LEAVES];

/* ... and whether it waits for the answer. */
bool waits[LEAVES];

byte remembered = NOTHING;		/* a number that was issued */

/* Any one number is remembered, and must not come again. */
inline issue(number)
{
	assert(number != remembered);
	if
	:: remembered == NOTHING -> remembered = number
	:: true
	fi
}

inline refill()
{
	d_step {
		left == 0 && last_value < NUMBERS && shares < 12;
		next = last_value + 1;
		left = (NUMBERS - last_value < STEP -> NUMBERS - last_value : STEP);
		last_value = last_value + left
	}
}

/* segment_take_back(): put back what is the end of the last share, or on the list. */
inline take_back(leaf)
{
	if
#ifdef FAULT_RETURN_BY_VALUE
	:: next == sent_first[leaf] + sent_count[leaf] ->
#else
	:: next == sent_first[leaf] + sent_count[leaf] && sent_token[leaf] == shares ->
#endif
		next = sent_first[leaf];
		left = left + sent_count[leaf];
		shares++;
		answer = 1
	:: else ->
#ifdef LIST
		listed = listed | (((1 << sent_count[leaf]) - 1) << sent_first[leaf]);
		answer = 1
#else
		answer = 0
#endif
	fi
}

/* An answer has come: 1 for done.  What is not done is ours again. */
inline hear(leaf)
{
	if
	:: waits[leaf] && answer == 0 -> first[leaf] = sent_first[leaf]; count[leaf] = sent_count[leaf]; token[leaf] = sent_token[leaf]
	:: else
	fi;
	waits[leaf] = false
}

inline forget(leaf)
{
	first[leaf] = 0; count[leaf] = 0; token[leaf] = 0;
	waits[leaf] = false
}

proctype server(byte me)
{
	byte i, answer;

end:
	do
	/* segment_grant(); the answer may be lost */
	:: atomic {
		count[me] == 0 && !waits[me] && left >= RANGE && shares < 12 ->
		shares++;
		next = next + RANGE;
		left = left - RANGE;
		if
		:: first[me] = next - RANGE; count[me] = RANGE; token[me] = shares
		:: true
		fi
	}
#ifdef LIST
	/* segment_take_free(); only after the commit */
	:: atomic {
		count[me] == 0 && !waits[me] && listed != 0 ->
		i = 1;
		do
		:: (listed & (1 << i)) == 0 -> i++
		:: else -> break
		od;
#ifndef FAULT_FREE_UNCOMMITTED
		listed = listed & ~(1 << i);
#endif
		if
		:: first[me] = i; count[me] = 1; token[me] = 0
		:: true
		fi
	}
#endif
	:: atomic { count[me] > 0 -> issue(first[me]); first[me]++; count[me]--; i = 0 }
	/* close what is left, and send it */
	:: d_step {
		count[me] > 0 && !waits[me] && sent_count[me] == 0 ->
		sent_first[me] = first[me]; sent_count[me] = count[me]; sent_token[me] = token[me];
#ifndef FAULT_NOT_CLOSED
		first[me] = 0; count[me] = 0; token[me] = 0;
#endif
		waits[me] = true
	}
	/* the root handles it; the leaf hears of that, or not: then what is sent is not its own any more */
	:: atomic {
		sent_count[me] > 0 ->
		take_back(me);
		if
		:: hear(me)
		:: true ->
#ifdef FAULT_KEPT_IN_DOUBT
			answer = 0; hear(me)
#else
			waits[me] = false
#endif
		fi;
		if
		:: sent_first[me] = 0; sent_count[me] = 0; sent_token[me] = 0
#ifdef DUPLICATES
		:: answer == 1
#endif
		fi;
		i = 0; answer = 0
	}
	/* it gets lost on its way */
	:: d_step { sent_count[me] > 0 -> sent_first[me] = 0; sent_count[me] = 0; sent_token[me] = 0; waits[me] = false }
	/* the leaf crashes; what it has sent may still be under way */
	:: d_step { count[me] > 0 || waits[me] -> forget(me) }
	od
}

/* Sessions of the root, and its crashes. */
active proctype root()
{
	byte crashes_left = CRASHES;

end:
	do
	:: refill()
	:: atomic { left > 0 && shares < 12 -> shares++; issue(next); next++; left-- }
	:: d_step { crashes_left > 0 -> crashes_left--; next = 1; left = 0; shares++ }
	od
}

init
{
	atomic {
		byte number = 0;

		do
		:: number < LEAVES -> run server(number); number++
		:: else -> break
		od
	}
}
