/*
 * report_json.c - the report as JSON lines; lsrctl(1), JSON, has their keys.
 */

#include "base/json.h"
#include "ctl/report.h"

static void
report_line(struct json *j)
{
	json_close(j, '}');
	json_line(j);
}

static void
patterns_tell(struct json *j, const char *key, const struct report *r,
    const struct judge_count *v, size_t n)
{
	json_open(j, key, '[');
	for (size_t i = 0; i < n && i < REPORT_NAMED; i++) {
		json_open(j, NULL, '{');
		json_str(j, "pattern", judge_pattern(r->judge, v[i].which));
		json_uint(j, "servers", v[i].n);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
cut_servers_tell(struct json *j, const struct report *r,
    const struct judge_count *v, size_t n)
{
	json_open(j, "cut_servers", '[');
	for (size_t i = 0; i < n && i < REPORT_NAMED; i++) {
		json_open(j, NULL, '{');
		json_str(j, "server", report_server(r, v[i].which));
		json_uint(j, "patterns", v[i].n);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
step_tell(
    struct json *j, const struct report *r, const struct report_link *link)
{
	json_str(j, "connector", link->connector);
	json_str(j, "from", report_server(r, link->from));
	json_str(j, "to", report_server(r, link->to));
}

static void
failure_tell(struct json *j, const struct report *r, size_t i)
{
	json_str(j, "what", report_word(r->failures.v[i].what));
	json_str(j, "name", r->failures.v[i].name);
}

static void
failure_line(struct json *j, const struct report *r, size_t i)
{
	const struct report_failure *f = &r->failures.v[i];

	json_open(j, NULL, '{');
	json_str(j, "kind", "failure");
	failure_tell(j, r, i);
	json_uint(j, "cut", f->cut);
	json_uint(j, "lost", f->lost);
	json_uint(j, "moved", f->moved);
	json_uint(j, "patterns_cut", f->npatterns);
	patterns_tell(j, "cut_patterns", r, f->patterns.v, f->patterns.n);
	json_uint(j, "servers_cut", f->nservers);
	cut_servers_tell(j, r, f->servers.v, f->servers.n);
	json_uint(j, "patterns_lost", f->ngone);
	patterns_tell(j, "lost_patterns", r, f->gone.v, f->gone.n);
	json_uint(j, "links_loaded", f->nlinks);
	json_open(j, "loaded", '[');
	for (size_t k = 0; k < f->links.n; k++) {
		const struct report_link *link =
		    &r->links.v[f->links.v[k].link];

		json_open(j, NULL, '{');
		step_tell(j, r, link);
		json_uint(j, "load", link->load);
		json_uint(j, "then", f->links.v[k].load);
		json_close(j, '}');
	}
	json_close(j, ']');
	report_line(j);
}

static void
link_line(struct json *j, const struct report *r, const struct report_link *l)
{
	json_open(j, NULL, '{');
	json_str(j, "kind", "link");
	step_tell(j, r, l);
	json_uint(j, "load", l->load);
	json_uint(j, "worst", l->worst);
	if (l->by != SIZE_MAX) {
		json_open(j, "by", '{');
		failure_tell(j, r, l->by);
		json_close(j, '}');
	}
	report_line(j);
}

static void
built_lines(struct json *j, const struct report *r)
{
	for (size_t i = 0; i < r->joints.servers.n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "kind", "articulation-point");
		json_str(j, "server", report_server(r, r->joints.servers.v[i]));
		report_line(j);
	}
	for (size_t i = 0; i < r->joints.bridges.n; i++) {
		const struct joints_bridge *b = &r->joints.bridges.v[i];

		json_open(j, NULL, '{');
		json_str(j, "kind", "bridge");
		json_open(j, "servers", '[');
		json_str(j, NULL, report_server(r, b->a));
		json_str(j, NULL, report_server(r, b->b));
		json_close(j, ']');
		json_bool(j, "inside_group", b->inside);
		report_line(j);
	}
	for (size_t i = 0; i < r->one_way.n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "kind", "one-way");
		step_tell(j, r, &r->links.v[r->one_way.v[i]]);
		report_line(j);
	}
	for (size_t i = 0; i < r->single.n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "kind", "one-server");
		json_str(j, "pattern",
		    judge_pattern(r->judge, r->single.v[i].which));
		json_str(j, "server", report_server(r, r->single.v[i].n));
		report_line(j);
	}
	for (size_t i = 0; i < r->alone.n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "kind", "no-alternate");
		json_str(j, "from", report_server(r, r->alone.v[i].from));
		json_str(j, "next_hop", report_server(r, r->alone.v[i].to));
		json_uint(j, "routes", r->alone.v[i].routes);
		report_line(j);
	}
}

static void
behind_lines(struct json *j, const struct report *r)
{
	for (size_t i = 0; i < r->behind.n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "kind", "behind");
		json_str(j, "server", r->behind.v[i].server);
		json_str(j, "text", r->behind.v[i].what);
		report_line(j);
	}
	if (r->first_end_of == NULL && r->authority_end == 0)
		return;
	json_open(j, NULL, '{');
	json_str(j, "kind", "authority");
	if (r->authority_end != 0)
		json_int(j, "until", r->authority_end);
	if (r->first_end_of != NULL) {
		json_str(j, "first_end_of", r->first_end_of);
		json_int(j, "first_end", r->first_end);
	}
	report_line(j);
}

static void
pair_line(struct json *j, const struct report *r, const struct report_pair *p)
{
	json_open(j, NULL, '{');
	json_str(j, "kind", "two");
	json_open(j, "failures", '[');
	for (int i = 0; i < 2; i++) {
		json_open(j, NULL, '{');
		failure_tell(j, r, i == 0 ? p->a : p->b);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_uint(j, "more", p->more);
	json_uint(j, "patterns_more", p->npatterns);
	patterns_tell(j, "more_patterns", r, p->patterns.v, p->patterns.n);
	report_line(j);
}

static void
summary_line(struct json *j, const struct report *r)
{
	json_open(j, NULL, '{');
	json_str(j, "kind", "summary");
	json_uint(j, "servers", r->servers);
	json_uint(j, "patterns", judge_patterns(r->judge));
	json_uint(j, "routes", r->routes);
	json_uint(j, "cut_now", r->now.cut);
	patterns_tell(
	    j, "cut_patterns", r, r->now.patterns.v, r->now.patterns.n);
	json_uint(j, "failures", r->failures.n);
	json_uint(j, "failures_that_cut", report_cutting(r));
	json_uint(j, "no_alternate", r->nalone);
	json_uint(j, "patterns_of_one_server", r->single.n);
	if (r->two) {
		json_uint(j, "pairs", r->pairs);
		json_uint(j, "pairs_tried", r->pairs_tried);
		json_uint(j, "pairs_that_cut", r->together.n);
	}
	json_bool(j, "well", report_is_well(r));
	report_line(j);
}

void
report_json(const struct report *r, struct buf *out)
{
	struct json j = { .out = out };

	for (size_t i = 0; i < r->failures.n; i++)
		failure_line(&j, r, i);
	for (size_t i = 0; i < r->together.n; i++)
		pair_line(&j, r, &r->together.v[i]);
	for (size_t i = 0; i < r->links.n; i++)
		link_line(&j, r, &r->links.v[i]);
	built_lines(&j, r);
	behind_lines(&j, r);
	summary_line(&j, r);
}
