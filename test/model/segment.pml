/*
 * segment.pml
 *	  How numbers of a segment are taken from its sequence, issued and given back:
 *	  src/segment/segment_page.c, segment_refill.c, segment_chunk.c, segment.c.
 *
 * BACKENDS processes draw without end, until the numbers or OPERATIONS on the page are
 * used up.  One more calls nextval().  At any moment the server may crash, which loses
 * WAL that has not been flushed, or a backend may fail.  WAL may also be flushed by
 * others, at any moment.
 *
 * Each statement, atomic and d_step is one step.  The functions have the names of those
 * in C.  A range is its first number and how many there are.
 *
 * What must be true, over all lives of the server together, in issue():
 *
 *	no number comes twice
 *	each number of a statement is above those of all that had ended before it began
 *
 * FAULT_... breaks the algorithm; test/model/run knows what that must lead to.
 */

#ifndef BACKENDS
#define BACKENDS 2
#endif
#ifndef NUMBERS
#define NUMBERS 4
#endif
#ifndef OPERATIONS
#define OPERATIONS 5
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

/* How many numbers a refill takes, and a share has at most. */
#define STEP 2
#define LARGEST_SHARE 2

#define NOBODY 255
#define NOTHING 255

/* The sequence: its page, the WAL that logs it, and what is on disk. */
byte last_value = 0;
byte page_lsn = 0;
byte flushed_value = 0;
byte flushed_lsn = 0;

/* SegmentEntry.  A crash wipes it. */
byte next = 1;
byte left = 0;
byte reserve_first = 0;
byte reserve_count = 0;
byte refiller = NOBODY;
byte taken_lsn = 0;
byte last_taken = 0;

/* The world outside. */
bool crashed[BACKENDS];			/* it has not noticed yet */
byte remembered = NOTHING;		/* a number that was issued */
byte ended = 0;					/* the highest number of a statement that is over */

#define larger(a, b)			((a) > (b) -> (a) : (b))

/* Any one number is remembered, and must not come again. */
inline remember(number)
{
	assert(number != remembered);
	if
	:: remembered == NOTHING -> remembered = number
	:: true
	fi
}

inline write_row(value)
{
	last_value = value;
	page_lsn++
}

/* XLogFlush() */
inline flush(lsn, value)
{
	d_step {
		if
		:: flushed_lsn < lsn -> flushed_lsn = lsn; flushed_value = value
		:: else
		fi
	}
}

/* ---------------------------------------------------------------- refill */

inline publish()
{
	d_step {
		reserve_first = first;
		reserve_count = count;
		taken_lsn = lsn;
		last_taken = value
	}
}

inline end_refill()
{
	d_step {
		refiller = NOBODY;
		first = 0; count = 0; lsn = 0; value = 0
	}
}

/* take() of the local root */
inline take_from_page()
{
	d_step {
		first = last_value + 1;
		count = (NUMBERS - last_value < STEP -> NUMBERS - last_value : STEP);
		value = last_value + count;
		write_row(value);
		lsn = page_lsn
	}
}

inline refill()
{
	atomic {
		share_count == 0 && highest == 0 && refiller == NOBODY && reserve_count == 0 &&
		last_value < NUMBERS && page_lsn < OPERATIONS -> refiller = me
	};
	if
	:: true ->
		take_from_page();
#ifdef FAULT_PUBLISH_UNFLUSHED
		publish();
		flush(lsn, value);
#else
		flush(lsn, value);
		publish();
#endif
		printf("  backend %d has refilled with %d numbers from %d\n", me, count, first)
	:: true		/* it fails */
	fi;
	end_refill()
}

/* ---------------------------------------------------------------- shares */

inline use_reserve()
{
	if
	:: left == 0 || next + left != reserve_first -> next = reserve_first; left = 0
	:: else
	fi;
	left = left + reserve_count;
	reserve_first = 0;
	reserve_count = 0
}

/* try_take(), of one number or as many as a share has */
inline take_share()
{
	atomic {
		share_count == 0 && left + reserve_count > 0;
		/* a statement begins at the latest now */
		floor = (highest == 0 -> ended : floor);
		if
		:: left == 0 -> use_reserve()
		:: else
		fi;
		share_first = next;
		if
		:: share_count = 1
		:: left >= LARGEST_SHARE -> share_count = LARGEST_SHARE
		fi;
		next = next + share_count;
		left = left - share_count
	}
}

inline put_back()
{
	d_step {
		if
#ifdef FAULT_PUT_BACK_BLINDLY
		:: share_count > 0 ->
#else
		:: share_count > 0 && next == share_first + share_count ->
#endif
			left = left + share_count;
			next = share_first
		:: else
		fi;
		share_first = 0;
		share_count = 0
	}
}

inline issue()
{
	atomic {
		printf("  backend %d issues %d\n", me, share_first);
		assert(share_first > floor);
		remember(share_first);
		highest = larger(highest, share_first);
		share_first++;
		share_count--
	}
}

/* ---------------------------------------------------------------- giving back */

inline close_tail()
{
	d_step {
		if
		:: reserve_count > 0 && next + left != reserve_first -> first = reserve_first; count = reserve_count
		:: else ->
			first = (left > 0 -> next : reserve_first);
			count = left + reserve_count;
#ifndef FAULT_RETURN_OPEN
			left = 0
#endif
		fi;
#ifndef FAULT_RETURN_OPEN
		reserve_first = 0;
		reserve_count = 0;
#endif
		lsn = taken_lsn
	}
}

/* give_back() of the local root, and note_return() */
inline return_tail()
{
	d_step {
		if
#ifdef FAULT_RETURN_BLINDLY
		:: count > 0 && page_lsn < OPERATIONS ->
#else
		:: count > 0 && page_lsn < OPERATIONS && page_lsn == lsn && last_value == first + count - 1 ->
#endif
			write_row(first - 1);
			value = 1
		:: else
		fi
	};
	d_step {
		if
		:: value == 0 && count > 0 -> reserve_first = first; reserve_count = count
		:: value == 1 -> last_taken = first - 1
		:: else
		fi
	}
}

inline segment_return()
{
	atomic { share_count == 0 && highest == 0 && refiller == NOBODY && left + reserve_count > 0 -> refiller = me };
	close_tail();
	if
	:: true ->
		printf("  backend %d gives back %d numbers from %d\n", me, count, first);
		return_tail()
	:: true		/* it fails: they are lost */
	fi;
	end_refill()
}

/* ---------------------------------------------------------------- processes */

inline end_statement()
{
	put_back();
	d_step { ended = larger(ended, highest); highest = 0; floor = 0 }
}

inline forget()
{
	d_step {
		crashed[me] = false;
		share_first = 0; share_count = 0;
		first = 0; count = 0; lsn = 0; value = 0;
		/* what it has issued has been seen, and its statement is over */
		ended = larger(ended, highest);
		floor = 0; highest = 0
	}
}

proctype backend(byte me)
{
	byte share_first = 0, share_count = 0;	/* Segment.share */
	byte first = 0, count = 0, lsn = 0, value = 0;
	byte floor = 0, highest = 0;

end:
	do
	:: {
end_of_call:
		do
		:: take_share()
		:: share_count > 0 -> issue()
		:: highest > 0 -> end_statement()
		:: refill()
		:: segment_return()
		od
	} unless {
		crashed[me] -> forget()
	}
	od
}

/* nextval(), in a transaction that writes and commits. */
active proctype beside()
{
	byte me = BACKENDS;

end:
	do
	:: atomic {
		last_value < NUMBERS && page_lsn < OPERATIONS ->
		write_row(last_value + 1);
		flushed_lsn = page_lsn;
		flushed_value = last_value;
		printf("  backend %d issues %d by nextval()\n", me, last_value);
		remember(last_value)
	}
	od
}

active proctype disaster()
{
	byte crashes_left = CRASHES;

end:
	do
	:: d_step { flushed_lsn < page_lsn -> flushed_lsn = page_lsn; flushed_value = last_value }
	:: d_step {
		crashes_left > 0 && !crashed[0] && !crashed[BACKENDS - 1] ->
		printf("  THE SERVER crashes\n");
		crashes_left--;
		last_value = flushed_value;
		page_lsn = flushed_lsn;
		next = 1; left = 0;
		reserve_first = 0; reserve_count = 0;
		refiller = NOBODY;
		taken_lsn = 0; last_taken = 0;
		crashed[0] = true;
		crashed[BACKENDS - 1] = true
	}
	od
}

init
{
	atomic {
		byte backend_number = 0;

		do
		:: backend_number < BACKENDS -> run backend(backend_number); backend_number++
		:: else -> break
		od
	}
}
