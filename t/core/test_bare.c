/* test_bare.c - which keys a pattern that is delivered here does without. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/view/bare.h"
#include "t/tap.h"

/* The table as words: PATTERN is remote, =PATTERN is here, ~PATTERN a hold,
 * +PATTERN leaves by a way of our own. */
static const struct {
	const char *what, *table;
	const char *keys;  /* of those that are here, that need one */
	const char *site;  /* what the site's own maps have */
	const char *local; /* what Postfix has in its own classes */
	const char *open;  /* of those here, that stand in `domains` */
} rows[] = {
	{ "alone", "=a.example", "", "", "", "a.example" },
	{ "another beside it", "=a.example b.example", "", "", "",
	    "a.example" },
	{ "a remote parent", ".example =a.example", "a.example", "", "",
	    "a.example" },
	{ "a remote parent far above", ".org =a.b.c.org", "a.b.c.org", "", "",
	    "a.b.c.org" },
	{ "its own sub-domains are another matter", ".a.example =a.example", "",
	    "", "", "a.example" },
	{ "a parent on hold", "~.example =a.example", "a.example", "", "",
	    "a.example" },
	{ "a parent that leaves by a way", "+.example =a.example", "a.example",
	    "", "", "a.example" },
	{ "a parent that is here", "=.example =a.example", "", "", "",
	    ".example a.example" },
	{ "here, below remote, below here", "=.b.c .c =a.b.c", ".b.c", "", "",
	    ".b.c a.b.c" },
	{ "remote between", "=.c .b.c =a.b.c", "a.b.c", "", "", ".c a.b.c" },
	{ "a star is in a table of its own", "* =a.example", "", "", "",
	    "a.example" },
	{ "sub-domains below a remote parent", ".b.c =.a.b.c", ".a.b.c", "", "",
	    ".a.b.c" },
	{ "a user of a remote domain", "a.example =u@a.example", "u@a.example",
	    "", "", "u@a.example" },
	{ "a user of a domain here", "=a.example =u@a.example", "", "", "",
	    "a.example u@a.example" },
	{ "a remote user of a domain here", "=a.example u@a.example", "", "",
	    "", "a.example" },
	{ "a user below a remote parent", ".example =u@a.example",
	    "u@a.example", "", "", "u@a.example" },
	{ "an extension of a remote user",
	    "=a.example u@a.example =u+x@a.example", "u+x@a.example", "", "",
	    "a.example u+x@a.example" },
	{ "an extension of a user here",
	    "a.example =u@a.example =u+x@a.example",
	    "u+x@a.example u@a.example", "", "", "u+x@a.example u@a.example" },
	{ "another user is none", "=a.example uu@a.example =u+x@a.example", "",
	    "", "", "a.example u+x@a.example" },
	{ "the site's own maps answer", ".example =a.example", "", "a.example",
	    "", "a.example" },
	{ "for one of two", ".example =a.example =b.example", "b.example",
	    "a.example", "", "a.example b.example" },
	{ "a class of its own", "=a.example =b.example", "", "", "a.example",
	    "b.example" },
	{ "a class, and a remote parent", ".example =a.example", "a.example",
	    "", "a.example", "" },
	{ "what is remote is published, whatever Postfix has", "a.example", "",
	    "", "a.example", "" },
};

static void
fill(struct mta_patterns *to, const char *words)
{
	char *copy = mem_str(words), *rest = NULL;

	for (char *w = strtok_r(copy, " ", &rest); w != NULL;
	     w = strtok_r(NULL, " ", &rest))
		mta_patterns_add(to, w);
	mem_free(copy);
}

static int
by_pattern(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	return strcmp(x->pattern, y->pattern);
}

static struct rib
rib_of(const char *words)
{
	static const char marks[] = " =+~"; /* in the order of the kinds */
	char *copy = mem_str(words), *rest = NULL;
	struct rib rib = { .routes = mem_new(0, 8, sizeof(*rib.routes)) };

	for (char *w = strtok_r(copy, " ", &rest); w != NULL;
	     w = strtok_r(NULL, " ", &rest)) {
		struct route *r = &rib.routes[rib.n++];
		const char *mark = strchr(marks, *w);

		r->kind = mark == NULL ? ROUTE_REMOTE
		                       : (enum route_kind)(mark - marks);
		r->pattern = mem_str(w + (mark != NULL));
		r->relay = true;
	}
	qsort(rib.routes, rib.n, sizeof(*rib.routes), by_pattern);
	mem_free(copy);
	return rib;
}

START_TEST(here_has_a_key_only_where_it_must)
{
	struct rib rib = rib_of(rows[_i].table);
	struct buf keys = { 0 }, open = { 0 };
	struct mta mta;
	char *is;

	mta_init(&mta);
	fill(&mta.routed, rows[_i].site);
	fill(&mta.local, rows[_i].local);
	bare_mark(&rib, &mta);
	for (size_t i = 0; i < rib.n; i++) {
		const struct route *r = &rib.routes[i];

		if (r->kind != ROUTE_HERE) {
			ck_assert(!r->bare && !r->own);
			continue;
		}
		if (!r->bare)
			buf_printf(
			    &keys, "%s%s", keys.n ? " " : "", r->pattern);
		if (!r->own)
			buf_printf(
			    &open, "%s%s", open.n ? " " : "", r->pattern);
	}
	is = buf_string(&keys);
	ck_assert_msg(
	    strcmp(is, rows[_i].keys) == 0, "%s: keys %s", rows[_i].what, is);
	mem_free(is);
	is = buf_string(&open);
	ck_assert_msg(
	    strcmp(is, rows[_i].open) == 0, "%s: open %s", rows[_i].what, is);
	mem_free(is);
	mta_done(&mta);
	for (size_t i = 0; i < rib.n; i++)
		route_done(&rib.routes[i]);
	mem_free(rib.routes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("core/bare");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, here_has_a_key_only_where_it_must, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
