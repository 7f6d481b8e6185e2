/*
 * fuzz_table.c - the milter's table. What is opened is in order and of the
 * grammar of names, and every lookup in it stays inside its octets. The
 * length and the checksum are made right first, or nothing would get past
 * them; the octets as they came are tried, too, and as news of a table that is
 * always the same.
 */

#include <string.h>

#include "base/crc64.h"
#include "base/rc.h"
#include "core/trace/admit.h"
#include "core/trace/mtable.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 4000;

#define SUMMED 24

static void
put64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static void
look_up(const struct mtable *t, const char *pattern)
{
	struct mtable_route r;
	char address[STR_PATTERN_MAX + 8];
	bool user = strchr(pattern, '@') != NULL;

	if (pattern[0] == '.' || pattern[0] == '*')
		return;
	snprintf(address, sizeof(address), "%s%s", user ? "" : "u@", pattern);
	FUZZ_CHECK(mtable_route(t, address, &r) == RC_OK);
}

/* A net that is read can be searched, and stands for what it was. */
static void
net(const struct mtable *table, struct cur in)
{
	struct policy_message m = {
		.size = 5000, .priority = POLICY_URGENT, .sender = "a@b.example"
	};
	struct admit_answer answer;
	struct buf again = { 0 };
	struct admit *admit;
	struct mtable_net t;

	if (mtable_net_decode(in, &t) != RC_OK)
		return;
	FUZZ_CHECK(t.self < t.net.servers.n);
	FUZZ_CHECK(t.widest.n == t.net.servers.n);
	mtable_net_encode(&again, &t);
	buf_done(&again);
	admit = table == NULL ? NULL : admit_new(table, &t, &m);
	if (admit != NULL) {
		admit_ask(admit, "user@paris.example.org", &answer);
		FUZZ_CHECK(answer.nhops <= LIMIT_NEXT_HOPS);
	}
	admit_free(admit);
	mtable_net_done(&t);
}

static void
walk(const struct mtable *t)
{
	struct mtable_history h;
	struct mtable_route r;
	struct mtable_key key;

	FUZZ_CHECK(t->nhistory > 0 && t->nhistory <= MTABLE_HISTORY);
	mtable_history(t, &h);
	FUZZ_CHECK(mtable_order(h.v[0].version, t->now) == 0);
	mtable_then(t, h.v[h.n - 1].wall_ms);
	for (uint32_t i = 0; i < t->nkeys; i++)
		FUZZ_CHECK(mtable_key(t,
			       t->keys + (size_t)i * (CRYPTO_DIGEST +
							 CRYPTO_PUBLIC + 4),
			       &key) &&
			   str_is_host(key.name));
	for (uint32_t i = 0; i < t->nroutes; i++) {
		mtable_at(t, i, &r);
		FUZZ_CHECK(str_is_pattern(r.pattern));
		FUZZ_CHECK(r.nhops <= LIMIT_NEXT_HOPS);
		for (size_t k = 0; k < r.nhops; k++)
			FUZZ_CHECK(str_is_host(r.hop[k].name) &&
				   addr_is_hop(&r.hop[k].addr, true));
		look_up(t, r.pattern);
	}
	mtable_route(t, "nobody@nowhere.example", &r);
	net(t, t->net);
}

/* Of a server, with a route that news have as well and one that they lack. */
static void
table_make(struct buf *out)
{
	static char both[] = "paris.example.org", old[] = "a.example";
	struct route list[] = { { .pattern = old, .kind = ROUTE_HERE },
		{ .pattern = both, .kind = ROUTE_HERE } };
	struct mtable_version now = { 1, 1 };
	struct mtable_annex annex = { .version = now, .transport = "lsrd" };
	struct mtable_history history = { .n = 0 };
	struct mtable_writer w = { 0 };

	mtable_history_add(&history, now, 1000);
	mtable_add_route(&w, &list[0], now);
	mtable_add_route(&w, &list[1], now);
	mtable_end(&w, &annex, &history, out);
}

/* They are this table's, with a checksum that says so. */
static void
news(uint8_t *p, size_t n)
{
	struct mtable_walk done = { 0 };
	struct buf file = { 0 };
	const struct mtable *in;
	struct mtable t, behind;
	struct mtable_route r;
	uint32_t i, all = 0;

	table_make(&file);
	FUZZ_CHECK(mtable_open(&t, file.p, file.n) == RC_OK);
	put64(p + SUMMED, t.sum);
	put64(p + 16, crc64(p + SUMMED, n - SUMMED));
	if (mtable_follow(&t, &behind, p, n) == RC_OK)
		walk(&behind);
	while ((in = mtable_next(&t, &done, &i)) != NULL) {
		mtable_at(in, i, &r);
		look_up(&t, r.pattern);
		all++;
	}
	FUZZ_CHECK(all == t.nroutes + t.more);
	mtable_route(&t, "nobody@nowhere.example", &r);
	buf_done(&file);
}

static void
annex(const uint8_t *p, size_t n)
{
	struct mtable_annex a;

	if (mtable_annex_decode(p, n, &a) == RC_OK)
		FUZZ_CHECK(
		    a.keys.left + a.net.left + 22 + strlen(a.mta.delimiters) ==
		    n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n == 0 ? 1 : n);
	struct mtable t;

	if (mtable_open(&t, p, n) == RC_OK)
		walk(&t);
	annex(p, n);
	net(NULL, cur_over(p, n));
	if (n > 0)
		memcpy(copy, p, n);
	if (n > SUMMED) {
		put64(copy + 8, n);
		put64(copy + 16, crc64(copy + SUMMED, n - SUMMED));
	}
	if (mtable_open(&t, copy, n) == RC_OK)
		walk(&t);
	if (n > SUMMED + 8)
		news(copy, n);
	free(copy);
	return 0;
}
