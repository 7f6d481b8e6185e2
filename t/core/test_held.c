/* test_held.c - when mail that is held will be given up, and the alarm. */

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/node/fx.h"
#include "core/node/held.h"
#include "core/node/node.h"
#include "t/tap.h"

#define LIFETIME 432000
#define CAME 1000000

static char pattern[] = "hold.example";

static void
tell(struct engine *e, const char *name, const char *id, uint64_t came)
{
	struct input in = { .kind = IN_HELD,
		.name = name,
		.bytes = (const uint8_t *)id,
		.len = strlen(id),
		.value = came };

	held_told(e, &in);
}

/* So many alarms since the last time; the last is about this message. */
static void
alarms(struct engine *e, size_t n, const char *id)
{
	ck_assert_uint_eq(e->fx.list.n, n);
	if (n > 0) {
		const struct event *event = e->fx.list.v[n - 1].event;

		ck_assert_int_eq(event->kind, EVENT_HELD);
		ck_assert_str_eq(event->name, pattern);
		ck_assert_str_eq(event->peer, id);
		ck_assert_ptr_nonnull(event->to);
	}
	fx_clear(e);
}

static void
shows(const struct engine *e, const char *want)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };
	char *have;

	json_open(&j, NULL, '{');
	held_show(e, &j);
	json_close(&j, '}');
	have = buf_string(&out);
	ck_assert_str_eq(have, want);
	mem_free(have);
}

static void
at(struct engine *e, uint64_t wall)
{
	e->wall = wall;
	e->now.ms = wall * 1000;
}

START_TEST(a_day_ahead_and_hourly)
{
	struct route route = { .pattern = pattern, .kind = ROUTE_HOLD };
	struct rib rib = { .routes = &route, .n = 1 };
	struct engine e = { .asked.mta = { .lifetime_s = LIFETIME } };
	uint64_t end = CAME + LIFETIME;

	tell(&e, pattern, "A1", CAME); /* no table yet */
	alarms(&e, 0, NULL);
	shows(&e, "{}");
	e.table.rib = &rib;
	at(&e, end - 86401);
	tell(&e, pattern, "A1", CAME);
	alarms(&e, 0, NULL);
	shows(&e, "{\"oldest_held\":{\"pattern\":\"hold.example\","
		  "\"message\":\"A1\",\"came\":1000000,\"gives_up\":1432000}}");
	at(&e, end - 86400);
	tell(&e, pattern, "A1", CAME);
	alarms(&e, 1, "A1");
	at(&e, end - 86400 + 3599);
	tell(&e, pattern, "A2", CAME);
	alarms(&e, 0, NULL);
	at(&e, end - 86400 + 3600);
	tell(&e, pattern, "A2", CAME);
	alarms(&e, 1, "A2");
	at(&e, end);
	route.kind = ROUTE_REMOTE;
	tell(&e, pattern, "A2", CAME);
	alarms(&e, 0, NULL);
	shows(&e, "{}");
	route.kind = ROUTE_HOLD;
	tell(&e, NULL, "", 0);
	alarms(&e, 0, NULL);
	shows(&e, "{}");
	held_done(&e);
	vec_done(&e.fx.arena);
	vec_done(&e.fx.list);
}
END_TEST

/* Where mail waits for a day alone, not all that waits is an alarm. */
START_TEST(half_a_short_life)
{
	struct route route = { .pattern = pattern, .kind = ROUTE_HOLD };
	struct rib rib = { .routes = &route, .n = 1 };
	struct engine e = { .asked.mta = { .lifetime_s = 86400 },
		.table.rib = &rib };

	at(&e, CAME + 43199);
	tell(&e, pattern, "A1", CAME);
	alarms(&e, 0, NULL);
	at(&e, CAME + 43200);
	tell(&e, pattern, "A1", CAME);
	alarms(&e, 1, "A1");
	held_done(&e);
	vec_done(&e.fx.arena);
	vec_done(&e.fx.list);
}
END_TEST

static void
read_ago(const struct engine *e, const char *want)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };
	char *have;

	held_read_show(e, &j);
	have = buf_string(&out);
	ck_assert_str_eq(have, want);
	mem_free(have);
}

/* Who waits for a queue to run down must know: an empty one is read, too, and
 * one that nobody reads never runs down. */
START_TEST(how_long_ago_it_was_read)
{
	struct setup setup = { .congestion = { .messages = 20 } };
	struct engine e = { .setup = &setup };

	at(&e, 7);
	read_ago(&e, "\"queue_read_s\":7");
	tell(&e, NULL, "", 0);
	read_ago(&e, "\"queue_read_s\":0");
	at(&e, 37);
	read_ago(&e, "\"queue_read_s\":30");
	setup.congestion.messages = 0;
	read_ago(&e, "");
	setup.congestion.messages = 20;
	setup.mta.none = true;
	read_ago(&e, "");
	held_done(&e);
	vec_done(&e.fx.arena);
	vec_done(&e.fx.list);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("held");
	TCase *tc = tcase_create("held");

	tcase_add_test(tc, a_day_ahead_and_hourly);
	tcase_add_test(tc, half_a_short_life);
	tcase_add_test(tc, how_long_ago_it_was_read);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
