/*
 * fuzz_conf.c - a configuration file. What is refused is refused with a
 * complaint; what is accepted is written in normal form, which loads again
 * to the same.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "t/fuzz/file.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 500;

static void
again(const struct buf *first)
{
	struct complaints complaints = { 0 };
	struct buf second = { 0 };
	struct conf *conf;
	int rc;

	rc = conf_load(file_of(first->p, first->n), NULL, &conf, &complaints);
	FUZZ_CHECK(rc == RC_OK);
	conf_dump(&second, conf);
	FUZZ_CHECK(
	    second.n == first->n && memcmp(second.p, first->p, first->n) == 0);
	conf_free(conf);
	buf_done(&second);
	complaints_done(&complaints);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct complaints complaints = { 0 };
	struct buf dump = { 0 };
	struct conf *conf;
	int rc;

	/* Only this file: an include-dir would read what lies around. */
	if (memmem(p, n, "include", 7) != NULL)
		return 0;
	rc = conf_load(file_of(p, n), NULL, &conf, &complaints);
	FUZZ_CHECK((rc == RC_OK) == (conf != NULL));
	FUZZ_CHECK((rc == RC_OK) == (complaints.errors == 0));
	if (conf != NULL) {
		conf_dump(&dump, conf);
		conf_free(conf);
		again(&dump);
	}
	buf_done(&dump);
	complaints_done(&complaints);
	return 0;
}
