/*
 * fuzz_import.c - what lsrctl import reads of Postfix and Exim, the schedules of
 * a directory, and tables of Exchange: the first octet says which parser is asked.
 * Keys are never NULL, address spaces of a regular expression are address spaces,
 * and names and macros are put in in bounded time.
 */

#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/policy.h"
#include "ctl/import/exim_conf.h"
#include "ctl/import/maincf.h"
#include "ctl/import/orginfo.h"
#include "ctl/import/regexp.h"
#include "ctl/import/table.h"
#include "ctl/import/week.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 3000;

static void
on_entry(void *ctx, const struct table_entry *entry)
{
	struct regexp_spaces spaces = { 0 };
	size_t *n = ctx;

	++*n;
	FUZZ_CHECK(entry->key != NULL && entry->value != NULL);
	if (entry->regexp && regexp_spaces(&spaces, entry->key))
		FUZZ_CHECK(spaces.list.n > 0);
	for (size_t i = 0; i < spaces.list.n; i++)
		FUZZ_CHECK(str_is_pattern(spaces.list.v[i]));
	regexp_done(&spaces);
}

static void
on_item(void *ctx, char *item)
{
	size_t *n = ctx;

	++*n;
	FUZZ_CHECK(*item != '\0');
	while (exim_conf_word(&item) != NULL)
		;
}

static void
exim_try(const char *text, size_t *n)
{
	struct exim_conf conf = { 0 };

	exim_conf_read(&conf, text);
	for (size_t i = 0; i < conf.routers.n; i++)
		for (size_t k = 0; k < conf.routers.v[i].options.n; k++)
			FUZZ_CHECK(
			    conf.routers.v[i].options.v[k].value != NULL);
	exim_conf_done(&conf);
	exim_conf_list(text, ';', on_item, n);
}

static void
week_try(const uint8_t *p, size_t n)
{
	char *text;
	enum week_kind kind = week_text(p, n, &text);

	FUZZ_CHECK(n != WEEK_PAIRS || kind != WEEK_BAD);
	FUZZ_CHECK((kind == WEEK_SOME) == (text != NULL));
	if (text != NULL)
		FUZZ_CHECK(policy_schedule_check(text) == RC_OK);
	mem_free(text);
}

static void
orginfo_try(const char *text, size_t n)
{
	struct orginfo info = { .fault = NULL };

	orginfo_read(&info, text, n);
	FUZZ_CHECK(info.groups.n > 0 || info.fault != NULL);
	for (size_t i = 0; i < info.groups.n; i++)
		FUZZ_CHECK(info.groups.v[i].connectors.n <= n);
	orginfo_done(&info);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = n == 0 ? mem_str("") : mem_dup(p + 1, n - 1);
	struct maincf cf = { 0 };
	size_t entries = 0;

	switch (n == 0 ? 0 : p[0] % 7) {
	case 0:
		import_table_text(text, on_entry, &entries);
		break;
	case 1:
		import_table_regexp(text, on_entry, &entries);
		break;
	case 2:
		import_table_inline(text, on_entry, &entries);
		break;
	case 6:
		orginfo_try((const char *)p + 1, n - 1);
		break;
	case 5:
		week_try(p + 1, n - 1);
		break;
	case 3:
		exim_try(text, &entries);
		break;
	default:
		maincf_read(&cf, text);
		for (size_t i = 0; i < cf.list.n && i < 20; i++)
			mem_free(maincf_full(&cf, cf.list.v[i].name));
		maincf_done(&cf);
	}
	FUZZ_CHECK(entries <= n + 1);
	mem_free(text);
	return 0;
}
