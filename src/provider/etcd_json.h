/*-------------------------------------------------------------------------
 *
 * etcd_json.h
 *	  etcd's requests and answers as JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ETCD_JSON_H
#define IDGEN_ETCD_JSON_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* Writing. */
extern void etcd_write_base64(StringInfo json, const char *value);
extern void etcd_write_key(StringInfo json, const char *key);
extern void etcd_write_compare(StringInfo json, const char *key, const char *value);
extern void etcd_write_range(StringInfo json, const char *key);
extern void etcd_write_put(StringInfo json, const char *key, const char *value, uint64 lease);

/* Reading.  What is not there, or is something else, is NULL, 0 or false. */
extern const JsonbContainer *etcd_parse(char *body);
extern const JsonbContainer *etcd_object(const JsonbContainer *object, const char *name);
extern const JsonbContainer *etcd_array(const JsonbContainer *object, const char *name);
extern int	etcd_array_length(const JsonbContainer *array);
extern const JsonbContainer *etcd_element(const JsonbContainer *array, int element);
extern char *etcd_string(const JsonbContainer *object, const char *name);
extern char *etcd_base64(const JsonbContainer *object, const char *name);
extern uint64 etcd_number(const JsonbContainer *object, const char *name);
extern bool etcd_is_true(const JsonbContainer *object, const char *name);
extern const char *etcd_error(const JsonbContainer *root);
extern bool etcd_is_complaint(int status);

#endif							/* IDGEN_ETCD_JSON_H */
