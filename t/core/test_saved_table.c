/*
 * test_saved_table.c - tables that a former life of a server has saved: by lsrds of
 * before, in two places at once, and in items of which a later one counts.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/node/node.h"
#include "t/core/cheap.h"
#include "t/tap.h"

struct life {
	char own[8], group[2];
	struct claims claims;
	struct setup setup;
	struct crypto crypto;
	struct engine *engine;
};

static void
life_begin(struct life *h)
{
	struct input conf = { .kind = IN_CONF, .now = { 1 } };

	memset(h, 0, sizeof(*h));
	memcpy(h->own, "a.x.org", 8);
	h->group[0] = 'g';
	h->setup = cheap_setup(h->own, h->group, &h->claims);
	cheap_key('z', h->setup.authority.id);
	cheap_key('a', h->claims.key);
	h->crypto = cheap_seal("a");
	h->engine = engine_new(1, &h->crypto);
	conf.setup = &h->setup;
	engine_step(h->engine, &conf);
}

static void
life_restore(struct life *h, enum save_what what, const struct buf *octets)
{
	engine_step(h->engine, &(struct input){ .kind = IN_RESTORE,
				   .who = what,
				   .bytes = octets->p,
				   .len = octets->n,
				   .made = what == SAVE_PART,
				   .now = { 1 } });
}

static void
life_part(struct life *h, const struct buf *part)
{
	life_restore(h, SAVE_PART, part);
}

/* An item (saved.h). */
static void
life_item(struct buf *out, uint8_t kind, const void *p, size_t n)
{
	buf_u8(out, kind);
	buf_u32(out, (uint32_t)n);
	buf_bytes(out, p, n);
}

static void
life_route(struct buf *out, const char *pattern, uint64_t leaves)
{
	struct route route = { .pattern = (char *)(uintptr_t)pattern,
		.kind = ROUTE_HOLD,
		.leaves = leaves,
		.reason = (char[]){ "no path" } };

	route_encode(out, &route);
}

/* A table of two routes, without what is around it. */
static void
life_table(struct buf *out, uint64_t generation)
{
	buf_u64(out, generation);
	buf_u32(out, 2);
	life_route(out, "a.example", 0);
	life_route(out, "b.example", 0);
}

static void
life_leaves(struct buf *out, const char *pattern, uint32_t ms)
{
	buf_u16(out, (uint16_t)strlen(pattern));
	buf_text(out, pattern);
	buf_u32(out, ms);
}

/* "PATTERN+LEAVES ..." of the table there is now; the caller frees it. */
static char *
life_is(const struct life *h)
{
	const struct rib *rib = h->engine->table.rib;
	struct buf out = { 0 };

	for (size_t i = 0; rib != NULL && i < rib->n; i++)
		buf_printf(&out, "%s+%llu ", rib->routes[i].pattern,
		    (unsigned long long)rib->routes[i].leaves);
	if (rib != NULL)
		buf_printf(&out, "%llu", (unsigned long long)rib->generation);
	return buf_string(&out);
}

/* The state of an lsrd of before: nothing but a table, and since version 2 what
 * leaves is in the routes. */
static const struct {
	const char *what;
	uint8_t version;
	uint64_t generation;
	size_t cut;       /* so many octets are missing */
	const char *left; /* says version 1 of it, for 7 s; NULL: none */
	const char *is;
} befores[] = {
	{ "version 2", 2, 5, 0, NULL, "a.example+0 b.example+0 5" },
	{ "version 1", 1, 5, 0, NULL, "a.example+0 b.example+0 5" },
	{ "one leaves", 1, 5, 0, "b.example", "a.example+0 b.example+7 5" },
	{ "one that is no route", 1, 5, 0, "c.example",
	    "a.example+0 b.example+0 5" },
	{ "one that is longer", 1, 5, 0, "a.example.org",
	    "a.example+0 b.example+0 5" },
	{ "it is cut", 1, 5, 1, "b.example", "a.example+0 b.example+0 5" },
	{ "the table is cut", 2, 5, 1, NULL, "" },
	{ "no table", 2, 0, 0, NULL, "" },
	{ "no table, and one leaves", 1, 0, 0, "b.example", "" },
	{ "a version to come", 3, 5, 0, NULL, "" },
	{ "none that ever was", 0, 5, 0, NULL, "" },
};

START_TEST(a_state_of_before)
{
	struct buf state = { 0 }, none = { 0 };
	struct life h;
	char *is;

	buf_u8(&state, befores[_i].version);
	buf_u32(&state, 0);
	life_table(&state, befores[_i].generation);
	if (befores[_i].left != NULL) {
		buf_u32(&state, 1);
		life_leaves(&state, befores[_i].left, 7000);
	}
	state.n -= befores[_i].cut;
	life_begin(&h);
	life_restore(&h, SAVE_EPOCH, &none);
	life_restore(&h, SAVE_STATE, &state);
	is = life_is(&h);
	ck_assert_msg(
	    strcmp(is, befores[_i].is) == 0, "%s: %s", befores[_i].what, is);
	mem_free(is);
	engine_free(h.engine);
	buf_done(&state);
}
END_TEST

/* Of two tables the newer one counts, wherever it lies; and a number that no file
 * has is not given again. */
static const struct {
	uint64_t table, state, noted; /* generations; 0: none */
	uint64_t is;
} newer[] = {
	{ 5, 3, 0, 5 },
	{ 3, 5, 0, 5 },
	{ 5, 5, 0, 5 },
	{ 5, 0, 0, 5 },
	{ 0, 5, 0, 5 },
	{ 3, 5, 8, 9 },
	{ 3, 5, 5, 5 },
	{ 5, 0, UINT64_MAX, 5 }, /* of a bad disk */
	{ UINT64_MAX, 0, 0, LIMIT_GENERATION },
};

START_TEST(the_newer_table_counts)
{
	struct buf table = { 0 }, state = { 0 }, none = { 0 };
	struct life h;

	life_table(&table, newer[_i].table);
	if (newer[_i].noted > 0)
		buf_u64(&table, newer[_i].noted);
	buf_u8(&state, 2);
	buf_u32(&state, 0);
	life_table(&state, newer[_i].state);
	life_begin(&h);
	life_restore(&h, SAVE_EPOCH, &none);
	life_restore(&h, SAVE_TABLE, newer[_i].table > 0 ? &table : &none);
	life_restore(&h, SAVE_STATE, newer[_i].state > 0 ? &state : &none);
	ck_assert_uint_eq(h.engine->table.rib->generation, newer[_i].is);
	engine_free(h.engine);
	buf_done(&table);
	buf_done(&state);
}
END_TEST

/* An epoch of another size was not written by us. */
START_TEST(an_epoch_is_four_octets)
{
	struct buf epoch = { 0 }, none = { 0 };
	struct life h;

	buf_u64(&epoch, 7);
	epoch.n = (size_t)_i;
	memcpy(epoch.p, "\0\0\0\6\0", 5);
	life_begin(&h);
	life_restore(&h, SAVE_EPOCH, &epoch);
	life_restore(&h, SAVE_TABLE, &none);
	life_restore(&h, SAVE_STATE, &none);
	ck_assert_uint_eq(h.engine->origin.epoch.now, _i == 4 ? 7 : 1);
	engine_free(h.engine);
	buf_done(&epoch);
}
END_TEST

/* Routes come before the table or after it; one that is whole begins anew, and
 * what is too short changes nothing. */
static const struct {
	const char *what;
	uint8_t kind;
	const char *octets;
	size_t n;
	const char *is;
} laters[] = {
	{ "nothing", 99, "", 0, "a.example+0 3" },
	{ "a table of changes", 3, "\0\0\0\0\0\0\0\4\0", 9, "a.example+0 4" },
	{ "a whole table", 3, "\0\0\0\0\0\0\0\4\1", 9, "4" },
	{ "a table that is cut", 3, "\0\0\0\0\0\0\0\4", 8, "a.example+0 3" },
	{ "a route that is none", 4, "\0\1", 2, "a.example+0 3" },
	{ "a route that is gone", 5, "a.example", 9, "3" },
	{ "another that is gone", 5, "b.example", 9, "a.example+0 3" },
	{ "an LSA that is gone, and is none", 2, "\4", 1, "a.example+0 3" },
};

START_TEST(a_later_item)
{
	static const uint8_t table[9] = { [7] = 3 };
	struct buf part = { 0 }, none = { 0 }, r = { 0 };
	struct life h;
	char *is;

	life_route(&r, "a.example", 0);
	life_item(&part, 4, r.p, r.n);
	life_item(&part, 3, table, sizeof(table));
	life_item(&part, laters[_i].kind, laters[_i].octets, laters[_i].n);
	life_begin(&h);
	life_part(&h, &part);
	life_restore(&h, SAVE_STATE, &none);
	is = life_is(&h);
	ck_assert_msg(
	    strcmp(is, laters[_i].is) == 0, "%s: %s", laters[_i].what, is);
	mem_free(is);
	engine_free(h.engine);
	buf_done(&part);
	buf_done(&r);
}
END_TEST

#define ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int
main(void)
{
	Suite *suite = suite_create("saved_table");
	TCase *tc = tcase_create("saved_table");

	tcase_add_loop_test(tc, a_state_of_before, 0, ROWS(befores));
	tcase_add_loop_test(tc, the_newer_table_counts, 0, ROWS(newer));
	tcase_add_loop_test(tc, an_epoch_is_four_octets, 0, 6);
	tcase_add_loop_test(tc, a_later_item, 0, ROWS(laters));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
