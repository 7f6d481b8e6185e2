/*
 * report_html.c - the report as one page: no script, nothing from elsewhere,
 * and a policy of its own that would refuse both.
 *
 * The policy names its only style sheet by its hash (CSP 3, 6.7.3.2): whoever
 * changes STYLE changes STYLE_HASH, which t/ctl/report.sh computes again.
 */

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/markup.h"
#include "ctl/report.h"
#include "ctl/value.h"

#define ROWS 100 /* of each table */
#define NAMED 8  /* patterns in a cell */
#define BARS 40  /* of the plot */

#define STYLE                                                                  \
	"body{font:14px sans-serif;max-width:70em;margin:2em auto}"            \
	"table{border-collapse:collapse}"                                      \
	"td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left}"       \
	"td.n{text-align:right}"
#define STYLE_HASH "sha256-KFk+AvQYXib5Z5rzALPJoWpWjVvPl0W+l3lcOfPVMGM="

#define LABEL 330 /* pixels of a bar's name */
#define BAR 420   /* of the longest bar */
#define ROW 18

static void
report_put(struct buf *out, const char *text)
{
	markup_shown(out, text);
}

static void
page_begin(const struct report *r, struct buf *out)
{
	buf_text(out,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src '" STYLE_HASH "'\">\n<title>");
	report_put(out, r->doc->organization);
	buf_text(out,
	    ": what may fail</title>\n<style>" STYLE "</style></head>\n"
	    "<body><h1>");
	report_put(out, r->doc->organization);
	buf_text(out, ": what may fail</h1>\n");
	buf_printf(out,
	    "<p>%" PRIu32 " servers, %" PRIu32 " patterns, %" PRIu64
	    " routes: %" PRIu64 " cut off now, %" PRIu64
	    " without an alternate. Of %zu single failures %zu cut something "
	    "off.</p>\n",
	    r->servers, judge_patterns(r->judge), r->routes, r->now.cut,
	    r->nalone, r->failures.n, report_cutting(r));
}

/* --- tables -------------------------------------------------------------------- */

static void
table_begin(struct buf *out, const char *title, const char *const *head)
{
	buf_printf(out, "<h2>%s</h2>\n<table><tr>", title);
	for (; *head != NULL; head++)
		buf_printf(out, "<th>%s</th>", *head);
	buf_text(out, "</tr>\n");
}

static void
table_end(struct buf *out, size_t all)
{
	buf_text(out, "</table>\n");
	if (all > ROWS)
		buf_printf(out, "<p>And %zu more.</p>\n", all - ROWS);
}

static void
cell_text(struct buf *out, const char *text)
{
	buf_text(out, "<td>");
	report_put(out, text);
	buf_text(out, "</td>");
}

static void
cell_number(struct buf *out, uint64_t n)
{
	buf_printf(out, "<td class=\"n\">%" PRIu64 "</td>", n);
}

static void
cell_failure(struct buf *out, const struct report *r, size_t i)
{
	buf_printf(out, "<td>%s ", report_word(r->failures.v[i].what));
	report_put(out, r->failures.v[i].name);
	buf_text(out, "</td>");
}

static void
cell_patterns(struct buf *out, const struct report *r,
    const struct judge_count *v, size_t n, size_t all)
{
	buf_text(out, "<td>");
	for (size_t i = 0; i < n && i < NAMED; i++) {
		buf_text(out, i > 0 ? ", " : "");
		report_put(out, judge_pattern(r->judge, v[i].which));
		buf_printf(out, " (%" PRIu32 ")", v[i].n);
	}
	if (all > NAMED)
		buf_printf(out, " and %zu more", all - NAMED);
	buf_text(out, "</td>");
}

static void
table_cuts(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "Without", "Routes cut", "Moved",
		"Patterns cut off (from servers)", NULL };
	size_t n = report_cutting(r);

	if (n == 0) {
		buf_text(out, "<p>No single failure cuts anything off.</p>\n");
		return;
	}
	table_begin(out, "Single failures that cut off", head);
	for (size_t i = 0; i < n && i < ROWS; i++) {
		const struct report_failure *f = &r->failures.v[i];

		buf_text(out, "<tr>");
		cell_failure(out, r, i);
		cell_number(out, f->cut);
		cell_number(out, f->moved);
		cell_patterns(
		    out, r, f->patterns.v, f->patterns.n, f->npatterns);
		buf_text(out, "</tr>\n");
	}
	table_end(out, n);
}

static void
table_now(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "Pattern", "From servers", NULL };
	size_t n = r->now.patterns.n;

	if (n == 0)
		return;
	table_begin(out, "Cut off now", head);
	for (size_t i = 0; i < n && i < ROWS; i++) {
		buf_text(out, "<tr>");
		cell_text(
		    out, judge_pattern(r->judge, r->now.patterns.v[i].which));
		cell_number(out, r->now.patterns.v[i].n);
		buf_text(out, "</tr>\n");
	}
	table_end(out, n);
}

static void
table_two(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "Without", "And", "Routes more",
		"Patterns cut off (from servers)", NULL };

	if (!r->two)
		return;
	table_begin(out, "Two at once", head);
	for (size_t i = 0; i < r->together.n && i < ROWS; i++) {
		const struct report_pair *p = &r->together.v[i];

		buf_text(out, "<tr>");
		cell_failure(out, r, p->a);
		cell_failure(out, r, p->b);
		cell_number(out, p->more);
		cell_patterns(
		    out, r, p->patterns.v, p->patterns.n, p->npatterns);
		buf_text(out, "</tr>\n");
	}
	table_end(out, r->together.n);
	buf_printf(out, "<p>%" PRIu64 " of %" PRIu64 " pairs were tried.</p>\n",
	    r->pairs_tried, r->pairs);
}

static void
table_alone(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "Server", "One next hop",
		"Routes without an alternate", NULL };

	if (r->alone.n == 0)
		return;
	table_begin(out, "Routes without an alternate", head);
	for (size_t i = 0; i < r->alone.n && i < ROWS; i++) {
		buf_text(out, "<tr>");
		cell_text(out, report_server(r, r->alone.v[i].from));
		cell_text(out, report_server(r, r->alone.v[i].to));
		cell_number(out, r->alone.v[i].routes);
		buf_text(out, "</tr>\n");
	}
	table_end(out, r->alone.n);
}

static void
built_row(struct buf *out, const char *what, const char *a, const char *b)
{
	buf_text(out, "<tr>");
	cell_text(out, what);
	cell_text(out, a);
	cell_text(out, b);
	buf_text(out, "</tr>\n");
}

static void
table_built(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "", "", "", NULL };
	const struct joints *j = &r->joints;
	size_t left = ROWS;

	if (j->servers.n + j->bridges.n + r->one_way.n == 0)
		return;
	table_begin(out, "How it is built", head);
	for (size_t i = 0; i < j->servers.n && left > 0; i++, left--)
		built_row(out, "articulation point",
		    report_server(r, j->servers.v[i]), "");
	for (size_t i = 0; i < j->bridges.n && left > 0; i++, left--)
		built_row(out, "bridge", report_server(r, j->bridges.v[i].a),
		    report_server(r, j->bridges.v[i].b));
	for (size_t i = 0; i < r->one_way.n && left > 0; i++, left--) {
		const struct report_link *l = &r->links.v[r->one_way.v[i]];

		built_row(out, "leads one way", report_server(r, l->from),
		    report_server(r, l->to));
	}
	table_end(out, j->servers.n + j->bridges.n + r->one_way.n);
}

static void
table_behind(const struct report *r, struct buf *out)
{
	static const char *const head[] = { "Server", "Behind", NULL };
	char end[VALUE_TIME];

	if (r->behind.n > 0)
		table_begin(out, "Servers behind", head);
	for (size_t i = 0; i < r->behind.n && i < ROWS; i++) {
		buf_text(out, "<tr>");
		cell_text(out, r->behind.v[i].server);
		cell_text(out, r->behind.v[i].what);
		buf_text(out, "</tr>\n");
	}
	if (r->behind.n > 0)
		table_end(out, r->behind.n);
	if (r->authority_end != 0) {
		value_time_text(r->authority_end, end);
		buf_printf(out,
		    "<p>The authority's own certificate ends at %s.</p>\n",
		    end);
	}
	if (r->first_end_of == NULL)
		return;
	value_time_text(r->first_end, end);
	buf_text(out, "<p>Without the authority mail goes on; nothing is "
		      "issued, renewed, revoked or forgotten. The first "
		      "certificate to end is that of ");
	report_put(out, r->first_end_of);
	buf_printf(out, ", at %s.</p>\n", end);
}

/* --- the plot ------------------------------------------------------------------- */

static void
bar_text(struct buf *out, unsigned x, unsigned y, const char *anchor)
{
	buf_printf(out,
	    "<text x=\"%u\" y=\"%u\" font-size=\"11\" text-anchor=\"%s\">", x,
	    y, anchor);
}

static void
bar_draw(struct buf *out, const struct report *r, const struct report_link *l,
    unsigned row, uint64_t most)
{
	unsigned y = row * ROW;
	unsigned load = (unsigned)(l->load * BAR / most);
	unsigned worst = (unsigned)(l->worst * BAR / most);

	buf_text(out, "<g><title>");
	report_put(out, report_server(r, l->from));
	buf_text(out, " to ");
	report_put(out, report_server(r, l->to));
	if (l->by != SIZE_MAX) {
		buf_printf(out, "; most without %s ",
		    report_word(r->failures.v[l->by].what));
		report_put(out, r->failures.v[l->by].name);
	}
	buf_text(out, "</title>");
	bar_text(out, LABEL - 8, y + 13, "end");
	report_put(out, l->connector);
	buf_printf(out,
	    "</text><rect x=\"%d\" y=\"%u\" width=\"%u\" height=\"%d\" "
	    "fill=\"#e0a030\"/><rect x=\"%d\" y=\"%u\" width=\"%u\" "
	    "height=\"%d\" fill=\"#3060a0\"/>",
	    LABEL, y + 3, worst, ROW - 5, LABEL, y + 3, load, ROW - 5);
	bar_text(out, LABEL + worst + 5, y + 13, "start");
	buf_printf(
	    out, "%" PRIu64 " / %" PRIu64 "</text></g>\n", l->load, l->worst);
}

static void
plot(const struct report *r, struct buf *out)
{
	size_t *order = report_links_by_growth(r), n = r->links.n;
	uint64_t most = 1;

	if (n > BARS)
		n = BARS;
	for (size_t i = 0; i < n; i++)
		if (r->links.v[order[i]].worst > most)
			most = r->links.v[order[i]].worst;
	buf_text(out,
	    "<h2>Links</h2>\n<p>Routes (a server and a pattern) whose way "
	    "leads over a link: now (blue), and after the single failure that "
	    "brings it the most (yellow). The links with the most on top come "
	    "first.</p>\n");
	buf_printf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	    "height=\"%zu\" font-family=\"sans-serif\" role=\"img\">\n",
	    LABEL + BAR + 120, (n + 1) * ROW);
	for (size_t i = 0; i < n; i++)
		bar_draw(out, r, &r->links.v[order[i]], (unsigned)i, most);
	buf_text(out, "</svg>\n");
	if (r->links.n > n)
		buf_printf(out, "<p>And %zu links more.</p>\n", r->links.n - n);
	mem_free(order);
}

void
report_html(const struct report *r, struct buf *out)
{
	page_begin(r, out);
	table_now(r, out);
	table_cuts(r, out);
	table_two(r, out);
	plot(r, out);
	table_alone(r, out);
	table_built(r, out);
	table_behind(r, out);
	buf_text(out, "</body></html>\n");
}
