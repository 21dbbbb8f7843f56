/*-------------------------------------------------------------------------
 *
 * counter_record.h
 *	  What a store of keys keeps of a counter, from which ranges of numbers are
 *	  taken.
 *
 * The record is text, so that people can read it in the store:
 *
 *		idgen-counter/1 identity=0123456789abcdef0123456789abcdef next=4711 take=42
 *
 * The identity is drawn when the counter is created: one that was deleted and
 * created anew is another counter.  "take" is a random number of the last take, by
 * which who took the range can give its end back: a revision of the store would
 * come a second time after the store has been restored.  It is not there if nothing
 * has been taken, or something has been given back since.
 *
 * No fmgr, no shared memory, no allocation, no errors raised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_COUNTER_RECORD_H
#define IDGEN_COUNTER_RECORD_H

#include "bits/lease_record.h"

/* Holds the text of any record, with the terminating zero byte. */
#define COUNTER_RECORD_SIZE 128

/* The longest name of a counter in a store of keys. */
#define COUNTER_LONGEST_NAME 64

typedef struct CounterRecord
{
	char		identity[LEASE_NONCE_SIZE];
	int64		next;			/* 1 .. */
	uint64		take;			/* 0: none */
} CounterRecord;

extern bool counter_name_is_valid(const char *name);
extern bool counter_record_read(const char *str, CounterRecord *record);
extern void counter_record_write(const CounterRecord *record, char *str);
extern bool counter_record_take(CounterRecord *record, int64 count, uint64 take, int64 *first);
extern bool counter_record_return(CounterRecord *record, int64 first, int64 last, uint64 take);
extern uint64 counter_identity(const char *identity);

#endif							/* IDGEN_COUNTER_RECORD_H */
