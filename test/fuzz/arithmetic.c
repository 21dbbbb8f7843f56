/*-------------------------------------------------------------------------
 *
 * arithmetic.c
 *	  A libFuzzer target: what the arithmetic that needs no server promises, for
 *	  any numbers within the ranges its callers keep to, and for any text.
 *
 * Here is the choice among the checks.  Those of layouts are in layout.c and
 * layout_text.c, those of UUIDs in uuid.c, those of texts in base_n.c, ulid_text.c and
 * typeid_text.c, and those of records of leases and of clocks in lease_record.c and
 * hlc_text.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fuzz.h"

typedef void (*Check) (Input *input);

static const Check checks[] = {
	check_layout, check_uuids, check_layout_text, check_base_n, check_ulid_text, check_gregorian, check_uuid_orders,
	check_base_n_128, check_typeid_text, check_lease_record, check_hlc_text,
};

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	checks[take_upto(&input, 1, lengthof(checks) - 1)] (&input);
	return 0;
}
