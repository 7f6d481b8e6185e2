/* test_judge.c - what a net can afford to lose: judge.h and joints.h, against
 * all of it counted plainly, in nets drawn from seeds. */

#include "core/paths/judge.h"

#include <string.h>

#include "base/mem.h"
#include "core/paths/graph.h"
#include "core/paths/joints.h"
#include "t/core/plain.h"
#include "t/tap.h"

#define NETS 200
#define FAILURES 4

/* --- the two beside each other ------------------------------------------------- */

#define AGREE(a, b)                                                            \
	ck_assert_msg((a) == (b), "seed %u: %s is %u, not %u", (unsigned)seed, \
	    #a, (unsigned)(a), (unsigned)(b))

static uint32_t
count_of(const struct judge_count *v, size_t n, uint32_t which)
{
	uint32_t found = 0;

	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_gt(v[i].n, 0);
		ck_assert(i == 0 || v[i - 1].which < v[i].which);
		if (v[i].which == which)
			found = v[i].n;
	}
	return found;
}

/* The loads of all links, and what `v` says of those that have more. */
static void
loads_agree(uint64_t seed, const struct judge *j, const struct plain *was,
    const struct plain *is, const struct judge_verdict *v)
{
	size_t n, at = 0, found = 0, more = 0;
	const struct judge_link *links = judge_links(j, &n);

	for (uint32_t a = 0; a < was->net->servers.n; a++)
		for (uint32_t b = 0; b < was->net->servers.n; b++) {
			if (was->weight[a][b] == 0)
				continue;
			ck_assert_uint_lt(at, n);
			AGREE(links[at].from, a);
			AGREE(links[at].to, b);
			AGREE(links[at].load, was->load[a][b]);
			if (is->load[a][b] > was->load[a][b]) {
				more++;
				ck_assert_uint_lt(found, v->links.n);
				AGREE(v->links.v[found].link, at);
				AGREE(v->links.v[found].load, is->load[a][b]);
				found++;
			}
			at++;
		}
	AGREE(n, at);
	AGREE(v->links.n, more);
}

/* What is counted of a failure. */
struct plain_count {
	uint64_t moved, cut, lost;
	uint32_t cuts[PLAIN_PATTERNS], losses[PLAIN_PATTERNS];
	uint64_t set[(PLAIN_SERVERS * PLAIN_PATTERNS + 63) / 64];
};

/* What the routes of one server have become. */
static void
sender_count(const struct plain *was, const struct plain *is, uint32_t s,
    struct plain_count *sum)
{
	for (uint32_t p = 0; p < was->npatterns; p++) {
		size_t bit = (size_t)s * was->npatterns + p;

		if (was->chosen[s][p] == PLAIN_NONE || !is->is[s])
			continue;
		if (is->chosen[s][p] != PLAIN_NONE) {
			sum->moved += plain_moved(was, is, s, p);
			continue;
		}
		sum->set[bit / 64] |= UINT64_C(1) << bit % 64;
		*(is->here[s][p] ? &sum->cut : &sum->lost) += 1;
		(is->here[s][p] ? sum->cuts : sum->losses)[p]++;
	}
}

static void
verdict_agrees(uint64_t seed, const struct judge *j, const struct plain *was,
    const struct plain *is, const struct judge_verdict *v)
{
	struct plain_count sum = { 0 };

	for (uint32_t s = 0; s < was->net->servers.n; s++) {
		uint64_t before = sum.cut;

		sender_count(was, is, s, &sum);
		AGREE(
		    count_of(v->servers.v, v->servers.n, s), sum.cut - before);
	}
	AGREE(v->moved, sum.moved);
	AGREE(v->cut, sum.cut);
	AGREE(v->lost, sum.lost);
	for (uint32_t p = 0; p < was->npatterns; p++) {
		AGREE(count_of(v->patterns.v, v->patterns.n, p), sum.cuts[p]);
		AGREE(count_of(v->gone.v, v->gone.n, p), sum.losses[p]);
	}
	for (size_t i = 0; v->set != NULL && i < judge_words(j); i++)
		AGREE(v->set[i], sum.set[i]);
	loads_agree(seed, j, was, is, v);
}

/* What has no way as it is. */
static void
now_agrees(uint64_t seed, struct judge *j, const struct plain *is)
{
	struct judge_verdict v = { 0 };
	uint64_t routes = 0, cut = 0;
	uint32_t of[PLAIN_PATTERNS] = { 0 };

	judge_now(j, &v);
	for (uint32_t s = 0; s < is->net->servers.n; s++) {
		uint64_t before = cut;

		for (uint32_t p = 0; p < is->npatterns && is->is[s]; p++) {
			bool exists = false;

			for (uint32_t k = is->first[p]; k < is->first[p + 1];
			     k++)
				exists = exists || plain_exists(is, s,
						       &is->net->claims.v[k]);
			routes += exists;
			exists = exists && is->chosen[s][p] == PLAIN_NONE;
			cut += exists;
			of[p] += exists;
		}
		AGREE(count_of(v.servers.v, v.servers.n, s), cut - before);
	}
	for (uint32_t p = 0; p < is->npatterns; p++)
		AGREE(count_of(v.patterns.v, v.patterns.n, p), of[p]);
	AGREE(judge_routes(j), routes);
	AGREE(v.cut, cut);
	AGREE(v.moved + v.lost + v.links.n + v.gone.n, 0);
	judge_verdict_done(&v);
}

static void
failures_agree(struct plain_net *p, uint64_t seed, struct judge *j)
{
	struct judge_failure f[FAILURES] = { 0 };
	const struct judge_failure *some[FAILURES];
	struct judge_verdict v[FAILURES] = { 0 }, alone = { 0 };
	struct plain *was = plain_new(&p->net, NULL);

	alone.set = mem_new(0, judge_words(j), sizeof(*alone.set));
	now_agrees(seed, j, was);
	for (size_t i = 0; i < FAILURES; i++) {
		plain_fail(p, &f[i]);
		some[i] = &f[i];
	}
	judge_failures(j, some, FAILURES, v);
	for (size_t i = 0; i < FAILURES; i++) {
		struct plain *is = plain_new(&p->net, &f[i]);

		verdict_agrees(seed, j, was, is, &v[i]);
		judge_failure(j, &f[i], &alone);
		verdict_agrees(seed, j, was, is, &alone);
		mem_free(is);
		judge_verdict_done(&v[i]);
		vec_done(&f[i].servers);
		vec_done(&f[i].steps);
	}
	judge_verdict_done(&alone);
	mem_free(alone.set);
	mem_free(was);
}

START_TEST(failures_are_as_counted_plainly)
{
	for (uint64_t seed = 0; seed < NETS; seed++) {
		struct plain_net p;
		struct judge *j;
		size_t cells;

		plain_draw(&p, seed);
		j = judge_new(&p.net);
		cells = p.net.servers.n * judge_patterns(j);
		AGREE(judge_words(j), cells / 64 + (cells % 64 > 0));
		for (uint32_t i = 0; i < judge_patterns(j); i++)
			ck_assert(i == 0 || strcmp(judge_pattern(j, i - 1),
						judge_pattern(j, i)) < 0);
		failures_agree(&p, seed, j);
		judge_free(j);
		net_done(&p.net);
	}
}
END_TEST

START_TEST(what_is_too_large_is_not_judged)
{
	struct net net = { 0 };

	for (uint32_t i = 0; i < 4097; i++)
		vec_push(&net.servers, ((struct net_server){ .name = "" }));
	ck_assert_ptr_null(judge_new(&net));
	judge_free(NULL);
	net_done(&net);
}
END_TEST

/* --- joints -------------------------------------------------------------------- */

/* Pieces that hold together some server that is there. */
static uint32_t
pieces_of(const struct plain *p)
{
	uint32_t piece[PLAIN_NODES], found = 0;
	bool again = true;

	for (uint32_t v = 0; v < p->nodes; v++)
		piece[v] = v;
	while (again) {
		again = false;
		for (uint32_t u = 0; u < p->nodes; u++)
			for (uint32_t v = 0; v < p->nodes; v++)
				if ((p->weight[u][v] != 0 ||
					p->weight[v][u] != 0) &&
				    piece[u] < piece[v]) {
					piece[v] = piece[u];
					again = true;
				}
	}
	for (uint32_t v = 0; v < p->net->servers.n; v++)
		found += p->is[v] && piece[v] == v;
	return found;
}

/* Whether what two servers have between them holds two pieces together; *inside:
 * by the part that they have alone. */
static bool
is_bridge(const struct plain *p, uint32_t a, uint32_t b, bool *inside)
{
	struct plain *less = mem_dup(p, sizeof(*p));
	uint32_t pieces;

	*inside = false;
	for (uint32_t part = (uint32_t)p->net->servers.n; part < p->nodes;
	     part++) {
		uint32_t members = 0;

		for (uint32_t v = 0; v < p->net->servers.n; v++)
			members += p->weight[part][v] != 0;
		if (members != 2 || p->weight[part][a] == 0 ||
		    p->weight[part][b] == 0)
			continue;
		*inside = true;
		less->weight[a][part] = less->weight[part][a] = 0;
		less->weight[b][part] = less->weight[part][b] = 0;
	}
	if (p->weight[a][b] != 0 || p->weight[b][a] != 0) {
		if (*inside) { /* joined twice */
			mem_free(less);
			return false;
		}
		less->weight[a][b] = less->weight[b][a] = 0;
	}
	pieces = pieces_of(less);
	mem_free(less);
	return pieces > pieces_of(p);
}

/* Whether more pieces are left without this server than there are with it. */
static bool
is_joint(const struct net *net, const struct plain *whole, uint32_t server)
{
	struct judge_failure f = { 0 };
	struct plain *less;
	bool is;

	vec_push(&f.servers, server);
	less = plain_new(net, &f);
	is = pieces_of(less) > pieces_of(whole);
	vec_done(&f.servers);
	mem_free(less);
	return is;
}

static void
joints_agree(uint64_t seed, const struct plain_net *p, struct joints *found)
{
	struct plain *plain = plain_new(&p->net, NULL);
	uint32_t n = (uint32_t)p->net.servers.n, at = 0, bridge = 0;
	bool inside;

	for (uint32_t a = 0; a < n; a++) {
		if (plain->is[a] && is_joint(&p->net, plain, a)) {
			ck_assert_uint_lt(at, found->servers.n);
			AGREE(found->servers.v[at], a);
			at++;
		}
		for (uint32_t b = a + 1; b < n; b++) {
			if (!is_bridge(plain, a, b, &inside))
				continue;
			ck_assert_uint_lt(bridge, found->bridges.n);
			AGREE(found->bridges.v[bridge].a, a);
			AGREE(found->bridges.v[bridge].b, b);
			AGREE(found->bridges.v[bridge].inside, inside);
			bridge++;
		}
	}
	AGREE(found->servers.n, at);
	AGREE(found->bridges.n, bridge);
	mem_free(plain);
}

START_TEST(joints_hold_pieces_together)
{
	struct joints found = { 0 };

	for (uint64_t seed = 0; seed < NETS; seed++) {
		struct plain_net p;
		struct graph *graph;

		plain_draw(&p, seed);
		if (p.net.servers.n <= PLAIN_SERVERS / 4) {
			graph = graph_new(&p.net, NULL, NULL);
			joints_find(&found, graph);
			joints_agree(seed, &p, &found);
			graph_free(graph);
		}
		net_done(&p.net);
	}
	joints_done(&found);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tc = tcase_create("judge");

	tcase_add_test(tc, failures_are_as_counted_plainly);
	tcase_add_test(tc, what_is_too_large_is_not_judged);
	tcase_add_test(tc, joints_hold_pieces_together);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
