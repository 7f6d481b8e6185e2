/*
 * bench_admit.c - what a message costs the milter that some connector does
 * not admit, one line a figure: what, servers, recipients, then milliseconds
 * of CPU (median of 5) until all are judged.
 *
 * The ring of bench_view.c; each third connector admits 1 MB. Recipients are
 * of as many patterns. `plain` is a message that all admit; `insider` one of
 * which a single server's connectors, as many as it may have, ask who sends.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/admit.h"
#include "core/trace/view_annex.h"
#include "t/core/world.h"

#define RUNS 5
#define NEAR 20 /* connectors of ours */
#define MOST_BRIDGEHEADS 64
#define MOST_SENDERS 64
#define CONNECTORS 480 /* of 2 kB */

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
say(struct world *w, struct buf *out)
{
	char *said = buf_string(out);

	world_say(w, said);
	mem_free(said);
}

/* Adjacent are those next to each other; connectors lead to four others, so
 * that everybody is a few hops away. */
static void
server_say(struct world *w, int i, int n)
{
	int next = (i + 1) % n, last = (i + n - 1) % n;
	struct buf out = { 0 };

	buf_printf(&out, "server s%06d.x g%06d nbr s%06d.x,s%06d.x%s", i, i,
	    next < last ? next : last, next < last ? last : next,
	    i == 0 ? ",t.x" : "");
	for (int k = 0; k < (i == 0 ? NEAR : 4); k++) {
		int to = (int)((4L * i + k) % n);

		if (to == i)
			continue;
		buf_printf(&out,
		    ";connector c%d s%06d.x g%06d s%06d.x=%d+@10.9.%d.%d:25%s",
		    k, i, to, to, 1 + (i * 7 + to * 13) % 90, k, 1 + i % 200,
		    i % 3 == 0 && k % 3 == 0 ? " size 1000000" : "");
	}
	buf_printf(&out, ";space d%06d.x s%06d.x", i, i);
	say(w, &out);
}

/* One connector of the insider's, that asks who sends. */
static void
connector_say(struct world *w, int c, int n)
{
	char name[16], text[MOST_BRIDGEHEADS + MOST_SENDERS][16];
	char *deny[MOST_SENDERS], group[] = "g000000";
	struct lsa_bridgehead to[MOST_BRIDGEHEADS];
	struct lsa_connector said = { .group = group,
		.bridgeheads = to,
		.nbridgeheads = MOST_BRIDGEHEADS,
		.policy = { .deny = deny, .ndeny = MOST_SENDERS } };
	struct lsa_key key = { "t.x", name, LSA_CONNECTOR };
	struct buf body = { 0 };
	int first = c * MOST_BRIDGEHEADS % (n - MOST_BRIDGEHEADS);

	snprintf(name, sizeof(name), "c%03d", c);
	for (int i = 0; i < MOST_BRIDGEHEADS; i++) {
		snprintf(text[i], sizeof(text[i]), "s%06d.x", first + i);
		to[i] = (struct lsa_bridgehead){ text[i], true, 65000 };
	}
	for (int i = 0; i < MOST_SENDERS; i++) {
		deny[i] = text[MOST_BRIDGEHEADS + i];
		snprintf(deny[i], sizeof(text[0]), "a%02d.x", i);
	}
	lsa_connector_encode(&body, &said);
	world_install(w, &key, &body);
	buf_done(&body);
}

/* One server more, with all that an origin may say of its connectors. */
static void
insider_say(struct world *w, int n)
{
	struct buf out = { 0 };

	buf_text(&out, "server t.x g nbr s000000.x");
	say(w, &out);
	for (int c = 0; c < CONNECTORS; c++)
		connector_say(w, c, n);
}

struct seat {
	struct buf file, octets;
	struct mtable table;
	struct mtable_net net;
};

static void
seat_write(struct seat *seat, const struct rib *rib, const struct buf *net)
{
	struct mtable_history history = { .n = 0 };
	struct mtable_writer writer = { 0 };
	struct buf keys = { 0 }, route = { 0 };
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_annex annex;

	mtable_keys_encode(&keys, NULL, 0);
	mtable_annex_encode(
	    &seat->octets, (struct mtable_version){ 1, 1 }, &mta, &keys, net);
	CHECK(mtable_annex_decode(seat->octets.p, seat->octets.n, &annex) ==
	      RC_OK);
	mtable_history_add(&history, annex.version, 1);
	for (size_t i = 0; i < rib->n; i++) {
		buf_reset(&route);
		route_encode(&route, &rib->routes[i]);
		CHECK(mtable_add(&writer, route.p, route.n) == RC_OK);
	}
	mtable_end(&writer, &annex, &history, &seat->file);
	CHECK(mtable_open(&seat->table, seat->file.p, seat->file.n) == RC_OK);
	CHECK(mtable_net_decode(seat->table.net, &seat->net) == RC_OK);
	buf_done(&keys);
	buf_done(&route);
}

static void
seat_take(struct world *w, struct seat *seat)
{
	struct view_pending pending = { 0 };
	struct view *view = view_new(&w->in);
	struct rib *rib = view_rib(view, NULL, &pending);
	struct buf net = { 0 };

	view_net(view, &net);
	seat_write(seat, rib, &net);
	rib_free(rib);
	view_pending_done(&pending);
	view_free(view);
	buf_done(&net);
}

static double
once(const struct seat *seat, const struct policy_message *message,
    int recipients, int n)
{
	double start = now_ms();
	struct admit *admit = admit_new(&seat->table, &seat->net, message);
	struct admit_answer answer;
	char address[40];

	for (int i = 0; admit != NULL && i < recipients; i++) {
		snprintf(address, sizeof(address), "u@d%06d.x",
		    1 + (i * 7919) % (n - 1));
		admit_ask(admit, address, &answer);
	}
	admit_free(admit);
	return now_ms() - start;
}

static void
measure(const char *what, const struct seat *seat, uint64_t size,
    int recipients, int n)
{
	struct policy_message message = { .size = size,
		.priority = POLICY_NORMAL,
		.sender = "u@example.org",
		.time = 0 };
	double ms[RUNS];

	for (int i = 0; i < RUNS; i++)
		ms[i] = once(seat, &message, recipients, n);
	qsort(ms, RUNS, sizeof(ms[0]), by_time);
	printf("%-8s servers=%d recipients=%d cpu=%.2f ms\n", what, n,
	    recipients, ms[RUNS / 2]);
}

int
main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10000;
	int most = argc > 2 ? atoi(argv[2]) : 10000;

	for (int insider = 0; insider < 2; insider++) {
		struct seat seat = { 0 };
		struct world w;

		world_init(&w);
		world_say(&w, "self s000000.x g000000");
		for (int i = 0; i < n; i++)
			server_say(&w, i, n);
		if (insider == 1)
			insider_say(&w, n);
		seat_take(&w, &seat);
		measure(insider ? "insider" : "plain", &seat, 1000, 1, n);
		for (int k = 1; k <= most; k *= 10)
			measure(insider ? "insider" : "limits", &seat, 2000000,
			    k, n);
		mtable_net_done(&seat.net);
		buf_done(&seat.file);
		buf_done(&seat.octets);
		world_done(&w);
	}
	return 0;
}
