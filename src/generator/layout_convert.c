/*-------------------------------------------------------------------------
 *
 * layout_convert.c
 *	  Converting a layout from and to text, with PostgreSQL's memory and errors.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "generator/layout_convert.h"

/*
 * Read the name of a preset, or the fields of a layout.  context is as for
 * ereturn.  ERROR INVALID_TEXT_REPRESENTATION if the text is neither.
 */
SnowflakeLayout *
layout_from_text(const char *str, Node *context)
{
	const SnowflakeLayout *preset = layout_by_name(str);
	SnowflakeLayout *layout = palloc(sizeof(SnowflakeLayout));
	LayoutProblem problem;

	if (preset != NULL)
		*layout = *preset;
	else if (!layout_read(str, layout, &problem))
		ereturn(context, NULL,
				errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid input syntax for type %s: \"%s\"", "snowflake_layout", str),
				errdetail("%s", problem.detail),
				problem.hint ? errhint("%s", problem.hint) : 0);
	return layout;
}

/* The name of a layout, or else its fields. */
char *
layout_to_text(const SnowflakeLayout *layout)
{
	const char *name = layout_preset_name(layout);
	char		str[LAYOUT_TEXT_SIZE];

	if (name != NULL)
		return pstrdup(name);
	layout_write(layout, str, sizeof(str));
	return pstrdup(str);
}
