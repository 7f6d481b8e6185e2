/*
 * test_export.c - the exported document says what the database says: read
 * back, it gives the same metrics, next hops and alternates as the table.
 *
 * Random networks within what the form can say: groups whose members have
 * nothing bad to say of each other, and everybody present or dead.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/rng.h"
#include "core/paths/routes.h"
#include "ctl/document.h"
#include "t/core/world.h"
#include "t/tap.h"
#include "t/temp.h"

#define SERVERS 9

static void
servers_say(struct buf *out, struct rng *rng)
{
	for (int i = 0; i < SERVERS; i++) {
		const char *between = " nbr ";

		buf_printf(out, "server s%d.x g%d", i, i / 2);
		for (int k = 0; k < SERVERS; k++)
			if (k != i && i < SERVERS - 1 && k < SERVERS - 1) {
				buf_printf(out, "%ss%d.x", between, k);
				between = ",";
			}
		buf_text(out, rng_below(rng, 5) == 0 ? " drain;" : ";");
		buf_printf(out, "space d%d.x s%d.x cost %d;", i, i, i % 3);
		buf_printf(out, "space e.x s%d.x cost %d%s;", i, i % 4,
		    i % 3 == 0 ? " local" : "");
	}
}

/* A name may be that of two owners' connectors, and a bridgehead of one cost
 * more or be down. */
static char *
draw(struct rng *rng)
{
	struct buf out = { 0 };

	buf_text(&out, "self s0.x g0;");
	servers_say(&out, rng);
	for (int i = 0; i < 16; i++) {
		int a = (int)rng_below(rng, SERVERS - 1);
		int b =
		    a + 1 + (int)rng_below(rng, (uint64_t)(SERVERS - a - 1));

		buf_printf(&out, "connector c%d s%d.x g%d s%d.x=%d%s", i / 2,
		    (int)rng_below(rng, SERVERS), a / 2, a,
		    1 + (int)rng_below(rng, 9),
		    rng_below(rng, 5) == 0 ? "-" : "+");
		buf_printf(&out, " s%d.x=%d%s cong %d%s;", b,
		    1 + (int)rng_below(rng, 9),
		    rng_below(rng, 5) == 0 ? "-" : "+", (int)rng_below(rng, 3),
		    rng_below(rng, 9) == 0 ? " drain" : "");
	}
	return buf_string(&out);
}

static struct document *
exported(const struct view *view)
{
	struct buf out = { 0 }, complaints = { 0 };
	struct json j = { .out = &out };
	char dir[TEMP_FOLDER], path[96];
	struct document *doc;
	FILE *f;

	view_export(&j, view);
	temp_make(dir);
	snprintf(path, sizeof(path), "%s/document", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(out.p, 1, out.n, f), out.n);
	fclose(f);
	if (document_load(path, &doc, &complaints) != RC_OK) {
		char *said = buf_string(&complaints);

		ck_abort_msg("%s", said);
	}
	temp_end(dir);
	buf_done(&out);
	buf_done(&complaints);
	return doc;
}

static void
hops_compare(const struct net *net, const struct route *r,
    const struct routes_one *a, const char *said)
{
	size_t next = 0, alternates = 0;

	for (size_t i = 0; i < r->nhops; i++) {
		uint32_t hop = net_find(net, r->hop[i].name);

		if (r->hop[i].alternate) {
			ck_assert_msg(alternates < a->alternates.n &&
					  a->alternates.v[alternates] == hop,
			    "%s: alternate\n%s", r->pattern, said);
			alternates++;
			continue;
		}
		for (size_t k = 0; k < a->hops.n; k++)
			next += a->hops.v[k] == hop;
		ck_assert_msg(next == i + 1, "%s\n%s", r->pattern, said);
	}
	ck_assert_msg(next == (a->hops.n > 4 ? 4 : a->hops.n), "%s\n%s",
	    r->pattern, said);
	ck_assert_msg(r->nhops == 4 || alternates == a->alternates.n,
	    "%s: %zu alternates\n%s", r->pattern, a->alternates.n, said);
}

/* What the table holds, or reaches as a last resort, the document cannot. */
static void
compare(struct routes *a, const struct route *r, const char *said)
{
	struct routes_one route = { 0 };
	size_t pattern = routes_pattern(a, r->pattern);

	ck_assert(pattern != SIZE_MAX);
	routes_find(a, pattern, &route);
	routes_alternates(a, pattern, 1, &route);
	if (r->kind == ROUTE_HOLD || r->last_resort) {
		ck_assert_msg(
		    route.kind == ROUTES_NONE, "%s\n%s", r->pattern, said);
	} else {
		ck_assert_msg(route.metric == graph_metric(r->cost, r->hops),
		    "%s\n%s", r->pattern, said);
		hops_compare(a->net, r, &route, said);
	}
	routes_done(&route);
}

START_TEST(says_the_same)
{
	struct rng rng = { (uint64_t)_i };
	struct view_pending pending = { 0 };
	char *said = draw(&rng);
	struct world w;
	struct view *view;
	struct rib *rib;
	struct document *doc;
	struct net net = { 0 };
	struct routes *a;

	world_init(&w);
	world_say(&w, said);
	view = view_new(&w.in);
	rib = view_rib(view, NULL, &pending);
	doc = exported(view);
	document_net(doc, &net);
	a = routes_new(&net, NULL);
	routes_stand(a, net_find(&net, "s0.x"));
	for (size_t i = 0; i < rib->n; i++)
		compare(a, &rib->routes[i], said);
	routes_free(a);
	net_done(&net);
	document_free(doc);
	rib_free(rib);
	view_pending_done(&pending);
	view_free(view);
	world_done(&w);
	mem_free(said);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("export");
	TCase *tc = tcase_create("export");

	tcase_add_loop_test(tc, says_the_same, 1, 60);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
