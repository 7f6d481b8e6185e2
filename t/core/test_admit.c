/*
 * test_admit.c - messages that some connector does not admit, sent hop by
 * hop through small random worlds: they end where they should, cross no
 * connector that does not admit them, never come back, and wait only where
 * plain search finds no way either.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/rng.h"
#include "core/trace/admit.h"
#include "core/trace/view_annex.h"
#include "t/core/seat.h"
#include "t/core/world.h"
#include "t/tap.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define WORLDS 150
#define MESSAGES 12
#define HOSTS 8
#define LINES 40

static const uint64_t sizes[] = { 0, 100, 500, 1000, 5000 };

struct line {
	unsigned from, to, cost;
	uint64_t size;
	unsigned priorities;
	bool deny, up, drain;
};

/* A world as it is drawn. Host h is in group h % groups. */
struct drawn {
	unsigned hosts, groups, nlines, claims[3];
	bool drain[HOSTS];
	struct line line[LINES];
};

static const char *const patterns[] = { "a.example", "b.example", "*" };

static void
draw(struct drawn *d, struct rng *rng)
{
	memset(d, 0, sizeof(*d));
	d->hosts = 3 + (unsigned)rng_below(rng, HOSTS - 2);
	d->groups = 2 + (unsigned)rng_below(rng, d->hosts - 1);
	d->nlines = d->hosts + (unsigned)rng_below(rng, LINES - HOSTS + 1);
	for (unsigned i = 0; i < d->hosts; i++)
		d->drain[i] = rng_below(rng, 12) == 0;
	for (unsigned p = 0; p < 3; p++)
		d->claims[p] = 1u << rng_below(rng, d->hosts) |
		               1u << rng_below(rng, d->hosts);
	for (unsigned i = 0; i < d->nlines; i++) {
		struct line *l = &d->line[i];

		l->from = (unsigned)rng_below(rng, d->hosts);
		do
			l->to = (unsigned)rng_below(rng, d->hosts);
		while (l->to % d->groups == l->from % d->groups);
		l->cost = 1 + (unsigned)rng_below(rng, 4);
		l->size = sizes[rng_below(rng, 5)];
		if (rng_below(rng, 3) == 0)
			l->priorities = 1 + (unsigned)rng_below(rng, 7);
		l->deny = rng_below(rng, 5) == 0;
		l->up = rng_below(rng, 6) != 0;
		l->drain = rng_below(rng, 15) == 0;
	}
}

static void
hosts_say(const struct drawn *d, unsigned self, struct buf *out)
{
	buf_printf(out, "self s%u.x g%u;", self, self % d->groups);
	for (unsigned i = 0; i < d->hosts; i++) {
		buf_printf(out, "server s%u.x g%u nbr ", i, i % d->groups);
		for (unsigned k = 0, n = 0; k < d->hosts; k++)
			if (k != i)
				buf_printf(
				    out, "%ss%u.x", n++ == 0 ? "" : ",", k);
		for (unsigned k = 0, n = 0; k < d->hosts; k++)
			if (k != i && k % d->groups == i % d->groups)
				buf_printf(
				    out, "%ss%u.x", n++ == 0 ? " up " : ",", k);
		buf_printf(out, "%s;", d->drain[i] ? " drain" : "");
	}
}

/* The n-th connector leads to 10.9.0.n: so a hop tells which it was. */
static void
lines_say(const struct drawn *d, struct buf *out)
{
	for (unsigned i = 0; i < d->nlines; i++) {
		const struct line *l = &d->line[i];

		buf_printf(out,
		    "connector c%02u s%u.x g%u s%u.x=%u%c@10.9.0.%u:25%s", i,
		    l->from, l->to % d->groups, l->to, l->cost,
		    l->up ? '+' : '-', i + 1, l->drain ? " drain" : "");
		if (l->size != 0)
			buf_printf(
			    out, " size %llu", (unsigned long long)l->size);
		if (l->priorities != 0)
			buf_printf(out, " prio %u", l->priorities);
		buf_printf(out, "%s;", l->deny ? " deny bad.example" : "");
	}
	for (unsigned p = 0; p < 3; p++)
		for (unsigned i = 0; i < d->hosts; i++)
			if (d->claims[p] >> i & 1)
				buf_printf(
				    out, "space %s s%u.x;", patterns[p], i);
}

static void
seat_take(const struct drawn *d, unsigned self, struct seat *seat)
{
	struct buf text = { 0 };
	struct world w;
	char *words;

	hosts_say(d, self, &text);
	lines_say(d, &text);
	words = buf_string(&text);
	world_init(&w);
	world_say(&w, words);
	rib_free(seat_world(seat, &w, NULL));
	world_done(&w);
	mem_free(words);
}

/* --- the oracle ------------------------------------------------------------ */

static bool
line_admits(const struct line *l, const struct policy_message *m)
{
	return (l->size == 0 || m->size <= l->size) &&
	       (l->priorities == 0 || m->priority == 0 ||
		   (l->priorities & m->priority) != 0) &&
	       !(l->deny && strcmp(m->sender, "u@bad.example") == 0);
}

/* Which hosts can be reached; NULL: by a message without properties. With
 * `all`, as if everything were up: by its size alone. */
static unsigned
reached(const struct drawn *d, unsigned from, const struct policy_message *m,
    bool all)
{
	struct policy_message size = { .size = m == NULL ? 0 : m->size,
		.sender = "" };
	unsigned seen = 1u << from, last = 0;

	while (seen != last) {
		last = seen;
		for (unsigned u = 0; u < d->hosts; u++) {
			if ((seen >> u & 1) == 0 ||
			    (d->drain[u] && u != from && !all))
				continue;
			for (unsigned v = 0; v < d->hosts; v++)
				if (v % d->groups == u % d->groups)
					seen |= 1u << v;
			for (unsigned i = 0; i < d->nlines; i++) {
				const struct line *l = &d->line[i];

				if (l->from != u ||
				    (!all && (!l->up || l->drain)))
					continue;
				if (all ? line_admits(l, &size)
					: m == NULL || line_admits(l, m))
					seen |= 1u << l->to;
			}
		}
	}
	return seen;
}

/* --- one message ------------------------------------------------------------ */

struct walk {
	const struct drawn *d;
	struct seat *seats;
	const struct policy_message *message;
	unsigned pattern;
	struct rng *rng;
	unsigned long routed, plain, held, never;
};

/* The host behind a hop's address; the connector that leads there must be
 * this host's, be up and admit the message. */
static unsigned
cross(const struct walk *w, unsigned at, const char *name,
    const struct addr *addr)
{
	unsigned to = (unsigned)strtoul(name + 1, NULL, 10);

	if (addr->ip[0] == 10 && addr->ip[1] == 9) {
		const struct line *l = &w->d->line[addr->ip[3] - 1];

		ck_assert_uint_eq(l->from, at);
		ck_assert_uint_eq(l->to, to);
		ck_assert(l->up && !l->drain);
		ck_assert(line_admits(l, w->message));
	} else {
		ck_assert_uint_eq(to % w->d->groups, at % w->d->groups);
	}
	return to;
}

/* Of the hops to try one; an alternate only if it may be. */
static size_t
choose(struct walk *w, const bool *alternate, size_t n, bool *detour)
{
	size_t next = 0, i;

	while (next < n && !alternate[next])
		next++;
	i = rng_below(w->rng, *detour ? n : next);
	if (alternate[i])
		*detour = false; /* once on its way */
	return i;
}

/* One step on; false at its end. */
static bool
step(struct walk *w, unsigned *at, bool *detour)
{
	struct seat *seat = &w->seats[*at];
	const char *domain = patterns[w->pattern];
	char address[40];
	struct mtable_route route;
	struct admit_answer answer = { .kind = ADMIT_PLAIN };
	struct admit *admit = NULL;
	bool alternate[LIMIT_NEXT_HOPS];
	size_t i;

	snprintf(address, sizeof(address), "u@%s",
	    domain[0] == '*' ? "else.example" : domain);
	ck_assert_int_eq(mtable_route(&seat->table, address, &route), RC_OK);
	if (seat->limits)
		admit = admit_new(&seat->table, &seat->net, w->message);
	if (admit != NULL)
		admit_ask(admit, address, &answer);
	admit_free(admit);
	ck_assert_msg(answer.kind == ADMIT_PLAIN || answer.kind == ADMIT_ROUTE,
	    "on its way: %s", answer.why);
	if (answer.kind == ADMIT_PLAIN && route.kind != ROUTE_REMOTE) {
		ck_assert_int_eq(route.kind, ROUTE_HERE);
		return false;
	}
	if (answer.kind == ADMIT_ROUTE) {
		for (i = 0; i < answer.nhops; i++)
			alternate[i] = answer.hop[i].alternate;
		i = choose(w, alternate, answer.nhops, detour);
		*at = cross(w, *at, answer.hop[i].name, &answer.hop[i].addr);
		w->routed++;
		return true;
	}
	for (i = 0; i < route.nhops; i++)
		alternate[i] = route.hop[i].alternate;
	i = choose(w, alternate, route.nhops, detour);
	*at = cross(w, *at, route.hop[i].name, &route.hop[i].addr);
	w->plain++;
	return true;
}

/* What is said at the first hop agrees with plain search; true: it goes. */
static bool
begins(struct walk *w, unsigned at)
{
	struct seat *seat = &w->seats[at];
	const char *domain = patterns[w->pattern];
	unsigned claims = w->d->claims[w->pattern];
	unsigned ways = reached(w->d, at, w->message, false) & claims;
	unsigned all = reached(w->d, at, NULL, false) & claims;
	unsigned ever = reached(w->d, at, w->message, true) & claims;
	struct admit_answer answer = { .kind = ADMIT_PLAIN };
	struct admit *admit = NULL;
	char address[40];

	snprintf(address, sizeof(address), "u@%s",
	    domain[0] == '*' ? "else.example" : domain);
	if (all == 0 || (claims >> at & 1) != 0)
		return false; /* held by the table, or here */
	if (seat->limits)
		admit = admit_new(&seat->table, &seat->net, w->message);
	if (admit != NULL)
		admit_ask(admit, address, &answer);
	admit_free(admit);
	if (ways != 0) {
		ck_assert_msg(answer.kind <= ADMIT_ROUTE, "%s", answer.why);
		return true;
	}
	ck_assert_int_eq(answer.kind, ever == 0 ? ADMIT_NEVER : ADMIT_HOLD);
	ck_assert_str_ne(answer.why, "");
	w->held += answer.kind == ADMIT_HOLD;
	w->never += answer.kind == ADMIT_NEVER;
	return false;
}

static void
send_one(struct walk *w, unsigned from)
{
	unsigned at = from, steps = 0, been = 0;
	bool detour = rng_below(w->rng, 3) == 0, plain = !detour;

	if (!begins(w, from))
		return;
	while (step(w, &at, &detour)) {
		/* By next hops alone it is nowhere twice. */
		if (plain)
			ck_assert(!(been >> at & 1));
		been |= 1u << at;
		ck_assert_uint_le(++steps, 2 * HOSTS);
	}
	ck_assert(w->d->claims[w->pattern] >> at & 1);
}

static void
world_try(struct rng *rng, struct walk *w)
{
	static const char *const senders[] = { "u@good.example",
		"u@bad.example", "" };
	static const uint8_t priorities[] = { 0, 1, 2, 4 };
	struct seat seats[HOSTS];
	struct drawn d;

	memset(seats, 0, sizeof(seats));
	draw(&d, rng);
	for (unsigned i = 0; i < d.hosts; i++)
		seat_take(&d, i, &seats[i]);
	w->d = &d;
	w->seats = seats;
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct policy_message m = {
			.size = rng_below(rng, 6000),
			.priority = priorities[rng_below(rng, 4)],
			.sender = senders[rng_below(rng, 3)],
			.time = 0,
		};

		w->message = &m;
		w->pattern = (unsigned)rng_below(rng, 3);
		send_one(w, (unsigned)rng_below(rng, d.hosts));
	}
	for (unsigned i = 0; i < d.hosts; i++)
		seat_done(&seats[i]);
	w->d = NULL;
	w->seats = NULL;
	w->message = NULL;
}

START_TEST(messages_end_and_cross_what_admits_them)
{
	struct walk w = { 0 };
	struct rng rng = { .state = (uint64_t)_i };

	w.rng = &rng;
	for (int i = 0; i < WORLDS; i++)
		world_try(&rng, &w);
	printf("# steps by own routes %lu, by the table %lu; held %lu, never "
	       "%lu\n",
	    w.routed, w.plain, w.held, w.never);
	ck_assert_uint_ge(w.routed, WORLDS / 10);
	ck_assert_uint_ge(w.held + w.never, WORLDS / 10);
}
END_TEST

/* c2 alone admits 5000 octets, or c3, one hop further; c1 is the plain way. */
static const char lanes[] =
    "self s0.x g0;server s0.x g0 nbr s1.x,s2.x,s3.x;"
    "server s1.x g1 nbr s0.x,s2.x,s3.x;server s2.x g2 nbr s0.x,s1.x,s3.x;"
    "server s3.x g3 nbr s0.x,s1.x,s2.x;"
    "connector c1 s0.x g1 s1.x=1+@10.9.0.1:25 size 1000;"
    "connector c2 s0.x g2 s2.x=2+@10.9.0.2:25;"
    "connector c3 s0.x g3 s3.x=3+@10.9.0.3:25;"
    "connector d2 s2.x g1 s1.x=2+@10.9.0.4:25;"
    "connector d3 s3.x g1 s1.x=3+@10.9.0.5:25;"
    "space a.example s1.x";

struct way {
	const char *words;
	const struct refusals *refusals;
	const struct rib *before; /* the table of before */
	enum route_kind plain;
	enum admit_kind kind;
	const char *hops; /* by the last octet of their addresses */
};

/* Fills the seat with the table of this world; the caller's. */
static struct rib *
way_seat(const struct way *way, struct seat *seat)
{
	struct world w;
	struct rib *rib;

	world_init(&w);
	world_say(&w, way->words);
	w.in.refusals = way->refusals;
	rib = seat_world(seat, &w, way->before);
	world_done(&w);
	return rib;
}

/* Where a message of 5000 octets to a.example goes. */
static void
way_is(const struct way *way)
{
	const struct policy_message message = { .size = 5000, .sender = "u@b" };
	struct mtable_route route;
	struct admit_answer answer;
	struct seat seat = { .limits = true };
	struct admit *admit;
	struct rib *rib = way_seat(way, &seat);
	char got[LIMIT_NEXT_HOPS + 1] = "";

	ck_assert_int_eq(
	    mtable_route(&seat.table, "u@a.example", &route), RC_OK);
	ck_assert_int_eq(route.kind, way->plain);
	admit = admit_new(&seat.table, &seat.net, &message);
	admit_ask(admit, "u@a.example", &answer);
	for (size_t i = 0; i < answer.nhops; i++)
		got[i] = (char)('0' + answer.hop[i].addr.ip[3]);
	ck_assert_str_eq(got, way->hops);
	ck_assert_int_eq(answer.kind, way->kind);
	admit_free(admit);
	rib_free(rib);
	seat_done(&seat);
}

/* The same while the hops of `off` refuse a.example. */
static void
lane_is(
    const char *words, const char *off, enum route_kind plain, const char *want)
{
	struct refusals refusals = { 0 };

	for (; *off != '\0'; off++) {
		struct refusal_told told = { "a.example", "s2.x",
			{ 4, { 10, 9, 0, (uint8_t)(*off - '0') }, 25 }, 0,
			{ 0 } };

		refusal_add(&refusals, &told);
		refusal_add(&refusals, &told);
	}
	way_is(&(struct way){ words, &refusals, NULL, plain,
	    *want != '\0'         ? ADMIT_ROUTE
	    : plain == ROUTE_HOLD ? ADMIT_PLAIN
				  : ADMIT_HOLD,
	    want });
	refusal_done(&refusals);
}

START_TEST(leaves_out_who_refuses)
{
	lane_is(lanes, "", ROUTE_REMOTE, "23");
	lane_is(lanes, "2", ROUTE_REMOTE, "3");
	lane_is(lanes, "3", ROUTE_REMOTE, "2");
	lane_is(lanes, "23", ROUTE_REMOTE, "");
}
END_TEST

/* c1 is the plain way and has no alternate: by s2 it comes back here, but for
 * a message that c1 does not admit, and d2 does. */
static const char one_lane[] =
    "self s0.x g0;server s0.x g0 nbr s1.x,s2.x;"
    "server s1.x g1 nbr s0.x,s2.x;server s2.x g2 nbr s0.x,s1.x;"
    "connector c1 s0.x g1 s1.x=1+@10.9.0.1:25 size 1000;"
    "connector c2 s0.x g2 s2.x=2+@10.9.0.2:25;"
    "connector d2 s2.x g1 s1.x=9+@10.9.0.4:25;"
    "connector e2 s2.x g0 s0.x=2+@10.9.0.5:25;"
    "space a.example s1.x";

START_TEST(goes_where_the_plain_hop_refuses)
{
	lane_is(one_lane, "", ROUTE_REMOTE, "2");
	lane_is(one_lane, "1", ROUTE_HOLD, "2");
	lane_is(one_lane, "12", ROUTE_HOLD, "");
}
END_TEST

/* The way that a message takes for itself has its connector's transport, as the
 * table's file tells it to the milter. */
START_TEST(goes_by_the_transport_of_its_way)
{
	static const char words[] =
	    "self s0.x g0;server s0.x g0 nbr s1.x,s2.x;"
	    "server s1.x g1 nbr s0.x,s2.x;server s2.x g2 nbr s0.x,s1.x;"
	    "connector c1 s0.x g1 s1.x=1+@10.9.0.1:25 size 1000;"
	    "connector c2 s0.x g2 by thin s2.x=2+@10.9.0.2:25;"
	    "connector d2 s2.x g1 s1.x=9+@10.9.0.4:25;"
	    "connector e2 s2.x g0 s0.x=2+@10.9.0.5:25;"
	    "space a.example s1.x";
	const struct way way = { words, NULL, NULL, ROUTE_REMOTE, ADMIT_ROUTE,
		"2" };
	const struct policy_message message = { .size = 5000, .sender = "u@b" };
	struct seat seat = { .limits = true };
	struct rib *rib = way_seat(&way, &seat);
	struct admit *admit = admit_new(&seat.table, &seat.net, &message);
	struct admit_answer answer;

	admit_ask(admit, "u@a.example", &answer);
	ck_assert_int_eq(answer.kind, ADMIT_ROUTE);
	ck_assert_uint_eq(answer.nhops, 1);
	ck_assert_str_eq(answer.hop[0].by, "thin");
	admit_free(admit);
	rib_free(rib);
	seat_done(&seat);
}
END_TEST

/* The cheap way has 41 servers between, each a group of its own; a dear one
 * leads there at once, or not. */
static char *
long_way(bool dear)
{
	struct buf b = { 0 };

	buf_text(&b, "self s00.x g00;");
	for (unsigned i = 0; i <= 42; i++) {
		buf_printf(&b, "server s%02u.x g%02u nbr ", i, i);
		for (unsigned k = 0, n = 0; k <= 42; k++)
			if (k != i)
				buf_printf(
				    &b, "%ss%02u.x", n++ > 0 ? "," : "", k);
		buf_text(&b, ";");
	}
	for (unsigned i = 0; i < 42; i++)
		buf_printf(&b,
		    "connector c%02u s%02u.x g%02u s%02u.x=1+@10.9.0.1:25%s;",
		    i, i, i + 1, i + 1, i == 1 ? " size 1000" : "");
	if (dear)
		buf_text(&b, "connector d s00.x g42 s42.x=1000+@10.9.0.2:25;");
	buf_text(&b, "space a.example s42.x");
	return buf_string(&b);
}

START_TEST(goes_where_the_plain_path_is_too_long)
{
	char *way = long_way(true), *none = long_way(false);

	way_is(&(struct way){ way, NULL, NULL, ROUTE_HOLD, ADMIT_ROUTE, "2" });
	way_is(&(struct way){ none, NULL, NULL, ROUTE_HOLD, ADMIT_PLAIN, "" });
	mem_free(way);
	mem_free(none);
}
END_TEST

/* A key of which nothing is known any more keeps its route: the message does
 * not go by that of `*`, which is another server's. */
START_TEST(stays_with_a_key_that_nobody_claims)
{
	struct way before = { .words = lanes };
	struct buf b = { 0 };
	struct seat seat = { .limits = false };
	struct rib *rib = way_seat(&before, &seat);
	char *words;

	buf_bytes(&b, lanes, strlen(lanes) - strlen("space a.example s1.x"));
	buf_text(&b, "space * s2.x");
	words = buf_string(&b);
	way_is(
	    &(struct way){ words, NULL, rib, ROUTE_REMOTE, ADMIT_PLAIN, "" });
	seat_done(&seat);
	rib_free(rib);
	mem_free(words);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("admit");
	TCase *tc = tcase_create("admit");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, messages_end_and_cross_what_admits_them, 1, 5);
	tcase_add_test(tc, leaves_out_who_refuses);
	tcase_add_test(tc, goes_where_the_plain_hop_refuses);
	tcase_add_test(tc, goes_by_the_transport_of_its_way);
	tcase_add_test(tc, goes_where_the_plain_path_is_too_long);
	tcase_add_test(tc, stays_with_a_key_that_nobody_claims);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
