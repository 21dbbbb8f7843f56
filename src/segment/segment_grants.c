/*-------------------------------------------------------------------------
 *
 * segment_grants.c
 *	  A record of the ranges that were handed on.
 *
 * A grant is a row of a table of the extension, written in the transaction that
 * takes the range.  If that rolls back, there is no row, and the range does not
 * come again either.  A transaction that cannot write, because it is read-only or
 * because it is a parallel worker's part of one, logs the grant in the server's
 * log instead.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "segment/segment_grants.h"
#include "segment/segment_range.h"
#include "segment/segment_table.h"

/* The columns of the table. */
enum
{
	COLUMN_SEQUENCE,
	COLUMN_RANGE,
	COLUMN_TIME,
	COLUMN_ROLE,
	COLUMN_APPLICATION,
	COLUMN_ADDRESS,
	COLUMNS
};

/* Log a grant that cannot be written. */
static void
log_grant(const SegmentSequence *sequence, SegmentRange range)
{
	ereport(LOG,
			errmsg("granted %llu numbers of sequence \"%s\" from %lld on to role \"%s\"",
				   (unsigned long long) range.count, get_rel_name(sequence->oid), (long long) range.first,
				   GetUserNameFromId(GetSessionUserId(), false)),
			errdetail("The transaction cannot write to table \"segment_grants\"."));
}

/* The client's address, as inet_client_addr() has it; false if it has none. */
static bool
client_address(Datum *address)
{
	LOCAL_FCINFO(call, 0);

	InitFunctionCallInfoData(*call, NULL, 0, InvalidOid, NULL, NULL);
	*address = inet_client_addr(call);
	return !call->isnull;
}

static void
write_grant(Relation table, const SegmentSequence *sequence, SegmentRange range)
{
	Datum		values[COLUMNS] = {0};
	bool		nulls[COLUMNS] = {false};

	values[COLUMN_SEQUENCE] = ObjectIdGetDatum(sequence->oid);
	values[COLUMN_RANGE] = segment_range_datum(range, sequence->increment);
	values[COLUMN_TIME] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[COLUMN_ROLE] = CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false));
	values[COLUMN_APPLICATION] = CStringGetTextDatum(application_name ? application_name : "");
	nulls[COLUMN_ADDRESS] = !client_address(&values[COLUMN_ADDRESS]);
	CatalogTupleInsert(table, heap_form_tuple(RelationGetDescr(table), values, nulls));
}

/* Record that a range has been handed on to the session's user, if the segment's options say so. */
void
segment_grants_record(const SegmentSequence *sequence, SegmentRange range)
{
	Oid			oid = sequence->options.has_grants ? segment_table_find(SEGMENT_GRANTS_TABLE) : InvalidOid;
	Relation	table;

	if (!OidIsValid(oid))
		return;
	if (XactReadOnly || IsInParallelMode())
	{
		log_grant(sequence, range);
		return;
	}
	table = table_open(oid, RowExclusiveLock);
	write_grant(table, sequence, range);
	table_close(table, RowExclusiveLock);
}
