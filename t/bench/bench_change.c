/*
 * bench_change.c - CPU time from one change of the database to the table's
 * difference, one line a size: median, 99 % and worst of 1000 random changes
 * (of a link at one end, a cost, a congestion, a server's state, a space), and
 * the median of each kind, in milliseconds. With the word `whole` everything
 * is read anew each time, as it is at a start.
 *
 * Servers stand in a ring with chords (degree 4), one routing group each, one
 * connector a link and direction and one address space each. What an LSA
 * costs before it is installed is not counted.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "t/core/cpu.h"
#include "t/core/world.h"

#define CHANGES 1000
#define DEGREE 4

enum kind { LINK, COST, CONGESTION, SERVER, SPACE, KINDS };

static const char *const kind_words[KINDS] = { "link", "cost", "congestion",
	"server", "space" };

struct at {
	bool drain, cut[DEGREE];
	int extra[DEGREE], congestion[DEGREE], space;
};

struct ring_net {
	struct world world;
	struct news news;
	struct rng rng;
	struct at *at;
	int n;
	struct view *view;
	struct view_pending pending;
	struct rib *rib;
	bool whole;
};

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
neighbours(const struct ring_net *r, int i, int to[DEGREE])
{
	int n = r->n;

	to[0] = (i + 1) % n;
	to[1] = (i + n - 1) % n;
	to[2] = (i + n / 3) % n;
	to[3] = (i + n - n / 3) % n;
	qsort(to, DEGREE, sizeof(to[0]), by_number);
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
	const char *between = " nbr ";
	struct buf out = { 0 };
	int to[DEGREE];

	neighbours(r, i, to);
	buf_printf(&out, "server s%06d.x g%06d", i, i);
	for (int k = 0; k < DEGREE; k++)
		if (!r->at[i].cut[k]) {
			buf_printf(&out, "%ss%06d.x", between, to[k]);
			between = ",";
		}
	buf_text(&out, r->at[i].drain ? " drain" : "");
	say_out(r, &out);
}

static void
connector_say(struct ring_net *r, int i, int k)
{
	const struct at *at = &r->at[i];
	struct buf out = { 0 };
	int to[DEGREE];

	neighbours(r, i, to);
	buf_printf(&out,
	    "connector c%06d-%06d s%06d.x g%06d s%06d.x=%d%s cong %d", i, to[k],
	    i, to[k], to[k], 1 + (i * 7 + to[k] * 13) % 90 + at->extra[k],
	    at->cut[k] ? "-" : "+", at->congestion[k]);
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
	int i = (int)rng_below(&r->rng, (uint64_t)r->n);
	int k = (int)rng_below(&r->rng, DEGREE);
	struct at *at = &r->at[i];

	if (kind == LINK)
		at->cut[k] = !at->cut[k];
	else if (kind == COST)
		at->extra[k] = (int)rng_below(&r->rng, 30);
	else if (kind == CONGESTION)
		at->congestion[k] = (at->congestion[k] + 1) % 4;
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
	double start = cpu_ms();
	struct rib *rib;

	if (r->whole) {
		view_free(r->view);
		r->view = NULL;
	}
	r->view = view_renew(r->view, &r->world.in, &r->news);
	news_clear(&r->news);
	rib = view_rib(r->view, r->rib, &r->pending);
	rib_diff(r->rib, rib, NULL, NULL);
	rib_free(r->rib);
	r->rib = rib;
	return cpu_ms() - start;
}

static void
ring_begin(struct ring_net *r, int n, bool whole)
{
	memset(r, 0, sizeof(*r));
	world_init(&r->world);
	r->n = n;
	r->whole = whole;
	r->at = mem_new(0, (size_t)n, sizeof(*r->at));
	r->world.db.news = &r->news;
	world_say(&r->world, "self s000000.x g000000");
	for (int i = 0; i < n; i++) {
		server_say(r, i);
		for (int k = 0; k < DEGREE; k++)
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
	world_done(&r->world);
	news_done(&r->news);
	mem_free(r->at);
}

static void
measure(int n, bool whole)
{
	double all[CHANGES], each[KINDS][CHANGES];
	size_t of[KINDS] = { 0 };
	struct ring_net r;

	ring_begin(&r, n, whole);
	for (size_t i = 0; i < CHANGES; i++) {
		enum kind kind = (enum kind)rng_below(&r.rng, KINDS);

		change(&r, kind);
		all[i] = each[kind][of[kind]] = follow(&r);
		of[kind]++;
	}
	printf("servers=%d median=%.3f", n, cpu_median(all, CHANGES));
	printf(" 99%%=%.3f worst=%.3f ms;", all[CHANGES * 99 / 100],
	    all[CHANGES - 1]);
	for (int k = 0; k < KINDS; k++)
		printf(" %s=%.3f", kind_words[k], cpu_median(each[k], of[k]));
	printf("\n");
	fflush(stdout);
	ring_end(&r);
}

int
main(int argc, char **argv)
{
	bool whole = argc > 1 && strcmp(argv[1], "whole") == 0;

	measure(100, whole);
	measure(1000, whole);
	measure(10000, whole);
	return 0;
}
