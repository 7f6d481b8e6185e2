/*
 * test_moved.c - what is told of a table that is another, and of one that is made
 * again: which routes moved, however many; what is tried again, and when; and what
 * the MTA has of keys that are over.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/node/moved.h"
#include "t/core/answers.h"
#include "t/tap.h"

#define WALL 1800000000u
#define MANY (MOVED_PATTERNS + 10)

/* What some steps have told. */
struct seen {
	size_t retries, all; /* FX_RETRY; and of "*" */
	size_t tables;
	size_t keys, more_keys; /* that leave: said, and counted */
	struct buf history;     /* the last record */
	struct buf routes; /* what is logged of each table that is another */
};

static const char *
or_none(const char *text)
{
	return text == NULL ? "-" : text;
}

static void
routes_add(struct buf *out, const struct event *e)
{
	buf_printf(out, "%s %s %s %s %s %u %u;", e->name, or_none(e->reason),
	    or_none(e->from), or_none(e->to), or_none(e->text),
	    (unsigned)e->value, (unsigned)e->total);
}

static void
seen_add(struct seen *seen, const struct effects *fx)
{
	for (size_t i = 0; i < fx->n; i++) {
		const struct effect *one = &fx->list[i];

		seen->retries += one->kind == FX_RETRY;
		seen->all +=
		    one->kind == FX_RETRY && strcmp(one->name, "*") == 0;
		seen->tables += one->kind == FX_ROUTES;
		if (one->kind == FX_EVENT && one->event->kind == EVENT_KEYS)
			seen->more_keys += one->event->value;
		seen->keys +=
		    one->kind == FX_EVENT && one->event->kind == EVENT_KEY;
		if (one->kind == FX_EVENT && one->event->kind == EVENT_ROUTES)
			routes_add(&seen->routes, one->event);
		if (one->kind != FX_HISTORY)
			continue;
		buf_reset(&seen->history);
		buf_bytes(&seen->history, one->bytes, one->len);
		buf_u8(&seen->history, 0);
	}
}

static void
see_step(struct insider *f, struct seen *seen, struct input in)
{
	struct effects fx;

	in.now.ms = f->ms;
	in.wall = WALL;
	fx = engine_step(f->engine, &in);
	seen_add(seen, &fx);
}

static void
see_ticks(struct insider *f, struct seen *seen, uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i += 100) {
		f->ms += 100;
		see_step(f, seen, (struct input){ .kind = IN_TICK });
	}
}

static void
see_published(struct insider *f, struct seen *seen, bool made)
{
	see_step(f, seen,
	    (struct input){ .kind = IN_PUBLISHED,
		.made = made,
		.value = f->engine->table.rib->generation });
}

static size_t
count(const struct seen *seen, const char *what)
{
	const char *at = (const char *)seen->history.p;
	size_t n = 0;

	for (; at != NULL && (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* --- one route ---------------------------------------------------------------------- */

/* What lsrctl would show of a pattern, `since` and `cause`. */
static char *
shown(const struct engine *e, const char *pattern)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };

	json_open(&j, NULL, '{');
	moved_show(e, &j, pattern);
	json_close(&j, '}');
	return buf_string(&out);
}

static void
shows(const struct engine *e, const char *pattern, const char *want)
{
	char *text = shown(e, pattern);

	ck_assert_str_eq(text, want);
	mem_free(text);
}

/* Time alone moves a route for the reason that it had; but one that was gone has
 * none of before. */
START_TEST(what_was_gone_has_no_cause)
{
	char pattern[] = "x.org";
	struct route route = { .pattern = pattern, .kind = ROUTE_HERE };
	struct moved moved = { 0 };
	struct insider f;
	struct engine *e;

	answers_begin(&f);
	e = f.engine;
	cause_other(e, "link", "c.x.org", "down", NULL);
	moved_route(e, &moved, NULL, &route);
	shows(e, pattern,
	    "{\"since\":1800000000,\"cause\":{\"what\":\"link\",\"server\":"
	    "\"c.x.org\",\"did\":\"down\"}}");
	causes_clear(&e->table.moving.causes);
	moved_route(e, &moved, &route, &route);
	shows(e, pattern,
	    "{\"since\":1800000000,\"cause\":{\"what\":\"link\",\"server\":"
	    "\"c.x.org\",\"did\":\"down\"}}");
	moved_route(e, &moved, &route, NULL);
	shows(e, pattern, "{}");
	moved_route(e, &moved, NULL, &route);
	shows(e, pattern, "{\"since\":1800000000}");
	moved_end(e, &moved, e->table.rib);
	engine_free(e);
}
END_TEST

static void
are_said(struct buf *said, const char *want)
{
	buf_u8(said, 0);
	ck_assert_str_eq((const char *)said->p, want);
	buf_reset(said);
}

/* Which of two causes a route has moved by: what is nearer to it. */
static const struct {
	struct cause a, b;
	bool second;
} nearer[] = {
	{ { .what = "link", .server = (char[]){ "q.org" } },
	    { .what = "link", .server = (char[]){ "x.org" } }, true },
	{ { .what = "link", .server = (char[]){ "x.org" } },
	    { .what = "link", .server = (char[]){ "q.org" } }, false },
	{ { .what = "configuration" },
	    { .what = "link", .server = (char[]){ "q.org" } }, false },
	{ { .what = "configuration" },
	    { .what = "link", .server = (char[]){ SELF } }, true },
	{ { .what = "link", .server = (char[]){ SELF } },
	    { .what = "link", .server = (char[]){ "h.org" } }, true },
	{ { .what = "link", .server = (char[]){ "h.org" } },
	    { .what = "lsa",
		.type = LSA_SPACE,
		.server = (char[]){ "q.org" },
		.id = (char[]){ "x.org" } },
	    true },
	{ { .what = "link", .server = (char[]){ "h.org" } },
	    { .what = "lsa",
		.type = LSA_SPACE,
		.server = (char[]){ "h.org" },
		.id = (char[]){ "y.org" } },
	    false },
	{ { .what = "link", .server = (char[]){ "q.org" } },
	    { .what = "lsa",
		.type = LSA_LIST,
		.server = (char[]){ "h.org" },
		.id = (char[]){ "y.org" } },
	    false },
	{ { .what = "link", .server = (char[]){ "q.org" } },
	    { .what = "lsa",
		.type = LSA_LIST,
		.server = (char[]){ "h.org" },
		.id = (char[]){ "w.org" } },
	    true },
	{ { .what = "link", .server = (char[]){ "q.org" } },
	    { .what = "link", .server = (char[]){ "p.org" } }, false },
};

START_TEST(the_nearer_cause)
{
	char pattern[] = "x.org";
	struct route from = { .pattern = pattern, .kind = ROUTE_HERE };
	struct route to = { .pattern = pattern,
		.kind = ROUTE_REMOTE,
		.nhops = 1,
		.hop = { { .name = (char[]){ "h.org" } } } };
	struct moved moved = { 0 };
	struct cause a = nearer[_i].a, b = nearer[_i].b;
	struct causes *causes;
	struct insider f;

	answers_begin(&f);
	causes = &f.engine->table.moving.causes;
	causes_clear(causes);
	a.uses = b.uses = 100; /* nobody frees them */
	causes->v[0] = &a;
	causes->v[1] = &b;
	causes->n = 2;
	moved_route(f.engine, &moved, &from, &to);
	ck_assert_ptr_eq(moved.groups.v[0].cause, nearer[_i].second ? &b : &a);
	causes->n = 0;
	vec_done(&moved.groups.v[0].patterns);
	vec_done(&moved.groups);
	engine_free(f.engine);
}
END_TEST

/* A table moves a moment after what it is for, and is published later: both are
 * told from when the first of its causes was. */
START_TEST(how_soon)
{
	struct seen seen = { 0 };
	struct setup_space list[2];
	struct insider f;

	answers_begin(&f);
	memcpy(list, f.setup.spaces, sizeof(list));
	list[0].way = (char[]){ "smtp:[other.x.org]" };
	cause_other(f.engine, "link", "c.x.org", "down", NULL);
	f.ms += 300;
	cause_other(f.engine, "link", "d.x.org", "down", NULL);
	cause_other(f.engine, "link", "c.x.org", "down", "again");
	ck_assert_uint_eq(f.engine->table.moving.causes.n, 2);
	f.setup.spaces = list;
	see_step(
	    &f, &seen, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	f.ms += 200;
	see_step(&f, &seen, (struct input){ .kind = IN_TICK });
	are_said(&seen.history,
	    "{\"kind\":\"routes\",\"generation\":2,\"moved\":1,\"total\":2,"
	    "\"after_ms\":500,\"causes\":[{\"what\":\"link\",\"server\":"
	    "\"c.x.org\",\"did\":\"down\",\"change\":\"again\"},{\"what\":"
	    "\"link\",\"server\":\"d.x.org\",\"did\":\"down\"},{\"what\":"
	    "\"configuration\",\"did\":\"read\"}],\"routes\":[{\"cause\":2,"
	    "\"from\":{\"here\":true,\"way\":\"smtp:[gw.x.org]\"},\"to\":{"
	    "\"here\":true,\"way\":\"smtp:[other.x.org]\"},\"patterns\":["
	    "\"gw.example\"]}]}");
	are_said(
	    &seen.routes, "2 gw.example here here configuration read 1 2;");
	buf_reset(&seen.history);
	f.ms += 1000;
	see_published(&f, &seen, false);
	are_said(&seen.history,
	    "{\"kind\":\"published\",\"generation\":2,\"after_ms\":1500}");
	buf_reset(&seen.history);
	see_published(
	    &f, &seen, false); /* once, and no table without a number */
	ck_assert_uint_eq(seen.history.n, 0);
	engine_free(f.engine);
	buf_done(&seen.history);
	buf_done(&seen.routes);
}
END_TEST

/* --- so many routes ----------------------------------------------------------------- */

/* Our own patterns p0000.example and so on, each with its way out; `ways`: so many
 * that differ. */
struct many {
	char patterns[MANY][20], ways[MANY][40];
	char *claims[MANY];
	struct setup_space spaces[MANY];
};

static void
many_ways(struct many *m, size_t ways, unsigned when)
{
	for (size_t i = 0; i < MANY; i++) {
		snprintf(m->patterns[i], sizeof(m->patterns[i]),
		    "p%04zu.example", i);
		snprintf(m->ways[i], sizeof(m->ways[i]), "smtp:[w%zu-%u.x.org]",
		    i % ways, when);
		m->claims[i] = m->patterns[i];
		m->spaces[i] = (struct setup_space){
			.pattern = m->patterns[i], .cost = 1, .way = m->ways[i]
		};
	}
}

/* All move at once: of so many and no more it is told where they went, and the rest
 * is counted. */
static const struct {
	size_t ways, groups, named;
} manies[] = {
	{ 1, 1, MOVED_PATTERNS },
	{ MOVED_GROUPS, MOVED_GROUPS, MOVED_PATTERNS },
	{ MANY, MOVED_GROUPS, MOVED_GROUPS },
};

/* All leave: of fifty there is a line. */
static void
they_leave(struct insider *f, struct seen *seen)
{
	seen->keys = seen->more_keys = 0;
	f->setup.nspaces = f->claims.nspaces = 0;
	see_step(
	    f, seen, (struct input){ .kind = IN_CONF, .setup = &f->setup });
	see_ticks(f, seen, 1000);
	ck_assert_uint_eq(seen->keys, 50);
	ck_assert_uint_eq(seen->more_keys, MANY - 50);
}

START_TEST(more_than_is_named)
{
	struct many *m = mem_new(sizeof(*m), 0, 0);
	struct seen seen = { 0 };
	struct insider f;
	char left[40];

	answers_begin(&f);
	many_ways(m, manies[_i].ways, 0);
	f.claims.spaces = m->claims;
	f.claims.nspaces = MANY;
	f.setup.spaces = m->spaces;
	f.setup.nspaces = MANY;
	see_step(
	    &f, &seen, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	see_ticks(&f, &seen, 3000);
	see_published(&f, &seen, false);
	see_ticks(&f, &seen, 1000);
	ck_assert_uint_eq(f.engine->table.rib->n, MANY + 2);
	ck_assert(!f.engine->due.save_whole || f.engine->due.save);
	many_ways(m, manies[_i].ways, 1);
	see_step(
	    &f, &seen, (struct input){ .kind = IN_CONF, .setup = &f.setup });
	see_ticks(&f, &seen, 3000);
	snprintf(left, sizeof(left), "\"left_out\":%zu",
	    (size_t)MANY - manies[_i].named);
	ck_assert_uint_eq(count(&seen, left), 1);
	snprintf(left, sizeof(left), "\"moved\":%u", MANY);
	ck_assert_uint_eq(count(&seen, left), 1);
	ck_assert_uint_eq(count(&seen, "\"patterns\":["), manies[_i].groups);
	ck_assert_uint_ge(count(&seen, "{\"what\":\""), 1);
	ck_assert_uint_eq(count(&seen, ".example\""), manies[_i].named);
	/* An older table is published: this one is still on its way. */
	buf_reset(&seen.history);
	see_step(&f, &seen,
	    (struct input){ .kind = IN_PUBLISHED,
		.value = f.engine->table.rib->generation - 1 });
	ck_assert_uint_ne(f.engine->table.moving.in, 0);
	see_published(&f, &seen, false);
	ck_assert_uint_eq(f.engine->table.moving.in, 0);
	if (_i == 0)
		they_leave(&f, &seen);
	engine_free(f.engine);
	buf_done(&seen.history);
	buf_done(&seen.routes);
	mem_free(m);
}
END_TEST

/* --- what is tried again ------------------------------------------------------------- */

/* The MTA's tables were missing, and are made again: all mail is tried now, and once
 * more when every process of the MTA has come to see them. */
START_TEST(tables_that_were_missing)
{
	struct seen seen = { 0 };
	struct insider f;

	answers_begin(&f);
	f.setup.mta.retry = _i == 1;
	see_published(&f, &seen, true);
	ck_assert_uint_eq(seen.all, _i == 1 ? 1 : 0);
	see_ticks(&f, &seen, 139900);
	ck_assert_uint_eq(seen.all, _i == 1 ? 1 : 0);
	see_ticks(&f, &seen, 200);
	ck_assert_uint_eq(seen.all, _i == 1 ? 2 : 0);
	see_ticks(&f, &seen, 300000);
	ck_assert_uint_eq(seen.all, _i == 1 ? 2 : 0);
	engine_free(f.engine);
	buf_done(&seen.history);
	buf_done(&seen.routes);
}
END_TEST

/* Before there is a table nothing is published, and nothing waits. */
START_TEST(words_before_there_is_a_table)
{
	struct seen seen = { 0 };
	struct insider f;

	insider_begin(&f);
	ck_assert_ptr_null(f.engine->table.rib);
	see_step(&f, &seen, (struct input){ .kind = IN_PUBLISHED, .value = 7 });
	see_step(&f, &seen,
	    (struct input){ .kind = IN_WAITS, .name = "x.org", .value = 0 });
	ck_assert_uint_eq(f.engine->table.published, 0);
	ck_assert(!f.engine->table.published_once);
	see_ticks(&f, &seen, 1000);
	ck_assert_uint_eq(seen.retries, 0);
	engine_free(f.engine);
	buf_done(&seen.history);
	buf_done(&seen.routes);
}
END_TEST

/* What the MTA has waiting is no word about a table that is still on its way; nor is
 * how it is configured one before the saved state is read. */
START_TEST(words_too_early)
{
	struct seen seen = { 0 };
	struct insider f;
	struct engine *e;
	struct mta mta;

	answers_begin(&f);
	f.engine->table.published--;
	f.engine->due.compute = false;
	see_step(&f, &seen,
	    (struct input){
		.kind = IN_WAITS, .name = "gw.example", .value = 0 });
	ck_assert(!f.engine->due.compute);
	e = engine_new(1, &f.crypto);
	mta_init(&mta);
	mta.read = true;
	mta.asks = mta.asks_default = MTA_NO;
	engine_step(
	    e, &(struct input){
		   .kind = IN_CONF, .setup = &f.setup, .now.ms = f.ms });
	engine_step(
	    e, &(struct input){ .kind = IN_MTA, .mta = &mta, .now.ms = f.ms });
	ck_assert(e->asked.told);
	ck_assert_int_eq(e->asked.verdict, MTA_UNKNOWN);
	mta_done(&mta);
	engine_free(e);
	engine_free(f.engine);
	buf_done(&seen.history);
	buf_done(&seen.routes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("moved");
	TCase *tc = tcase_create("moved");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_was_gone_has_no_cause);
	tcase_add_loop_test(
	    tc, the_nearer_cause, 0, (int)(sizeof(nearer) / sizeof(nearer[0])));
	tcase_add_test(tc, how_soon);
	tcase_add_loop_test(tc, more_than_is_named, 0,
	    (int)(sizeof(manies) / sizeof(manies[0])));
	tcase_add_loop_test(tc, tables_that_were_missing, 0, 2);
	tcase_add_test(tc, words_before_there_is_a_table);
	tcase_add_test(tc, words_too_early);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
