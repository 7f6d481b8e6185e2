/*
 * test_share.c - what one certified server, or one message, makes others
 * compute (lsrd(8), what others can cost): in CPU time, each beside the same
 * without it, so that a busy machine changes both.
 */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/admit.h"
#include "core/trace/view_annex.h"
#include "t/core/cpu.h"
#include "t/core/ring.h"
#include "t/core/seat.h"
#include "t/core/world.h"
#include "t/tap.h"

#define SERVERS 1500
#define BRIDGEHEADS LIMIT_BRIDGEHEADS
#define SENDERS LIMIT_SENDERS
#define TRIES 3

static void
world_make(struct world *w, int connectors)
{
	ring_world(w, SERVERS);
	if (connectors > 0)
		ring_insider(w, SERVERS, connectors);
}

static void
seat_take(struct seat *seat, int connectors)
{
	struct world w;

	memset(seat, 0, sizeof(*seat));
	world_make(&w, connectors);
	rib_free(seat_world(seat, &w, NULL));
	world_done(&w);
}

/* One message above the limits, to so many domains; most can be reached. */
static double
message_ms(const struct seat *seat, int domains)
{
	struct policy_message message = { .size = RING_SIZE + 1,
		.priority = POLICY_NORMAL,
		.sender = "u@example.org",
		.time = -1 };
	double best = 1e9;

	for (int i = 0; i < TRIES; i++) {
		double start = cpu_ms(), took;
		int routed = 0;
		struct admit *admit =
		    admit_new(&seat->table, &seat->net, &message);
		struct admit_answer answer;
		char address[40];

		ck_assert_ptr_nonnull(admit);
		for (int k = 1; k <= domains; k++) {
			snprintf(address, sizeof(address), "u@d%06d.x", k);
			admit_ask(admit, address, &answer);
			routed += answer.kind <= ADMIT_ROUTE;
		}
		ck_assert_int_ge(routed, domains * 3 / 4);
		admit_free(admit);
		took = cpu_ms() - start;
		best = took < best ? took : best;
	}
	return best;
}

/* A message to a thousand domains costs its searches once: it was as many
 * times sixteen. */
START_TEST(many_domains_of_one_message)
{
	struct seat seat;
	double one, all;

	seat_take(&seat, 0);
	one = message_ms(&seat, 1);
	all = message_ms(&seat, SERVERS - 100);
	printf("# one domain %.2f ms, %d domains %.2f ms\n", one, SERVERS - 100,
	    all);
	ck_assert(all < 40 * one);
	seat_done(&seat);
}
END_TEST

/* One server's limits are judged once for a connector, not once for each of
 * its bridgeheads. */
START_TEST(limits_of_one_server)
{
	struct seat honest, insider;
	double without, with;

	seat_take(&honest, 0);
	seat_take(&insider, RING_CONNECTORS);
	without = message_ms(&honest, 10);
	with = message_ms(&insider, 10);
	printf("# without %.2f ms, with %.2f ms\n", without, with);
	ck_assert(with < 8 * without);
	seat_done(&honest);
	seat_done(&insider);
}
END_TEST

static void
count(void *ctx, const char *schedule)
{
	size_t *n = ctx;

	ck_assert(schedule[0] != '\0');
	++*n;
}

START_TEST(schedules_of_one_server)
{
	struct world w;
	struct view *view;
	size_t n = 0;

	world_make(&w, 100);
	view = view_new(&w.in);
	view_schedules(view, count, &n);
	ck_assert_uint_eq(n, 100);
	view_free(view);
	world_done(&w);
}
END_TEST

/* A connector that says much in few octets: names and senders of three. */
static void
dense_say(struct world *w, int number)
{
	char name[16], text[BRIDGEHEADS + 2 * SENDERS][8], group[] = "g";
	char *list[2 * SENDERS];
	struct lsa_bridgehead to[BRIDGEHEADS];
	struct lsa_connector said = { .group = group,
		.bridgeheads = to,
		.nbridgeheads = BRIDGEHEADS,
		.policy = &(struct policy){ .allow = list,
		    .nallow = SENDERS,
		    .deny = list + SENDERS,
		    .ndeny = SENDERS } };
	struct lsa_key key = { "t.x", name, LSA_CONNECTOR };
	struct buf body = { 0 };

	snprintf(name, sizeof(name), "c%04d", number);
	for (int i = 0; i < BRIDGEHEADS; i++) {
		snprintf(text[i], sizeof(text[i]), "%c.%c", 'a' + i / 16,
		    'a' + i % 16);
		to[i] =
		    (struct lsa_bridgehead){ text[i], true, 1 + (uint32_t)i };
	}
	for (int i = 0; i < 2 * SENDERS; i++) {
		list[i] = text[BRIDGEHEADS + i];
		snprintf(list[i], sizeof(text[0]), ".%c%c",
		    'a' + i % SENDERS / 16, 'a' + i % 16);
	}
	lsa_connector_encode(&body, &said);
	world_install(w, &key, &body);
	buf_done(&body);
}

/* What is kept of an origin is counted in octets: in memory it is no more
 * than four times that, and half a kilobyte an LSA. */
START_TEST(kept_of_one_server)
{
	struct world w;
	size_t before, more;

	world_init(&w);
	world_say(&w, "self s.x g");
	before = mallinfo2().uordblks;
	for (int i = 0; w.db.octets < LIMIT_ORIGIN_OCTETS; i++)
		dense_say(&w, i);
	more = mallinfo2().uordblks - before;
	printf("# %zu octets in %zu\n", (size_t)w.db.octets, more);
	ck_assert_uint_le(more, 4 * w.db.octets + 512 * lsdb_count(&w.db));
	world_done(&w);
}
END_TEST

/* And what a database takes that many say little in: of an LSA three hundred
 * octets in the middle, and as much again besides. */
START_TEST(kept_of_many_servers)
{
	struct world w;
	size_t before, more, n;

	before = mallinfo2().uordblks;
	ring_world(&w, 2000);
	more = mallinfo2().uordblks - before;
	n = lsdb_count(&w.db);
	printf("# %zu LSAs, %zu octets, %zu each beyond them\n", n,
	    (size_t)w.db.octets,
	    more > w.db.octets ? (more - (size_t)w.db.octets) / n : 0);
	ck_assert_uint_le(more, w.db.octets + 420 * n);
	world_done(&w);
}
END_TEST

/* Bridgeheads that all differ in cost do not have all limits told again. */
START_TEST(export_of_one_server)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };
	struct view *view;
	struct world w;

	world_init(&w);
	world_say(&w, "self s.x g;server t.x g");
	for (int i = 0; w.db.octets < LIMIT_ORIGIN_OCTETS; i++)
		dense_say(&w, i);
	view = view_new(&w.in);
	ck_assert(view_export(&j, view));
	printf("# %zu octets, exported %zu\n", (size_t)w.db.octets, out.n);
	ck_assert_uint_le(out.n, LIMIT_EXPORT_WAYS * w.db.octets);
	view_free(view);
	buf_done(&out);
	world_done(&w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("share");
	TCase *tc = tcase_create("share");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, many_domains_of_one_message);
	tcase_add_test(tc, limits_of_one_server);
	tcase_add_test(tc, schedules_of_one_server);
	tcase_add_test(tc, kept_of_one_server);
	tcase_add_test(tc, kept_of_many_servers);
	tcase_add_test(tc, export_of_one_server);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
