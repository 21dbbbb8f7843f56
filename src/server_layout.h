/*-------------------------------------------------------------------------
 *
 * server_layout.h
 *	  The layout of this server's own IDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SERVER_LAYOUT_H
#define IDGEN_SERVER_LAYOUT_H

#include "layout.h"
#include "setting.h"

/* When no more than this, 5 years, is left of a layout's time, it should be said; in us. */
#define LAYOUT_LAST_YEARS_US (5 * INT64CONST(31556952) * US_PER_S)

/* idgen.layout, and what it says. */
extern ServerSetting server_layout_setting;
extern SnowflakeLayout server_layout_asked;

/* With longer ticks no IDs are made; in us. */
#define LAYOUT_LONGEST_TICK_US US_PER_S

extern const char *layout_objection(const SnowflakeLayout *layout);
extern const char *server_layout_objection(const SnowflakeLayout *layout);
extern const SnowflakeLayout *server_layout(void);
extern bool server_layout_is_fixed(void);
extern const SnowflakeLayout *server_layout_expected(bool look);
extern void server_layout_startup(void);

#endif							/* IDGEN_SERVER_LAYOUT_H */
