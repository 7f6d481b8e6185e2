/*
 * bench_flood.c - from an LSA in to the LSA out, one line a figure of the sizes
 * that are named, 1000 and 10 000 where none is: servers, LSAs
 * in the database, sessions it goes out by, and the wall time of the step that
 * takes its octets and gives them to the transport: median, 99 % and worst, in
 * microseconds. The signature is a cheap one.
 *
 * Between two of them the table is computed, as between any two: what the step
 * reads is in no cache.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/rc.h"
#include "core/node/node.h"
#include "t/core/insider.h"
#include "t/core/ring.h"

#define OUT 4
#define RUNS 300

static double
wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
time_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What the ring says goes into the engine's database. */
static void
ring_hear(struct insider *f, int servers)
{
	struct world w;

	ring_world(&w, servers);
	for (struct lsa *l = lsdb_first(&w.db); l != NULL; l = lsdb_next(l)) {
		struct lsa *heard;

		CHECK(
		    lsa_decode(l->octets, l->len, &f->crypto, &heard) == RC_OK);
		lsdb_install(&f->engine->db, heard);
	}
	world_done(&w);
}

/* Its time, from the octets of the message to those of all others'. */
static double
once(struct insider *f, uint32_t cost)
{
	uint64_t sent = f->sent;
	double us;

	f->ms += 1800; /* what is computed is due, and no peer is silent yet */
	insider_step(f, (struct input){ .kind = IN_TICK });
	us = wall_us();
	insider_connector(f, "link", cost, true);
	us = wall_us() - us;
	CHECK(f->sent >= sent + OUT);
	for (uint32_t who = 1; who < 2 + OUT; who++)
		insider_step(
		    f, (struct input){ .kind = IN_DRAINED, .who = who });
	return us;
}

static void
measure(int servers)
{
	static double us[RUNS];
	struct insider f;

	insider_begin(&f);
	for (uint32_t who = 2; who < 2 + OUT; who++)
		insider_join(&f, who);
	ring_hear(&f, servers);
	f.setup.mta.none = true;
	insider_ticks(&f, 11000);
	for (uint32_t i = 0; i < RUNS; i++)
		us[i] = once(&f, 1 + i);
	qsort(us, RUNS, sizeof(us[0]), time_order);
	printf("flood    servers=%d lsas=%zu out=%d median=%.1f 99%%=%.1f "
	       "worst=%.1f us\n",
	    servers, lsdb_count(&f.engine->db), OUT, us[RUNS / 2],
	    us[RUNS * 99 / 100], us[RUNS - 1]);
	engine_free(f.engine);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		measure(atoi(argv[i]));
	for (int servers = 1000; argc < 2 && servers <= 10000; servers *= 10)
		measure(servers);
	return 0;
}
