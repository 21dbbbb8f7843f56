/*-------------------------------------------------------------------------
 *
 * snowflake128.c
 *	  Extended Snowflakes: ns, node and sequence in the 128 bits of a uuid.
 *
 *		ns since 1970 64 | node 48 | sequence 16
 *
 * The node is the server's datacenter and worker; see uuid_node.c.  Time and sequence
 * come from unique_time_next_for_node(), so the IDs increase across sessions.  They are
 * not UUIDs of RFC 9562: in place of version and variant they have bits of time and node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "generator/unique_time.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_node.h"

PG_FUNCTION_INFO_V1(idgen_snowflake128_nextval);
PG_FUNCTION_INFO_V1(idgen_snowflake128_parse);

#define SEQUENCE_BITS 16

/* Columns of snowflake128_parse() */
typedef enum ParseColumn
{
	PARSE_CREATED_AT,
	PARSE_NANOSECONDS,
	PARSE_DATACENTER,
	PARSE_WORKER,
	PARSE_SEQUENCE,
	PARSE_COLUMNS,
} ParseColumn;

/* snowflake128_nextval() */
Datum
idgen_snowflake128_nextval(PG_FUNCTION_ARGS)
{
	uint64		node = uuid_get_server_node();
	UniqueTime	moment = unique_time_next_for_node(node, "snowflake128_nextval()");

	return uuid_datum(uuid_bits_make(moment.unix_ns, node << SEQUENCE_BITS | moment.rank));
}

/*
 * ERROR INVALID_PARAMETER_VALUE unless the node can be that of a server.  UUIDs have the
 * variant in place of the marks.
 */
static void
check_server_node(uint64 node)
{
	if (node >> UUID_NODE_MARKS_SHIFT != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("not an extended snowflake ID"),
				errdetail("Its node begins with %02x, but nodes of servers begin with 00.", (int) (node >> UUID_NODE_MARKS_SHIFT)),
				errhint("uuid_inspect() says what a UUID is."));
}

/*
 * snowflake128_parse(id uuid,
 *					  OUT created_at timestamptz, OUT nanoseconds integer,
 *					  OUT datacenter_id integer, OUT worker_id integer,
 *					  OUT sequence integer)
 */
Datum
idgen_snowflake128_parse(PG_FUNCTION_ARGS)
{
	UuidBits	id = PG_GETARG_UUID_BITS(0);
	uint64		node = id.low >> SEQUENCE_BITS;
	Datum		values[PARSE_COLUMNS];
	bool		nulls[PARSE_COLUMNS] = {false};
	TupleDesc	tuple_desc;

	if (get_call_result_type(fcinfo, NULL, &tuple_desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_server_node(node);

	values[PARSE_CREATED_AT] = TimestampTzGetDatum(clock_timestamptz((int64) (id.high / NS_PER_US)));
	values[PARSE_NANOSECONDS] = Int32GetDatum((int32) (id.high % NS_PER_US));
	values[PARSE_DATACENTER] = Int32GetDatum(uuid_node_datacenter(node));
	values[PARSE_WORKER] = Int32GetDatum(uuid_node_worker(node));
	values[PARSE_SEQUENCE] = Int32GetDatum((int32) (id.low & ((1 << SEQUENCE_BITS) - 1)));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tuple_desc, values, nulls)));
}
