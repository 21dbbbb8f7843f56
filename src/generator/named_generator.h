/*-------------------------------------------------------------------------
 *
 * named_generator.h
 *	  Generators that were created with a name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_NAMED_GENERATOR_H
#define IDGEN_NAMED_GENERATOR_H

#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"

#include "generator/generator.h"
#include "generator/generator_options.h"

/* The foreign-data wrapper whose foreign servers are generators. */
#define GENERATOR_WRAPPER "idgen"

/* A generator as this process has used it.  It is never freed. */
typedef struct NamedGenerator
{
	NameData	name;			/* hash key */
	Oid			user;			/* role whose privilege to use it was checked */
	Oid			server;			/* its foreign server, when last defined */
	uint64		defined_as_of;	/* generator_changes when it was defined; 0:
								 * never */
	bool		is_locked;		/* by this transaction */
	struct NamedGenerator *next_in_transaction;
	List	   *former;			/* for raise_former_ids() */
	Generator	generator;
} NamedGenerator;

extern bool named_generator_follows(const GeneratorOptions *options, LayoutField field);
extern bool named_generator_has_server_worker(const GeneratorOptions *options);
extern bool named_generator_fits(const GeneratorOptions *options);
extern uint64 named_generator_node_bits(const GeneratorOptions *options);
extern bool named_generator_find_node_bits(const GeneratorOptions *options, uint64 *node_bits);
extern ForeignServer *named_generator_server(const char *name);
extern ForeignServer *named_generator_server_to_drop(const char *name);
extern List *named_generator_list(void);
extern NamedGenerator *named_generator_find(const char *name);
extern void named_generator_ready(NamedGenerator *named, const char *caller);

/*
 * The generator, ready to issue IDs for the SQL function caller.  Errors: see
 * named_generator_ready.
 *
 * One test for two conditions: this is the hot path.
 */
static inline Generator *
named_generator_get(NamedGenerator *named, const char *caller)
{
	if (unlikely(((named->generator.ready_as_of ^ generator_changes) | (named->user ^ GetUserId())) != 0))
		named_generator_ready(named, caller);
	return &named->generator;
}

#endif							/* IDGEN_NAMED_GENERATOR_H */
