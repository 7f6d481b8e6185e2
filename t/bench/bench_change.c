/*
 * bench_change.c - CPU time from one change of the database to the table's
 * difference, one line a net: median, 99 % and worst of random changes
 * (of a link at one end, a cost, a congestion, a server's state, a space), and
 * the median of each kind, in milliseconds.
 *
 *     bench_change [whole] [changes=N] [[mesh:]SERVERS[:DEGREE]|hub:SERVERS]...
 *
 * 1000 changes of nets of 100, 1000 and 10 000 servers, degree 4, where nothing
 * is said. With `whole` everything is read anew each time, as it is at a start.
 *
 * Servers stand in a ring with chords, or (mesh) with chords that lead
 * anywhere, or all around the first, the hub; one routing group each, one
 * connector a link and direction and one address space each. We are the first.
 * What an LSA costs before it is installed is not counted.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "t/core/cpu.h"
#include "t/core/world.h"

#define CHANGES 1000
#define DEGREE_MOST 8

enum kind { LINK, COST, CONGESTION, SERVER, SPACE, KINDS };

static const char *const kind_words[KINDS] = { "link", "cost", "congestion",
	"server", "space" };

/* What a server says of a link of its own. */
struct way {
	int to, extra, congestion;
	bool cut;
};

struct at {
	struct way *ways;
	int degree, space;
	bool drain;
};

struct ring_net {
	struct world world;
	struct news news;
	struct rng rng;
	struct at *at;
	int n;
	struct view *view;
	struct view_pending pending;
	struct fresh fresh;
	struct rib_changes changes;
	struct rib *rib;
	bool whole;
};

static int
by_number(const void *a, const void *b)
{
	return ((const struct way *)a)->to - ((const struct way *)b)->to;
}

static void
ring_ways(struct ring_net *r, int i, int degree)
{
	static const int part[DEGREE_MOST / 2] = { 0, 3, 5, 7 };
	struct at *at = &r->at[i];

	at->degree = degree;
	at->ways = mem_new(0, (size_t)degree, sizeof(*at->ways));
	for (int k = 0; k < degree; k++) {
		int far = k < 2 ? 1 : r->n / part[k / 2];

		at->ways[k].to = (k % 2 == 0 ? i + far : i + r->n - far) % r->n;
	}
	qsort(at->ways, (size_t)degree, sizeof(*at->ways), by_number);
}

static bool
is_chord(const struct ring_net *r, const int *order, int i, int k)
{
	const struct at *at = &r->at[order[i]];

	for (int j = 0; j < k; j++)
		if (at->ways[j].to == order[(i + 1) % r->n])
			return false;
	return true;
}

/* All of them in any order, in which nobody follows whom he has a link to. */
static void
order_draw(struct ring_net *r, int *order, int k)
{
	int ok = 0;

	while (ok < r->n) {
		for (int i = r->n - 1; i > 0; i--) {
			int j = (int)rng_below(&r->rng, (uint64_t)i + 1);
			int was = order[i];

			order[i] = order[j];
			order[j] = was;
		}
		for (ok = 0; ok < r->n && is_chord(r, order, ok, k); ok++)
			;
	}
}

/* Chords that lead anywhere: few hops to everybody, as in a real network. */
static void
mesh_ways(struct ring_net *r, int degree)
{
	int n = r->n, *order = mem_new(0, (size_t)n, sizeof(*order));

	for (int i = 0; i < n; i++) {
		ring_ways(r, i, degree);
		r->at[i].ways[0].to = (i + 1) % n;
		r->at[i].ways[1].to = (i + n - 1) % n;
		order[i] = i;
	}
	for (int k = 2; k < degree; k += 2) {
		order_draw(r, order, k);
		for (int i = 0; i < n; i++) {
			int next = order[(i + 1) % n];

			r->at[order[i]].ways[k].to = next;
			r->at[next].ways[k + 1].to = order[i];
		}
	}
	for (int i = 0; i < n; i++)
		qsort(r->at[i].ways, (size_t)degree, sizeof(*r->at[i].ways),
		    by_number);
	mem_free(order);
}

static void
hub_ways(struct ring_net *r, int i)
{
	struct at *at = &r->at[i];

	at->degree = i == 0 ? r->n - 1 : 1;
	at->ways = mem_new(0, (size_t)at->degree, sizeof(*at->ways));
	for (int k = 0; k < at->degree; k++)
		at->ways[k].to = i == 0 ? k + 1 : 0;
}

static void
say_out(struct ring_net *r, struct buf *out)
{
	char *text = buf_string(out);

	world_say(&r->world, text);
	mem_free(text);
}

static void
server_say(struct ring_net *r, int i)
{
	const struct at *at = &r->at[i];
	const char *between = " nbr ";
	struct buf out = { 0 };

	buf_printf(&out, "server s%06d.x g%06d", i, i);
	for (int k = 0; k < at->degree; k++)
		if (!at->ways[k].cut) {
			buf_printf(&out, "%ss%06d.x", between, at->ways[k].to);
			between = ",";
		}
	buf_printf(&out, " at 10.%d.%d.%d:25", i >> 16, i >> 8 & 255, i & 255);
	buf_text(&out, at->drain ? " drain" : "");
	say_out(r, &out);
}

static void
connector_say(struct ring_net *r, int i, int k)
{
	const struct way *way = &r->at[i].ways[k];
	struct buf out = { 0 };
	int to = way->to;

	buf_printf(&out,
	    "connector c%06d-%06d s%06d.x g%06d s%06d.x=%d%s cong %d", i, to, i,
	    to, to, 1 + (i * 7 + to * 13) % 90 + way->extra,
	    way->cut ? "-" : "+", way->congestion);
	say_out(r, &out);
}

static void
space_say(struct ring_net *r, int i)
{
	struct buf out = { 0 };

	buf_printf(&out, "space d%06d.x s%06d.x cost %d", i, i, r->at[i].space);
	say_out(r, &out);
}

static void
change(struct ring_net *r, enum kind kind)
{
	bool hub = r->at[0].degree > DEGREE_MOST && rng_below(&r->rng, 2) == 0;
	int i = hub ? 0 : (int)rng_below(&r->rng, (uint64_t)r->n);
	struct at *at = &r->at[i];
	int k = (int)rng_below(&r->rng, (uint64_t)at->degree);

	if (kind == LINK)
		at->ways[k].cut = !at->ways[k].cut;
	else if (kind == COST)
		at->ways[k].extra = (int)rng_below(&r->rng, 30);
	else if (kind == CONGESTION)
		at->ways[k].congestion = (at->ways[k].congestion + 1) % 4;
	else if (kind == SERVER)
		at->drain = !at->drain;
	else
		at->space++;
	if (kind == LINK || kind == SERVER)
		server_say(r, i);
	if (kind <= CONGESTION)
		connector_say(r, i, k);
	if (kind == SPACE)
		space_say(r, i);
}

static double
follow(struct ring_net *r)
{
	struct view_table table = { .rib = &r->rib,
		.pending = &r->pending,
		.fresh = &r->fresh,
		.changes = &r->changes };
	double start = cpu_ms();

	if (r->whole) {
		view_free(r->view);
		r->view = NULL;
	}
	r->view = view_renew(r->view, &r->world.in, &r->news);
	news_clear(&r->news);
	view_table(r->view, &table);
	view_settle(r->view);
	return cpu_ms() - start;
}

/* degree 0: a hub. */
static void
ring_begin(struct ring_net *r, int n, int degree, bool whole, bool mesh)
{
	memset(r, 0, sizeof(*r));
	world_init(&r->world);
	r->n = n;
	r->whole = whole;
	r->at = mem_new(0, (size_t)n, sizeof(*r->at));
	r->world.db.news = &r->news;
	world_say(&r->world, "self s000000.x g000000");
	if (mesh)
		mesh_ways(r, degree);
	for (int i = 0; i < n; i++) {
		if (degree == 0)
			hub_ways(r, i);
		else if (!mesh)
			ring_ways(r, i, degree);
		server_say(r, i);
		for (int k = 0; k < r->at[i].degree; k++)
			connector_say(r, i, k);
		space_say(r, i);
	}
	follow(r);
}

static void
ring_end(struct ring_net *r)
{
	view_free(r->view);
	rib_free(r->rib);
	view_pending_done(&r->pending);
	fresh_done(&r->fresh);
	rib_changes_done(&r->changes);
	world_done(&r->world);
	news_done(&r->news);
	for (int i = 0; i < r->n; i++)
		mem_free(r->at[i].ways);
	mem_free(r->at);
}

static void
measure(int n, int degree, bool whole, bool mesh, size_t changes)
{
	static double all[CHANGES], each[KINDS][CHANGES];
	size_t of[KINDS] = { 0 };
	struct ring_net r;

	ring_begin(&r, n, degree, whole, mesh);
	for (size_t i = 0; i < changes; i++) {
		enum kind kind = (enum kind)rng_below(&r.rng, KINDS);

		change(&r, kind);
		all[i] = each[kind][of[kind]] = follow(&r);
		of[kind]++;
	}
	printf("change   %s servers=%d degree=%d median=%.3f",
	    degree == 0 ? "hub"
	    : mesh      ? "mesh"
			: "ring",
	    n, degree == 0 ? n - 1 : degree, cpu_median(all, changes));
	printf(" 99%%=%.3f worst=%.3f ms;", all[changes * 99 / 100],
	    all[changes - 1]);
	for (int k = 0; k < KINDS; k++)
		if (of[k] > 0)
			printf(" %s=%.3f", kind_words[k],
			    cpu_median(each[k], of[k]));
	printf("\n");
	fflush(stdout);
	ring_end(&r);
}

/* [mesh:]SERVERS[:DEGREE] or hub:SERVERS; false: it is something else. */
static bool
measure_net(const char *word, bool whole, size_t changes)
{
	bool hub = strncmp(word, "hub:", 4) == 0;
	bool mesh = strncmp(word, "mesh:", 5) == 0;
	int degree = 4, n = 0;

	if (hub)
		degree = 0;
	if (sscanf(hub    ? word + 4
		   : mesh ? word + 5
			  : word,
		"%d:%d", &n, &degree) < 1 ||
	    n < 20 || degree < 0 || degree > DEGREE_MOST || degree % 2 != 0)
		return false;
	measure(n, degree, whole, mesh, changes);
	return true;
}

int
main(int argc, char **argv)
{
	size_t changes = CHANGES, nets = 0;
	bool whole = false;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "whole") == 0)
			whole = true;
		else if (sscanf(argv[i], "changes=%zu", &changes) == 1 &&
			 changes > 0 && changes <= CHANGES)
			continue;
		else if (measure_net(argv[i], whole, changes))
			nets++;
		else
			return fprintf(stderr,
				   "usage: bench_change [whole] [changes=N] "
				   "[[mesh:]SERVERS[:DEGREE]|hub:SERVERS]..."
				   "\n"),
			       2;
	for (int n = 100; nets == 0 && n <= 10000; n *= 10)
		measure(n, 4, whole, false, changes);
	return 0;
}
