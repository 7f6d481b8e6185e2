/*
 * report_text.c - the report for a person, the worst first.
 */

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/grid.h"
#include "ctl/report.h"
#include "ctl/show.h"
#include "ctl/value.h"

#define ROWS 15 /* of each table */
#define NAMED 4 /* patterns in a row */

/* What a table leaves out is said, and where it is. */
static void
grid_end(struct grid *grid, struct buf *out, size_t rows, size_t all)
{
	grid_write(grid, grid_terminal(), out);
	if (rows < all)
		buf_printf(out, "and %zu more, see --json\n", all - rows);
	buf_text(out, "\n");
}

/* `a.example (3), b.example (2) and 4 more` */
static void
patterns_cell(struct grid *grid, const struct report *r,
    const struct judge_count *v, size_t n, size_t all)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < n && i < NAMED; i++)
		buf_printf(&text, "%s%s (%" PRIu32 ")", i > 0 ? ", " : "",
		    judge_pattern(r->judge, v[i].which), v[i].n);
	if (all > NAMED)
		buf_printf(&text, " and %zu more", all - NAMED);
	buf_u8(&text, 0);
	grid_cell(grid, (const char *)text.p);
	buf_done(&text);
}

static void
failure_cell(struct grid *grid, const struct report *r, size_t i)
{
	grid_printf(grid, "%s %s", report_word(r->failures.v[i].what),
	    r->failures.v[i].name);
}

static void
link_cell(struct grid *grid, const struct report *r, uint32_t from, uint32_t to)
{
	struct buf text = { 0 };

	buf_printf(
	    &text, "%s to %s", report_server(r, from), report_server(r, to));
	buf_u8(&text, 0);
	grid_cell(grid, (const char *)text.p);
	buf_done(&text);
}

static void
now_text(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "CUT OFF NOW", "FROM SERVERS",
		NULL };
	struct grid grid;
	size_t n = r->now.patterns.n;

	if (n == 0)
		return;
	grid_init(&grid, head);
	for (size_t i = 0; i < n && i < ROWS; i++) {
		grid_cell(
		    &grid, judge_pattern(r->judge, r->now.patterns.v[i].which));
		grid_printf(&grid, "%" PRIu32, r->now.patterns.v[i].n);
	}
	grid_end(&grid, out, ROWS, n);
}

static void
cuts_text(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "WITHOUT", "ROUTES CUT", "MOVED",
		"PATTERNS CUT OFF (FROM SERVERS)", NULL };
	size_t n = report_cutting(r);
	struct grid grid;

	if (n == 0) {
		buf_text(out, "No single failure cuts anything off.\n\n");
		return;
	}
	grid_init(&grid, head);
	for (size_t i = 0; i < n && i < ROWS; i++) {
		const struct report_failure *f = &r->failures.v[i];

		failure_cell(&grid, r, i);
		grid_printf(&grid, "%" PRIu64, f->cut);
		grid_printf(&grid, "%" PRIu64, f->moved);
		patterns_cell(
		    &grid, r, f->patterns.v, f->patterns.n, f->npatterns);
	}
	grid_end(&grid, out, ROWS, n);
}

static void
links_text(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "LINK", "CONNECTOR", "LOAD",
		"AT WORST", "WITHOUT", NULL };
	size_t *order = report_links_by_growth(r), n = r->links.n, rows = 0;
	struct grid grid;

	while (rows < n && r->links.v[order[rows]].by != SIZE_MAX)
		rows++;
	if (rows > 0)
		grid_init(&grid, head);
	for (size_t i = 0; i < rows && i < ROWS; i++) {
		const struct report_link *l = &r->links.v[order[i]];

		link_cell(&grid, r, l->from, l->to);
		grid_cell(&grid, l->connector);
		grid_printf(&grid, "%" PRIu64, l->load);
		grid_printf(&grid, "%" PRIu64, l->worst);
		failure_cell(&grid, r, l->by);
	}
	if (rows > 0)
		grid_end(&grid, out, ROWS, rows);
	mem_free(order);
}

/* `label  text, text`: names that each stand alone. */
static void
names_text(struct buf *out, const char *label, char *const *names, size_t n)
{
	buf_printf(out, "%zu %s%s\n", n, label, n > 0 ? ":" : "");
	for (size_t i = 0; i < n && i < ROWS; i++)
		show_text(out, "", names[i]);
	if (n > ROWS)
		buf_printf(out, "  and %zu more, see --json\n", n - ROWS);
}

struct names {
	VEC(char *) list;
};

static void
names_end(struct names *names, const char *label, struct buf *out)
{
	names_text(out, label, names->list.v, names->list.n);
	for (size_t i = 0; i < names->list.n; i++)
		mem_free(names->list.v[i]);
	vec_done(&names->list);
}

static void
pair_name(struct names *names, const struct report *r, uint32_t a,
    const char *between, uint32_t b)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s %s %s", report_server(r, a), between,
	    report_server(r, b));
	vec_push(&names->list, buf_string(&text));
}

static void
built_text(const struct report *r, struct buf *out)
{
	struct names names = { { 0 } };

	for (size_t i = 0; i < r->joints.servers.n; i++)
		vec_push(&names.list,
		    mem_str(report_server(r, r->joints.servers.v[i])));
	names_end(&names, "articulation points", out);
	for (size_t i = 0; i < r->joints.bridges.n; i++)
		pair_name(&names, r, r->joints.bridges.v[i].a, "-",
		    r->joints.bridges.v[i].b);
	names_end(&names, "bridges", out);
	for (size_t i = 0; i < r->one_way.n; i++) {
		const struct report_link *l = &r->links.v[r->one_way.v[i]];

		pair_name(&names, r, l->from, "to", l->to);
	}
	names_end(&names, "links lead one way", out);
	for (size_t i = 0; i < r->single.n && r->single.n <= ROWS; i++) {
		struct buf text = { 0 };

		buf_printf(&text, "%s (%s)",
		    judge_pattern(r->judge, r->single.v[i].which),
		    report_server(r, r->single.v[i].n));
		vec_push(&names.list, buf_string(&text));
	}
	names_end(&names, "patterns are one server's alone", out);
	buf_text(out, "\n");
}

static void
alone_text(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "SERVER", "ONE NEXT HOP",
		"ROUTES WITHOUT AN ALTERNATE", NULL };
	struct grid grid;

	if (r->alone.n == 0)
		return;
	grid_init(&grid, head);
	for (size_t i = 0; i < r->alone.n && i < ROWS; i++) {
		grid_cell(&grid, report_server(r, r->alone.v[i].from));
		grid_cell(&grid, report_server(r, r->alone.v[i].to));
		grid_printf(&grid, "%" PRIu32, r->alone.v[i].routes);
	}
	grid_end(&grid, out, ROWS, r->alone.n);
}

static void
behind_text(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "SERVER", "BEHIND", NULL };
	char end[VALUE_TIME];
	struct grid grid;

	if (r->behind.n > 0) {
		grid_init(&grid, head);
		for (size_t i = 0; i < r->behind.n && i < ROWS; i++) {
			grid_cell(&grid, r->behind.v[i].server);
			grid_cell(&grid, r->behind.v[i].what);
		}
		grid_end(&grid, out, ROWS, r->behind.n);
	}
	if (r->authority_end != 0) {
		value_time_text(r->authority_end, end);
		show_text(out, "authority", end);
	}
	if (r->first_end_of != NULL) {
		show_text(out, "",
		    "without it mail goes on; nothing is issued, renewed, "
		    "revoked or forgotten");
		value_time_text(r->first_end, end);
		show_text(out, "first end", r->first_end_of);
		show_text(out, "", end);
	}
	if (r->has_behind)
		buf_text(out, "\n");
}

static void
two_text(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "WITHOUT", "AND", "ROUTES MORE",
		"PATTERNS CUT OFF (FROM SERVERS)", NULL };
	struct grid grid;

	if (!r->two)
		return;
	buf_printf(out,
	    "%" PRIu64 " of %" PRIu64
	    " pairs tried%s: %zu cut off what neither does alone\n",
	    r->pairs_tried, r->pairs,
	    r->pairs_tried < r->pairs ? ", of what carries most" : "",
	    r->together.n);
	if (r->together.n > 0)
		grid_init(&grid, head);
	for (size_t i = 0; i < r->together.n && i < ROWS; i++) {
		const struct report_pair *p = &r->together.v[i];

		failure_cell(&grid, r, p->a);
		failure_cell(&grid, r, p->b);
		grid_printf(&grid, "%" PRIu64, p->more);
		patterns_cell(
		    &grid, r, p->patterns.v, p->patterns.n, p->npatterns);
	}
	if (r->together.n > 0)
		grid_end(&grid, out, ROWS, r->together.n);
	else
		buf_text(out, "\n");
}

void
report_text(const struct report *r, struct buf *out)
{
	now_text(r, out);
	cuts_text(r, out);
	two_text(r, out);
	links_text(r, out);
	alone_text(r, out);
	built_text(r, out);
	behind_text(r, out);
	buf_printf(out,
	    "%" PRIu32 " servers, %" PRIu32 " patterns, %" PRIu64
	    " routes: %" PRIu64 " cut off now, %" PRIu64
	    " without an alternate\n%zu single failures: %zu cut something "
	    "off\n",
	    r->servers, judge_patterns(r->judge), r->routes, r->now.cut,
	    r->nalone, r->failures.n, report_cutting(r));
}
