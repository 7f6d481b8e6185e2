/*
 * fuzz_subject.c - what an MTA says of its queue, for `lsrctl explain ID`: its
 * addresses are strangers'. The first octet says whose form it is. Whatever
 * stands there, only the message asked for is taken: without its id nothing is.
 */

#include <string.h>

#include "base/mem.h"
#include "ctl/subject.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/pieces.h"

#define ID "4dF3Lk5z9Q"

const unsigned fuzz_runs = 3000;
PIECES(PIECES_LINES);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct subject subject = { 0 };
	bool exim = n > 0 && p[0] == 'e';
	char *text = mem_dup(p + (n > 0), n - (n > 0));
	bool named = strstr(text, ID) != NULL;

	if (exim)
		subject_exim(&subject, text, ID);
	else
		subject_postqueue(&subject, text, ID);
	FUZZ_CHECK(named || subject.addresses.n == 0);
	FUZZ_CHECK(named || subject.sender == NULL);
	for (size_t i = 0; i < subject.addresses.n; i++)
		FUZZ_CHECK(subject.addresses.v[i] != NULL &&
			   strchr(subject.addresses.v[i], '\n') == NULL);
	subject_done(&subject);
	mem_free(text);
	return 0;
}
