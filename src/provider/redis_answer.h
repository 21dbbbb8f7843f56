/*-------------------------------------------------------------------------
 *
 * redis_answer.h
 *	  What a Redis that is a coordination store answers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REDIS_ANSWER_H
#define IDGEN_REDIS_ANSWER_H

#include <hiredis/hiredis.h>

#include "lease/lease_provider.h"

extern LeaseOutcome redis_answer_read(const redisReply *reply, const LeaseOperation *operation, MemoryContext context,
									  LeaseAnswer *answer);
extern bool redis_answer_is(const redisReply *reply, const char *code);
extern bool redis_answer_is_harmless(const redisReply *reply);
extern const char *redis_answer_setting(int number);
extern const char *redis_answer_objection(const redisReply *reply, int number, char *text, size_t size);

#endif							/* IDGEN_REDIS_ANSWER_H */
