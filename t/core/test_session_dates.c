/*
 * test_session_dates.c - a certificate that is out of date (lsrd-protocol(7) 1):
 * the engine alone, a peer that opens a session, and what is said of it.
 */

#include <string.h>

#include "core/lsa/limits.h"
#include "core/node/engine.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define NOW 1800000000u /* seconds since 1970 */

static struct crypto cheap;
static int64_t not_after;

static int
vouch(void *ctx, const uint8_t *der, size_t n, struct claims **out)
{
	int rc = cheap.vouch(cheap.ctx, der, n, out);

	(void)ctx;
	if (rc == 0)
		(*out)->not_after = not_after;
	return rc;
}

/* What one step says: alarms, refusals, closes. */
struct said {
	size_t expired, closed;
	const char *refused;
};

static void
listen_to(const struct effects *fx, struct said *said)
{
	for (size_t i = 0; i < fx->n; i++) {
		const struct effect *one = &fx->list[i];

		if (one->kind == FX_CLOSE)
			said->closed++;
		if (one->kind != FX_EVENT)
			continue;
		if (one->event->kind == EVENT_EXPIRED)
			said->expired++;
		if (one->event->kind == EVENT_SESSION_REFUSED)
			said->refused = "expired";
		if (one->event->kind == EVENT_SESSION_REFUSED)
			ck_assert_str_eq(one->event->reason, "expired");
	}
}

static struct said
step(struct engine *engine, struct input in, uint64_t ms)
{
	struct said said = { 0 };
	struct effects fx;

	in.now.ms = ms;
	in.wall = NOW + ms / 1000;
	fx = engine_step(engine, &in);
	listen_to(&fx, &said);
	return said;
}

static struct engine *
begun(const struct crypto *crypto, const struct setup *setup)
{
	struct engine *engine = engine_new(1, crypto);

	step(engine, (struct input){ .kind = IN_CONF, .setup = setup }, 1);
	step(
	    engine, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH }, 1);
	step(
	    engine, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE }, 1);
	return engine;
}

static const struct {
	const char *what;
	int64_t not_after;
	bool known, refused;
	size_t alarms; /* of three sessions: now, soon, after an hour */
} rows[] = {
	{ "in date, known", NOW + 86400, true, false, 0 },
	{ "in date, not known", NOW + 86400, false, false, 0 },
	{ "over, known", NOW - 86400, true, false, 2 },
	{ "over, not known", NOW - 86400, false, true, 0 },
	{ "ends meanwhile", NOW + 5, true, false, 2 },
};

/* One session, for nine seconds. */
static struct said
session(struct engine *engine, uint32_t who, uint64_t s)
{
	static const char cert[] = "b.x.org g - - b";
	struct input in = { .kind = IN_OPEN,
		.who = who,
		.name = "b.x.org",
		.bytes = (const uint8_t *)cert,
		.len = sizeof(cert) - 1 };
	struct said said = step(engine, in, s * 1000);

	for (uint64_t i = 1; i < 9; i++)
		said.expired += step(
		    engine, (struct input){ .kind = IN_TICK }, (s + i) * 1000)
		                    .expired;
	step(engine, (struct input){ .kind = IN_CLOSED, .who = who },
	    (s + 9) * 1000);
	return said;
}

START_TEST(dates)
{
	char name[] = "b.x.org", own[] = "a.x.org", group[] = "g";
	struct setup_peer peer = { .name = name };
	struct claims claims = { 0 };
	struct setup setup = { .server = own,
		.group = group,
		.organization = group,
		.claims = &claims,
		.peers = &peer,
		.npeers = rows[_i].known,
		.times.keepalive_ms = 1000,
		.times.dead_ms = 60000,
		.times.probe_ms = 5000,
		.times.digest_ms = 180000,
		.mta.none = true,
		.confirm_percent = 100 };
	static const uint64_t begins[] = { 1, 20, 3700 };
	struct crypto crypto = cheap = cheap_seal("a");
	struct engine *engine;
	size_t alarms = 0;

	crypto.vouch = vouch;
	not_after = rows[_i].not_after;
	engine = begun(&crypto, &setup);
	for (uint32_t i = 0; i < 3; i++) {
		struct said said = session(engine, i + 1, begins[i]);

		ck_assert_msg((said.refused != NULL) == rows[_i].refused, "%s",
		    rows[_i].what);
		ck_assert_uint_eq(said.closed, rows[_i].refused);
		alarms += said.expired;
	}
	ck_assert_msg(
	    alarms == rows[_i].alarms, "%s: %zu alarms", rows[_i].what, alarms);
	engine_free(engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session");
	TCase *tc = tcase_create("session");

	tcase_add_loop_test(
	    tc, dates, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
