/*-------------------------------------------------------------------------
 *
 * secret_key.c
 *	  Secret keys by name: making them, dropping them, and finding them.
 *
 * A key is a row of the table idgen_key_secrets, to which nobody is granted anything.
 * So it is in WAL, base backups and standbys, as the IDs are that it conceals.  It is
 * made here, of random bits, and written past SQL: it appears in no statement, no
 * parameter, no log and no error.
 *
 * The owner and those who have the owner's privileges may use a key.  It is looked for
 * with the snapshot of the query, by each call site of it once, so nothing has to be
 * told to other sessions when a key changes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "scatter/secret_key.h"

PG_FUNCTION_INFO_V1(idgen_create_key);
PG_FUNCTION_INFO_V1(idgen_drop_key);

#define SECRETS_TABLE "idgen_key_secrets"

/* The columns of the table. */
enum
{
	COLUMN_NAME,
	COLUMN_OWNER,
	COLUMN_CREATED_AT,
	COLUMN_SECRET,
	COLUMNS
};

/* A row of the table. */
typedef struct SecretRow
{
	bool		exists;
	Oid			owner;
	SipKey		key;
	ItemPointerData place;
} SecretRow;

/* The table beside a function of the extension, wherever that has been moved. */
static Relation
open_secrets(Oid function, LOCKMODE lock)
{
	Oid			table = get_relname_relid(SECRETS_TABLE, get_func_namespace(function));

	if (!OidIsValid(table))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation \"%s\" does not exist", SECRETS_TABLE));
	return table_open(table, lock);
}

static SecretRow
read_row(HeapTuple tuple, TupleDesc columns)
{
	SecretRow	row = {.exists = true};
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];
	bytea	   *secret;

	heap_deform_tuple(tuple, columns, values, nulls);
	secret = DatumGetByteaPP(values[COLUMN_SECRET]);
	if (VARSIZE_ANY_EXHDR(secret) != SIPHASH_KEY_BYTES)
		elog(ERROR, "secret of a key has %d bytes", (int) VARSIZE_ANY_EXHDR(secret));
	row.owner = DatumGetObjectId(values[COLUMN_OWNER]);
	row.key = siphash_read_key((unsigned char *) VARDATA_ANY(secret));
	row.place = tuple->t_self;
	return row;
}

/* Find a row, among few. */
static SecretRow
find_row(Relation secrets, const char *name)
{
	Snapshot	snapshot = RegisterSnapshot(ActiveSnapshotSet() ? GetActiveSnapshot() : GetTransactionSnapshot());
	SysScanDesc scan = systable_beginscan(secrets, InvalidOid, false, snapshot, 0, NULL);
	SecretRow	row = {.exists = false};
	HeapTuple	tuple;

	while (!row.exists && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		is_null;
		Datum		value = heap_getattr(tuple, COLUMN_NAME + 1, RelationGetDescr(secrets), &is_null);

		if (strcmp(TextDatumGetCString(value), name) == 0)
			row = read_row(tuple, RelationGetDescr(secrets));
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	return row;
}

/* ERROR unless there is such a key, and the current user may use it. */
static void
check_row(const SecretRow *row, const char *name)
{
	if (!row->exists)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("key \"%s\" does not exist", name),
				errhint("Dumps do not contain keys; docs/concealing.md describes how to copy them."));
	if (!has_privs_of_role(GetUserId(), row->owner))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("must be owner of key \"%s\"", name));
}

/*
 * The key of a name, for a function of the extension.  Errors: UNDEFINED_OBJECT,
 * INSUFFICIENT_PRIVILEGE.
 */
SipKey
secret_key_get(Oid function, const char *name)
{
	Relation	secrets = open_secrets(function, AccessShareLock);
	SecretRow	row = find_row(secrets, name);

	table_close(secrets, AccessShareLock);
	check_row(&row, name);
	return row.key;
}

/* A purpose follows the name of a key after a slash; see conceal.c. */
static void
check_name(const char *name)
{
	if (name[0] == '\0' || strlen(name) >= NAMEDATALEN || strchr(name, '/') != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_NAME),
				errmsg("invalid name of a key: \"%s\"", name),
				errdetail("It must have 1 to %d bytes, and no slash.", NAMEDATALEN - 1));
}

/* ERROR where a table cannot be changed; PostgreSQL's errors. */
static void
check_may_write(const char *caller)
{
	PreventCommandIfReadOnly(caller);
	PreventCommandIfParallelMode(caller);
	PreventCommandDuringRecovery(caller);
}

static void
insert_row(Relation secrets, const char *name, Oid owner)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};
	bytea	   *secret = palloc(VARHDRSZ + SIPHASH_KEY_BYTES);

	SET_VARSIZE(secret, VARHDRSZ + SIPHASH_KEY_BYTES);
	if (!pg_strong_random(VARDATA(secret), SIPHASH_KEY_BYTES))
		ereport(ERROR,
				errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	values[COLUMN_NAME] = CStringGetTextDatum(name);
	values[COLUMN_OWNER] = ObjectIdGetDatum(owner);
	values[COLUMN_CREATED_AT] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	values[COLUMN_SECRET] = PointerGetDatum(secret);
	CatalogTupleInsert(secrets, heap_form_tuple(RelationGetDescr(secrets), values, nulls));
	explicit_bzero(secret, VARSIZE(secret));
}

/*
 * idgen_create_key(key text, owner name)
 *
 * Errors: DUPLICATE_OBJECT, INVALID_NAME; UNDEFINED_OBJECT for the owner;
 * INSUFFICIENT_PRIVILEGE if the current user lacks the owner's privileges.
 */
Datum
idgen_create_key(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid			owner = get_role_oid(NameStr(*PG_GETARG_NAME(1)), false);
	Relation	secrets;

	check_may_write("idgen_create_key()");
	check_name(name);
	if (!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("must have privileges of role \"%s\"", GetUserNameFromId(owner, false)));
	secrets = open_secrets(fcinfo->flinfo->fn_oid, RowExclusiveLock);
	if (find_row(secrets, name).exists)
		ereport(ERROR,
				errcode(ERRCODE_DUPLICATE_OBJECT),
				errmsg("key \"%s\" already exists", name));
	insert_row(secrets, name, owner);
	table_close(secrets, NoLock);
	ereport(NOTICE,
			errmsg("dumps of this database will not contain key \"%s\"", name),
			errdetail("If the key is lost, no ID that was concealed with it can be revealed again, by anybody."),
			errhint("Copy the key to a safe place; docs/concealing.md describes how."));
	PG_RETURN_VOID();
}

/* idgen_drop_key(key text).  Errors: those of secret_key_get(). */
Datum
idgen_drop_key(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Relation	secrets;
	SecretRow	row;

	check_may_write("idgen_drop_key()");
	secrets = open_secrets(fcinfo->flinfo->fn_oid, RowExclusiveLock);
	row = find_row(secrets, name);
	check_row(&row, name);
	CatalogTupleDelete(secrets, &row.place);
	table_close(secrets, NoLock);
	PG_RETURN_VOID();
}
