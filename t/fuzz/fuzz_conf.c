/*
 * fuzz_conf.c - a configuration file. What is refused is refused with a
 * complaint; what is accepted is written in normal form, which loads again
 * to the same. And a file of address-space-file: what is taken is sorted, each
 * once, fit for a list, and loads again without a complaint.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "cfg/patterns.h"
#include "core/lsa/lsa_list.h"
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

static void
patterns_look(const uint8_t *p, size_t n)
{
	struct complaints complaints = { 0 };
	struct patterns first = { 0 }, second = { 0 };
	struct buf text = { 0 };
	uint64_t weight = 0;
	size_t told;

	(void)patterns_read(cur_over(p, n), "f", &complaints, &first);
	FUZZ_CHECK(complaints.errors == 0);
	FUZZ_CHECK(complaints.list.n <= 2 * (PATTERNS_TOLD + 1));
	told = complaints.list.n;
	for (size_t i = 0; i < first.v.n; i++) {
		const char *one = first.v.v[i].pattern;

		FUZZ_CHECK(lsa_list_takes(one));
		FUZZ_CHECK(i == 0 || strcmp(first.v.v[i - 1].pattern, one) < 0);
		weight += strlen(one) + LIMIT_LISTED_EACH;
		buf_printf(&text, "%s OK\n", one);
	}
	FUZZ_CHECK(weight == first.weight);
	(void)patterns_read(
	    cur_over(text.p, text.n), "f", &complaints, &second);
	/* but for users that begin as a remark does */
	FUZZ_CHECK(second.v.n <= first.v.n && complaints.list.n == told);
	patterns_done(&first);
	patterns_done(&second);
	complaints_done(&complaints);
	buf_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct complaints complaints = { 0 };
	struct buf dump = { 0 };
	struct conf *conf;
	int rc;

	patterns_look(p, n);
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
