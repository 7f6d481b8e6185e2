/* test_severed.c - what loses its way when a net loses something: against the
 * routes of each server, found one by one. */

#include "core/paths/severed.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "core/paths/routes.h"
#include "core/view/view.h"
#include "t/core/world.h"
#include "t/tap.h"

#define MOST 30
#define NETS 300
#define PATTERNS 1200 /* more than are followed together */

struct case_net {
	struct rng rng;
	struct net before, after;
	char names[MOST][16];
	char patterns[PATTERNS][16];
};

static uint32_t
below(struct case_net *c, size_t n)
{
	return (uint32_t)rng_below(&c->rng, n);
}

static void
net_make(struct case_net *c, uint64_t seed)
{
	struct net *net = &c->before;
	uint32_t n, npatterns;

	*c = (struct case_net){ .rng = { seed } };
	n = 2 + below(c, MOST - 2);
	npatterns = seed % 50 == 0 ? PATTERNS : 1 + below(c, 40);
	for (uint32_t i = 0; i < n; i++) {
		struct net_server s = { .name = c->names[i],
			.group = below(c, 3),
			.present = below(c, 10) != 0,
			.transit = below(c, 4) != 0 };

		snprintf(c->names[i], sizeof(c->names[i]), "s%03u", i);
		vec_push(&net->servers, s);
	}
	net->parts = 1;
	for (uint32_t i = 0; i < n; i++) {
		if (net->servers.v[i].group != 0 || below(c, 2))
			continue;
		vec_push(&net->steps, ((struct net_step){ i, n, 0, 1, NULL }));
		vec_push(&net->steps, ((struct net_step){ n, i, 0, 0, NULL }));
	}
	for (uint32_t i = below(c, 2 * n); i > 0; i--)
		vec_push(&net->steps, ((struct net_step){ below(c, n),
					  below(c, n), below(c, 3), 1, NULL }));
	for (uint32_t p = 0; p < npatterns; p++) {
		snprintf(c->patterns[p], sizeof(c->patterns[p]), "p%04u.x", p);
		for (uint32_t i = 0; i < n; i++) {
			struct net_claim claim = { .pattern = c->patterns[p],
				.server = i,
				.local = below(c, 4) == 0,
				.down = below(c, 6) == 0 };

			if (below(c, n) < 2)
				vec_push(&net->claims, claim);
		}
	}
}

/* Some of it goes: a server's transit, or a few steps. */
static void
net_cut(struct case_net *c)
{
	const struct net *was = &c->before;
	struct net *is = &c->after;
	uint32_t drained = below(c, was->servers.n);
	bool steps = below(c, 2);

	*is = (struct net){ .parts = was->parts };
	for (size_t i = 0; i < was->servers.n; i++) {
		struct net_server s = was->servers.v[i];

		s.transit = s.transit && (steps || i != drained);
		vec_push(&is->servers, s);
	}
	for (size_t i = 0; i < was->steps.n; i++)
		if (!steps || below(c, 8) != 0)
			vec_push(&is->steps, was->steps.v[i]);
	for (size_t i = 0; i < was->claims.n; i++)
		vec_push(&is->claims, was->claims.v[i]);
}

/* One route after the other. */
static void
count_plainly(const struct case_net *c, struct severed *out, bool *named)
{
	struct routes *was = routes_new(&c->before, NULL);
	struct routes *is = routes_new(&c->after, NULL);
	bool *of_pattern = mem_new(0, was->npatterns + 1, sizeof(bool));
	struct routes_one a = { 0 }, b = { 0 };

	*named = out->routes == 0 && out->server == NULL;
	*out =
	    (struct severed){ .server = out->server, .pattern = out->pattern };
	for (uint32_t i = 0; i < c->before.servers.n; i++) {
		uint64_t routes = out->routes;

		if (!c->before.servers.v[i].present)
			continue;
		routes_stand(was, i);
		routes_stand(is, i);
		for (size_t p = 0; p < was->npatterns; p++) {
			routes_find(was, p, &a);
			routes_find(is, p, &b);
			if ((a.kind != ROUTES_REMOTE &&
				a.kind != ROUTES_HERE) ||
			    b.kind != ROUTES_NONE)
				continue;
			out->routes++;
			out->patterns += !of_pattern[p];
			of_pattern[p] = true;
			*named =
			    *named ||
			    (strcmp(out->server, c->before.servers.v[i].name) ==
				    0 &&
				strcmp(out->pattern, routes_text(was, p)) == 0);
		}
		out->servers += out->routes > routes;
	}
	routes_done(&a);
	routes_done(&b);
	mem_free(of_pattern);
	routes_free(was);
	routes_free(is);
}

START_TEST(as_routes_found_one_by_one)
{
	uint64_t cut = 0;

	for (uint64_t seed = 0; seed < NETS; seed++) {
		struct case_net c;
		struct severed found, plain;
		bool named;

		net_make(&c, seed);
		net_cut(&c);
		severed_find(&found, &c.before, &c.after);
		plain = found;
		count_plainly(&c, &plain, &named);
		ck_assert_msg(found.routes == plain.routes &&
				  found.servers == plain.servers &&
				  found.patterns == plain.patterns && named,
		    "seed %u: %u routes of %u servers to %u patterns, not "
		    "%u, %u, %u",
		    (unsigned)seed, (unsigned)found.routes, found.servers,
		    found.patterns, (unsigned)plain.routes, plain.servers,
		    plain.patterns);
		cut += found.routes > 0;
		net_done(&c.before);
		net_done(&c.after);
	}
	ck_assert_msg(cut > NETS / 10 && cut < NETS * 9 / 10,
	    "%u of %u nets lose something", (unsigned)cut, (unsigned)NETS);
}
END_TEST

/* We are a.x, between l.x and two others: of these r.x has a second way, which is
 * narrow. */
#define BETWEEN                                                                \
	"self a.x a;server a.x a nbr l.x,r.x,s.x;"                             \
	"server l.x l nbr a.x,r.x;server r.x r nbr a.x,l.x;"                   \
	"server s.x s nbr a.x;"                                                \
	"connector ar a.x r r.x=1+;connector as a.x s s.x=1+;"                 \
	"connector al a.x l l.x=1+;"                                           \
	"connector la l.x a a.x=1+;connector lr l.x r r.x=9+ size 1000;"       \
	"space r.x r.x;space s.x s.x"

static const struct {
	const char *connector, *bridgehead;
	unsigned whole, limited; /* routes */
	const char *server;      /* one of the limited */
} cuts[] = {
	{ NULL, NULL, 1, 2, "l.x" },
	{ "ar", NULL, 0, 2, "a.x" },
	{ "as", NULL, 2, 2, "a.x" },
	{ "as", "s.x", 2, 2, "a.x" },
	{ "as", "r.x", 0, 0, NULL },
	{ "al", NULL, 0, 0, NULL },
};

START_TEST(what_a_drain_cuts_off)
{
	struct view_severed found;
	struct world w;
	struct view *view;

	world_init(&w);
	world_say(&w, BETWEEN);
	view = view_new(&w.in);
	view_severed(view, cuts[_i].connector, cuts[_i].bridgehead, &found);
	ck_assert_uint_eq(found.whole.routes, cuts[_i].whole);
	ck_assert_uint_eq(found.limited.routes, cuts[_i].limited);
	if (cuts[_i].server == NULL)
		ck_assert_ptr_null(found.limited.server);
	else
		ck_assert_str_eq(found.limited.server, cuts[_i].server);
	view_free(view);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("severed");
	TCase *tc = tcase_create("severed");

	tcase_add_test(tc, as_routes_found_one_by_one);
	tcase_add_loop_test(tc, what_a_drain_cuts_off, 0,
	    (int)(sizeof(cuts) / sizeof(cuts[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
