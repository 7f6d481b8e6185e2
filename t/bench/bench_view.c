/*
 * bench_view.c - time from the database to the table, one line a figure:
 * what, servers, routes, then milliseconds of CPU (median of 9) for the view, for
 * the table, for both, and for what a drain of ours would cut off.
 *
 * Servers stand in a ring with chords (degree 4), one routing group each,
 * one connector a link and direction and one address space each. The others:
 * `alone` has lost every adjacency of ours, `half` those of every second
 * server, `deaf` every connector of ours though all are present; `group` is
 * one routing group, `quarrel` one whose members disagree about each other.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "t/core/cpu.h"
#include "t/core/world.h"

#define RUNS 9

enum shape { RING, ALONE, HALF, DEAF, GROUP, QUARREL };

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
ring_say(struct world *w, int i, int n, enum shape shape)
{
	int to[4] = { (i + 1) % n, (i + n - 1) % n, (i + n / 3) % n,
		(i + n - n / 3) % n };
	bool mute = (shape == ALONE && i == 0) || (shape == HALF && i % 2 == 1);
	struct buf out = { 0 };
	char *said;

	qsort(to, 4, sizeof(to[0]), by_number);
	buf_printf(&out, "server s%06d.x g%06d", i, i);
	for (int k = 0; k < 4 && !mute; k++)
		buf_printf(&out, "%ss%06d.x", k == 0 ? " nbr " : ",", to[k]);
	for (int k = 0; k < 4; k++)
		buf_printf(&out,
		    ";connector c%06d-%06d s%06d.x g%06d "
		    "s%06d.x=%d%s",
		    i, to[k], i, to[k], to[k], 1 + (i * 7 + to[k] * 13) % 90,
		    shape == DEAF && i == 0 ? "-" : "+");
	buf_printf(&out, ";space d%06d.x s%06d.x", i, i);
	said = buf_string(&out);
	world_say(w, said);
	mem_free(said);
}

/* Each holds 8 sessions and probes those 8 neighbours. */
static void
group_say(struct world *w, int i, int n, enum shape shape)
{
	int to[8];
	struct buf out = { 0 };
	char *said;

	for (int k = 0; k < 4; k++) {
		to[k] = (i + 1 + 3 * k) % n;
		to[4 + k] = (i + n - 1 - 3 * k) % n;
	}
	qsort(to, 8, sizeof(to[0]), by_number);
	buf_printf(&out, "server s%06d.x g", i);
	for (int k = 0; k < 8; k++)
		buf_printf(&out, "%ss%06d.x", k == 0 ? " nbr " : ",", to[k]);
	for (int k = 0; k < 8; k += 2)
		buf_printf(&out, "%ss%06d.x", k == 0 ? " up " : ",", to[k]);
	for (int k = 1; k < 8; k += 2)
		buf_printf(&out, "%ss%06d.x",
		    k > 1              ? ","
		    : shape == QUARREL ? " down "
				       : ",",
		    to[k]);
	buf_printf(&out, ";space d%06d.x s%06d.x", i, i);
	said = buf_string(&out);
	world_say(w, said);
	mem_free(said);
}

/* And what a drain of ours would cut off (view_severed). */
static size_t
once(struct world *w, double *view_ms, double *rib_ms, double *drain_ms)
{
	struct view_severed severed;
	struct view_pending pending = { 0 };
	double start = cpu_ms(), middle;
	struct view *view = view_new(&w->in);
	struct rib *rib;
	size_t n;

	middle = cpu_ms();
	rib = view_rib(view, NULL, &pending);
	*rib_ms = cpu_ms() - middle;
	*view_ms = middle - start;
	middle = cpu_ms();
	view_severed(view, NULL, NULL, &severed);
	*drain_ms = cpu_ms() - middle;
	n = rib->n;
	rib_free(rib);
	view_free(view);
	view_pending_done(&pending);
	return n;
}

static void
measure(const char *what, int n, enum shape shape)
{
	double view[RUNS], rib[RUNS], both[RUNS], drain[RUNS];
	size_t routes = 0;
	struct world w;

	world_init(&w);
	world_say(
	    &w, shape >= GROUP ? "self s000000.x g" : "self s000000.x g000000");
	for (int i = 0; i < n; i++)
		if (shape >= GROUP)
			group_say(&w, i, n, shape);
		else
			ring_say(&w, i, n, shape);
	for (int i = 0; i < RUNS; i++) {
		routes = once(&w, &view[i], &rib[i], &drain[i]);
		both[i] = view[i] + rib[i];
	}
	printf("%-8s servers=%d routes=%zu view=%.2f table=%.2f both=%.2f "
	       "drain=%.2f ms\n",
	    what, n, routes, cpu_median(view, RUNS), cpu_median(rib, RUNS),
	    cpu_median(both, RUNS), cpu_median(drain, RUNS));
	world_done(&w);
}

int
main(void)
{
	measure("ring", 1000, RING);
	measure("ring", 10000, RING);
	measure("alone", 10000, ALONE);
	measure("half", 10000, HALF);
	measure("deaf", 10000, DEAF);
	measure("group", 500, GROUP);
	measure("quarrel", 500, QUARREL);
	return 0;
}
