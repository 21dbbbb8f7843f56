/*-------------------------------------------------------------------------
 *
 * server_layout.h
 *	  The layout of this server's own IDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SERVER_LAYOUT_H
#define IDGEN_SERVER_LAYOUT_H

#include "bits/layout.h"
#include "bits/layout_text.h"
#include "engine/node_settings.h"

/* When this much of a layout's time is left, 5 years, a warning is given; in us. */
#define LAYOUT_LAST_YEARS_US (5 * INT64CONST(31556952) * US_PER_S)

/* The longest tick with which IDs are issued, in us. */
#define LAYOUT_LONGEST_TICK_US US_PER_S

extern const char *layout_objection(const SnowflakeLayout *layout);
extern bool server_layout_is_possible(const SnowflakeLayout *layout);
extern bool server_layout_read(const char *str, SnowflakeLayout *layout, LayoutProblem *problem);
extern void server_layout_set(const char *str);
extern const SnowflakeLayout *server_layout(void);
extern const SnowflakeLayout *server_layout_if_valid(void);
extern bool server_layout_is_fixed(void);
extern const SnowflakeLayout *server_layout_asked(void);
extern const SnowflakeLayout *server_layout_expected(void);
extern void server_layout_startup(void);

#endif							/* IDGEN_SERVER_LAYOUT_H */
