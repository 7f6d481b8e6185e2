#include "t/core/filed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rc.h"
#include "t/core/cheap.h"
#include "t/tap.h"

static char *
filed_text(const char *s)
{
	return (char *)(uintptr_t)s;
}

/* A remote route by these hops, the second one an alternate. */
void
filed_route(
    struct mtable_writer *w, const char *pattern, const char *a, const char *b)
{
	struct route r = { .pattern = filed_text(pattern),
		.kind = ROUTE_REMOTE,
		.relay = true,
		.server = filed_text("mx9.example.org"),
		.cost = 5,
		.hops = 2,
		.nhops = b == NULL ? 1 : 2,
		.path = (char *[]){ filed_text("mx9.example.org") },
		.npath = 1 };

	r.hop[0] = (struct route_hop){ filed_text(a),
		{ 4, { 192, 0, 2, 1 }, 25 }, false, NULL };
	r.hop[1] = (struct route_hop){ filed_text(b),
		{ 6, { 0x20, 1, 0xd, 0xb8, [15] = 2 }, 587 }, true, NULL };
	mtable_add_route(w, &r, (struct mtable_version){ 3, 6 });
}

static void
filed_hold(struct mtable_writer *w, const char *pattern)
{
	struct route r = { .pattern = filed_text(pattern),
		.kind = ROUTE_HOLD,
		.reason = filed_text("no path to paris") };

	mtable_add_route(w, &r, (struct mtable_version){ 2, 1 });
}

void
filed_key(struct mtable_key *key, char letter, const char *name)
{
	cheap_public(letter, key->public_key);
	cheap_key(letter, key->digest);
	snprintf(key->name, sizeof(key->name), "%s", name);
}

/* A table of generation 7 with four routes and three keys, one twice. */
static void
filed_make(struct buf *out)
{
	struct mtable_history h = { .n = 0 };
	struct mtable_writer w = { 0 };
	struct mtable_key keys[4];
	struct buf octets = { 0 }, net = { 0 }, list = { 0 };
	const struct mtable_mta mta = { .delimiters = "+-",
		.filters_local = true };
	struct mtable_annex annex;

	filed_key(&keys[0], 'c', "mx3.example.org");
	filed_key(&keys[1], 'a', "mx1.example.org");
	filed_key(&keys[2], 'b', "mx1.example.org");
	filed_key(&keys[3], 'a', "mx7.example.org");
	buf_text(&net, "a net");
	mtable_keys_encode(&list, keys, 4);
	mtable_annex_encode(
	    &octets, (struct mtable_version){ 3, 7 }, &mta, &list, &net);
	ck_assert_int_eq(
	    mtable_annex_decode(octets.p, octets.n, &annex), RC_OK);
	ck_assert_uint_eq(annex.nkeys, 3);
	mtable_history_add(&h, (struct mtable_version){ 2, 9 }, 1000);
	mtable_history_add(&h, (struct mtable_version){ 3, 5 }, 2000);
	mtable_history_add(&h, (struct mtable_version){ 3, 4 }, 2500);
	mtable_history_add(&h, (struct mtable_version){ 3, 7 }, 3000);
	filed_route(&w, "*", "mx2.example.org", NULL);
	filed_route(&w, ".example.org", "mx2.example.org", "mx3.example.org");
	filed_hold(&w, "paris.example.org");
	filed_route(&w, "u@paris.example.org", "mx3.example.org", NULL);
	mtable_end(&w, &annex, &h, out);
	buf_done(&octets);
	buf_done(&list);
	buf_done(&net);
}

/* At its exact size, so that the sanitizer guards it. */
uint8_t *
filed_open(struct mtable *t)
{
	struct buf out = { 0 };
	uint8_t *p;

	filed_make(&out);
	p = malloc(out.n);
	memcpy(p, out.p, out.n);
	ck_assert_int_eq(mtable_open(t, p, out.n), RC_OK);
	buf_done(&out);
	return p;
}
