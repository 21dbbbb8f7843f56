/*-------------------------------------------------------------------------
 *
 * hlc_text.c
 *	  What hlc_text.c promises, for any text: to read it or not, and a value that the
 *	  clock can have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/hlc_text.h"

#include "fuzz.h"

void
check_hlc_text(Input *input)
{
	char	   *str = malloc(input->size + 1);
	int64		hlc = -1;

	require(str != NULL);
	memcpy(str, input->data, input->size);
	str[input->size] = '\0';
	require(hlc_text_read(str, &hlc) == (hlc >= 0));
	free(str);
}
