/*-------------------------------------------------------------------------
 *
 * etcd_json.c
 *	  Writing etcd's requests as JSON, and reading its answers.
 *
 * etcd's JSON gateway has keys and values in base64 with padding, and numbers
 * of 64 bits as strings.  It leaves out what is false, 0 or empty: the answer
 * to a transaction that was refused has no "succeeded", and a range in which
 * there is nothing no "kvs".
 *
 * Answers are read by jsonb, which raises errors; the callers handle these.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "base/compat.h"
#include "provider/etcd_json.h"

/* ---------------------------------------------------------------------- writing */

/* A string that is value in base64. */
void
etcd_write_base64(StringInfo json, const char *value)
{
	int			length = strlen(value);
	int			size = pg_b64_enc_len(length);

	appendStringInfoChar(json, '"');
	enlargeStringInfo(json, size + 1);
	size = compat_base64_encode(value, length, json->data + json->len, size);
	if (size < 0)
		elog(ERROR, "could not encode a value as base64");
	json->len += size;
	appendStringInfoChar(json, '"');
}

void
etcd_write_key(StringInfo json, const char *key)
{
	appendStringInfoString(json, "\"key\":");
	etcd_write_base64(json, key);
}

/* The comparison that a key has a value; NULL: that there is no such key. */
void
etcd_write_compare(StringInfo json, const char *key, const char *value)
{
	appendStringInfoChar(json, '{');
	etcd_write_key(json, key);
	if (value == NULL)
		appendStringInfoString(json, ",\"target\":\"CREATE\",\"create_revision\":\"0\"}");
	else
	{
		appendStringInfoString(json, ",\"target\":\"VALUE\",\"value\":");
		etcd_write_base64(json, value);
		appendStringInfoChar(json, '}');
	}
}

/* As a part of a transaction: read one key. */
void
etcd_write_range(StringInfo json, const char *key)
{
	appendStringInfoString(json, "{\"request_range\":{");
	etcd_write_key(json, key);
	appendStringInfoString(json, "}}");
}

/* As a part of a transaction: write a key, which vanishes with a lease unless that is 0. */
void
etcd_write_put(StringInfo json, const char *key, const char *value, uint64 lease)
{
	appendStringInfoString(json, "{\"request_put\":{");
	etcd_write_key(json, key);
	appendStringInfoString(json, ",\"value\":");
	etcd_write_base64(json, value);
	if (lease != 0)
		appendStringInfo(json, ",\"lease\":\"" UINT64_FORMAT "\"", lease);
	appendStringInfoString(json, "}}");
}

/* ---------------------------------------------------------------------- reading */

/* Read an answer.  NULL if it is not an object; ERROR if it is not JSON. */
const JsonbContainer *
etcd_parse(char *body)
{
	Jsonb	   *json;

	/*
	 * All that we need is ASCII; the rest may be invalid in the server's
	 * encoding.
	 */
	for (char *byte = body; *byte != '\0'; byte++)
		if (IS_HIGHBIT_SET(*byte))
			*byte = '?';
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(body)));
	return JB_ROOT_IS_OBJECT(json) ? &json->root : NULL;
}

static bool
get(const JsonbContainer *object, const char *name, JsonbValue *value)
{
	return object != NULL && JsonContainerIsObject(object) &&
		getKeyJsonValueFromContainer((JsonbContainer *) object, name, strlen(name), value) != NULL;
}

const JsonbContainer *
etcd_object(const JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	if (!get(object, name, &value) || value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
		return NULL;
	return value.val.binary.data;
}

const JsonbContainer *
etcd_array(const JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	if (!get(object, name, &value) || value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		return NULL;
	return value.val.binary.data;
}

int
etcd_array_length(const JsonbContainer *array)
{
	return array == NULL ? 0 : JsonContainerSize(array);
}

/* The object that is so many elements (0 ..) into an array. */
const JsonbContainer *
etcd_element(const JsonbContainer *array, int element)
{
	JsonbValue *value = NULL;

	if (element < etcd_array_length(array))
		value = getIthJsonbValueFromContainer((JsonbContainer *) array, element);
	if (value == NULL || value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		return NULL;
	return value->val.binary.data;
}

char *
etcd_string(const JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	if (!get(object, name, &value) || value.type != jbvString)
		return NULL;
	return pnstrdup(value.val.string.val, value.val.string.len);
}

/* A string of base64, decoded.  A zero byte in it ends it. */
char *
etcd_base64(const JsonbContainer *object, const char *name)
{
	JsonbValue	value;
	char	   *bytes;
	int			length;

	if (!get(object, name, &value) || value.type != jbvString)
		return NULL;
	length = pg_b64_dec_len(value.val.string.len);
	bytes = palloc(length + 1);
	length = compat_base64_decode(value.val.string.val, value.val.string.len, bytes, length);
	if (length < 0)
		return NULL;
	bytes[length] = '\0';
	return bytes;
}

/* A string of decimal digits, as a number of 64 bits. */
uint64
etcd_number(const JsonbContainer *object, const char *name)
{
	char	   *digits = etcd_string(object, name);

	/* IDs of leases have a sign, in which nobody is interested. */
	return digits == NULL ? 0 : strtou64(digits, NULL, 10);
}

bool
etcd_is_true(const JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	return get(object, name, &value) && value.type == jbvBool && value.val.boolean;
}

/* What etcd says that was wrong; NULL if this is no error of etcd. */
const char *
etcd_error(const JsonbContainer *root)
{
	const char *text = etcd_string(root, "message");

	/* A stream has it one level further down. */
	if (text == NULL)
		text = etcd_string(etcd_object(root, "error"), "message");

	if (text == NULL)
		text = etcd_string(root, "error");
	return text;
}

/* Does etcd say with this status that it has not even tried? */
bool
etcd_is_complaint(int status)
{
	return status == 400 || status == 401 || status == 403 || status == 404 || status == 412 || status == 429;
}
