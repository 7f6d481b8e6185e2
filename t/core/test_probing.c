/*
 * test_probing.c - what a probe's verdict, a word of a server and a message do to
 * a mail service, one at a time: two bridgeheads, our own mail service, and a way
 * out that is called like one of the bridgeheads.
 */

#include <string.h>

#include "base/rc.h"
#include "core/node/evidence.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/service.h"
#include "core/node/services.h"
#include "t/tap.h"

#define EACH_MS 5000

static char self[] = "mx1.example.org", far[] = "mx2.example.org",
	    third[] = "mx3.example.org", id[] = "london-paris",
	    group[] = "paris", way[] = "smtp:[gw.example.net]";
static struct setup_bridgehead bridgeheads[2];
static struct setup_connector connector;
static struct setup_space space;
static struct setup setup;
static struct crypto crypto;
static struct engine *e;

static void
probing_setup(void)
{
	bridgeheads[0] = (struct setup_bridgehead){ .name = far,
		.smtp = { { 4, { 192, 0, 2, 2 }, 25 } },
		.nsmtp = 1,
		.cost = 1 };
	bridgeheads[1] = (struct setup_bridgehead){ .name = third,
		.smtp = { { 4, { 192, 0, 2, 3 }, 25 } },
		.nsmtp = 1,
		.cost = 1 };
	connector = (struct setup_connector){ .name = id,
		.group = group,
		.bridgeheads = bridgeheads,
		.nbridgeheads = 2 };
	space = (struct setup_space){
		.pattern = far, .way = way, .probe = { 4, { 192, 0, 2, 9 }, 25 }
	};
	setup = (struct setup){ .server = self,
		.connectors = &connector,
		.nconnectors = 1,
		.spaces = &space,
		.nspaces = 1,
		.announced.smtp = { { 4, { 192, 0, 2, 1 }, 25 } },
		.announced.nsmtp = 1,
		.times.probe_ms = EACH_MS };
	e = engine_new(1, &crypto);
	e->setup = &setup;
	e->now.ms = 1000000;
	services_refresh(e);
}

static void
probing_teardown(void)
{
	e->setup = NULL;
	engine_free(e);
}

static struct service *
bridgehead(const char *name)
{
	return service_find(e, name, SERVICE_CONNECTOR);
}

static void
verdict_of(struct service *s, enum probe_verdict verdict, uint64_t value,
    const char *reason)
{
	probing_verdict(e, &(struct input){ .kind = IN_PROBE,
			       .who = s->who,
			       .verdict = (int)verdict,
			       .value = value,
			       .reason = reason });
}

/* So much later, with the verdict of the probe that was due. */
static void
probed(struct service *s, uint64_t ms, enum probe_verdict verdict,
    const char *reason)
{
	e->now.ms += ms;
	probing_tick(e);
	ck_assert(s->probe.running);
	verdict_of(s, verdict, 0, reason);
}

static void
all_up(void)
{
	probing_tick(e);
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s)) {
		if (s->probe.running)
			verdict_of(s, PROBE_OK, 0, NULL);
		s->state = SERVICE_UP;
		s->probe.next = MONO_NEVER; /* each case says which is due */
	}
}

/* Of the probe that is begun last of this service. */
static const struct effect *
asked_last(const struct service *s)
{
	const struct effect *found = NULL;

	for (size_t i = 0; i < e->fx.list.n; i++)
		if (e->fx.list.v[i].kind == FX_PROBE &&
		    e->fx.list.v[i].who == s->who)
			found = &e->fx.list.v[i];
	return found;
}

/* --- the network is not there --------------------------------------------------- */

/* Without a network nobody is down; but when others answer meanwhile it is the
 * way to this one that is missing. That we answer ourselves says nothing. */
static const struct {
	const char *reason, *heard;
	bool down;
} ways[] = {
	{ "no-network", third, true },
	{ "forbidden", third, true },
	{ "no-network", self, false },
	{ "no-network", NULL, false },
	{ "no-descriptors", third, false },
};

START_TEST(no_way_to_one_alone)
{
	struct service *s = bridgehead(far), *other;

	all_up();
	s->probe.next = e->now;
	for (int i = 0; i < 4; i++) {
		probed(s, 10000, PROBE_UNABLE, ways[_i].reason);
		other = ways[_i].heard == NULL ? NULL
		                               : service_of(e, ways[_i].heard);
		e->now.ms += 1;
		if (other != NULL)
			other->heard = e->now;
	}
	ck_assert_int_eq(s->state, ways[_i].down ? SERVICE_DOWN : SERVICE_UP);
}
END_TEST

/* --- late, and slow --------------------------------------------------------------- */

/* What was late has come: nothing was wrong, unless something was before. */
START_TEST(late_after_a_failure)
{
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	if (_i == 1)
		probed(s, 10000, PROBE_FAILED, "refused");
	probed(s, 10000, PROBE_LATE, NULL);
	ck_assert_int_eq(s->state, SERVICE_DOWN);
	ck_assert(s->probe.waits);
	verdict_of(s, PROBE_SLOW, 40000, NULL);
	ck_assert_int_eq(s->state, _i == 1 ? SERVICE_DOWN : SERVICE_UP);
	ck_assert(!s->probe.waits);
	/* Either way it is given so much the next time. */
	s->probe.next = e->now;
	e->now.ms += 60000;
	probing_tick(e);
	ck_assert_uint_eq(asked_last(s)->wait_ms, 60000);
}
END_TEST

/* Late a second time, by what is still the same lateness. */
START_TEST(late_twice)
{
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	probed(s, 10000, PROBE_LATE, NULL);
	probed(s, 60000, PROBE_LATE, NULL);
	verdict_of(s, PROBE_SLOW, 40000, NULL);
	ck_assert_int_eq(s->state, SERVICE_UP);
}
END_TEST

/* It may have begun before the clock did. */
START_TEST(slower_than_we_live)
{
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	probed(s, 10000, PROBE_LATE, NULL);
	verdict_of(s, PROBE_SLOW, e->now.ms + 1, NULL);
	ck_assert_int_eq(s->state, SERVICE_UP);
	ck_assert_uint_eq(s->probe.well.ms, 0);
}
END_TEST

/* --- what is given up ---------------------------------------------------------------- */

/* One that is late and that the MTA cannot use is waited for no longer. */
START_TEST(barred_while_it_is_late)
{
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	probed(s, 10000, PROBE_LATE, NULL);
	ck_assert(s->probe.waits && !s->probe.running);
	probing_bar(e, s, true);
	ck_assert_uint_eq(asked_last(s)->naddrs, 0);
	ck_assert(!s->probe.waits);
	ck_assert_int_eq(s->state, SERVICE_DOWN);
	/* Nor is it probed when its server says that it is there again, or a
	 * session to it is lost. */
	probing_back(e, far);
	probing_urgent(e, far);
	e->now.ms += 60000;
	probing_tick(e);
	ck_assert(!s->probe.running && !s->probe.urgent);
	probing_bar(e, s, false);
	ck_assert_int_eq(s->state, SERVICE_UNKNOWN);
	probing_tick(e);
	ck_assert(s->probe.running);
}
END_TEST

/* What comes of a probe that was given up, or of nobody's, is not looked at. */
START_TEST(a_verdict_of_before)
{
	struct service *s = bridgehead(far);

	all_up();
	verdict_of(s, PROBE_FAILED, 0, "refused");
	verdict_of(s, PROBE_LATE, 0, NULL);
	ck_assert_int_eq(s->state, SERVICE_UP);
	ck_assert_uint_eq(s->probe.fails, 0);
	ck_assert_ptr_null(s->why);
	probing_verdict(e, &(struct input){ .kind = IN_PROBE,
			       .who = 4711,
			       .verdict = PROBE_FAILED,
			       .reason = "refused" });
	ck_assert_int_eq(bridgehead(third)->state, SERVICE_UP);
}
END_TEST

/* It accepts a recipient that nobody has asked it for: that it is there. */
START_TEST(it_takes_what_was_not_asked)
{
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	probed(s, 10000, PROBE_FAILED, "refused");
	probed(s, 10000, PROBE_TAKES, NULL);
	ck_assert_uint_eq(s->probe.fails, 0);
	ck_assert_uint_eq(s->probe.oks, 1);
	ck_assert_int_eq(s->state, SERVICE_UP);
}
END_TEST

/* A connector may say at which address it is asked. */
START_TEST(asked_elsewhere)
{
	struct service *s;

	ck_assert_int_eq(
	    asks_read(&bridgeheads[0].asks, "lmtp 198.51.100.4:24"), RC_OK);
	setup.mta.by_name = true;
	services_refresh(e);
	s = bridgehead(far);
	probing_tick(e);
	ck_assert_uint_eq(asked_last(s)->addrs[0].ip[3], 4);
	ck_assert_uint_eq(asked_last(s)->addrs[0].port, 24);
	ck_assert(!asked_last(s)->by_name);
	ck_assert(asked_last(bridgehead(third))->by_name);
}
END_TEST

/* What it said when it refused stands in the log beside why; what it said at
 * another time does not. */
START_TEST(what_it_said)
{
	static const char *const saids[] = { "554 no", "", NULL, "554 no" };
	const char *text = NULL, *reason = NULL;
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	for (int i = 0; i < 2; i++) {
		e->now.ms += 10000;
		e->wall += 10;
		probing_tick(e);
		probing_verdict(
		    e, &(struct input){ .kind = IN_PROBE,
			   .who = s->who,
			   .verdict = PROBE_FAILED,
			   .name = saids[_i],
			   .reason = _i < 3 ? "bad-greeting" : NULL });
	}
	if (_i == 3) { /* it goes down again, by a word of the MTA */
		s->state = SERVICE_UP;
		e->wall++;
		probing_bar(e, s, true);
	}
	for (size_t i = 0; i < e->fx.list.n; i++) {
		const struct event *one = e->fx.list.v[i].event;

		if (one == NULL || one->kind != EVENT_LINK_STATE)
			continue;
		ck_assert_str_eq(one->name, id);
		text = one->text;
		reason = one->reason;
	}
	ck_assert_str_eq(reason, _i < 3 ? "bad-greeting" : "inet-protocols");
	if (_i == 0)
		ck_assert_str_eq(text, "554 no");
	else
		ck_assert_ptr_null(text);
	ck_assert_str_eq(s->error.what, _i < 3 ? "bad-greeting" : "failed");
}
END_TEST

/* --- soon ------------------------------------------------------------------------------ */

/* Its server, or a lost session to it, says nothing of a way out that only has
 * its name. */
START_TEST(a_way_out_of_the_same_name)
{
	struct service *out = service_find(e, far, SERVICE_SPACE);
	struct service *s = bridgehead(far);

	ck_assert_ptr_nonnull(out);
	all_up();
	out->probe.next = s->probe.next = MONO_NEVER;
	probing_learnt(e, far, true);
	ck_assert(s->probe.running && s->word_down);
	ck_assert(!out->probe.running && !out->probe.urgent);
	ck_assert(!out->word_down);
	verdict_of(s, PROBE_OK, 0, NULL);
	probing_urgent(e, far);
	ck_assert(!out->probe.running && !out->probe.urgent);
}
END_TEST

/* An alarm that is one too many: it is looked at as soon as it is due, and so is
 * nothing else of that name. */
START_TEST(alarms_that_are_too_many)
{
	struct service *out = service_find(e, far, SERVICE_SPACE);
	struct service *s = bridgehead(far);
	struct mono was;
	size_t n = 0;

	all_up();
	for (; n < 100; n++) {
		was = out->probe.next = mono_after(e->now, 600000);
		s->probe.next = mono_after(e->now, 600000);
		s->probe.running = s->probe.urgent = false;
		probing_urgent(e, far);
		if (!s->probe.running)
			break;
	}
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_lt(n, 100);
	ck_assert(s->probe.urgent);
	ck_assert_uint_lt(s->probe.next.ms, e->now.ms + 600000);
	ck_assert_uint_eq(out->probe.next.ms, was.ms);
	/* One that runs already will tell. */
	s->probe.running = true;
	s->probe.urgent = false;
	s->probe.next = MONO_NEVER;
	probing_urgent(e, far);
	ck_assert_uint_eq(s->probe.next.ms, MONO_NEVER.ms);
}
END_TEST

/* Of several addresses of one server that counts which was probed last: they are
 * probed no closer than one is. */
START_TEST(probed_at_any_address)
{
	struct service *one, *two;

	bridgeheads[0].smtp[1] = (struct addr){ 4, { 192, 0, 2, 7 }, 25 };
	bridgeheads[0].nsmtp = 2;
	services_refresh(e);
	one = bridgehead(far);
	two = service_next_of(one);
	ck_assert_ptr_nonnull(two);
	all_up();
	one->probe.last.ms = 5;
	two->probe.last.ms = 9;
	ck_assert_uint_eq(service_probed(e, far).ms, 9);
	one->probe.last.ms = 11;
	ck_assert_uint_eq(service_probed(e, far).ms, 11);
	ck_assert_uint_eq(service_probed(e, "nobody.example").ms, 0);
	two->probe.last = e->now;
	one->probe.next = e->now;
	probing_tick(e);
	ck_assert(!one->probe.running);
	ck_assert_uint_gt(one->probe.next.ms, e->now.ms);
	e->now = one->probe.next;
	probing_tick(e);
	ck_assert(one->probe.running);
}
END_TEST

/* Mail that was delivered is as good as a probe, where nothing else says that
 * one is needed. */
static const struct {
	bool running, urgent, down;
	uint32_t fails;
	bool put_off; /* the next one */
} mails[] = {
	{ false, false, false, 0, true },
	{ true, false, false, 0, false },
	{ false, true, false, 0, false },
	{ false, false, false, 1, false },
	{ false, false, true, 0, false },
};

START_TEST(delivered_mail)
{
	struct service *s = bridgehead(far);
	struct mono next;

	all_up();
	e->now.ms += 1500;
	next = s->probe.next = mono_after(e->now, 100);
	s->probe.last = e->now;
	s->probe.running = mails[_i].running;
	s->probe.urgent = mails[_i].urgent;
	s->probe.fails = mails[_i].fails;
	s->state = mails[_i].down ? SERVICE_DOWN : SERVICE_UP;
	probing_alive(e, s);
	ck_assert_uint_eq(s->heard.ms, e->now.ms);
	if (mails[_i].put_off)
		ck_assert_uint_ge(
		    s->probe.next.ms, e->now.ms + EACH_MS * 9 / 10);
	else
		ck_assert_uint_le(s->probe.next.ms, next.ms);
}
END_TEST

/* It answers, and takes no mail: down by that, and for a minute at least. */
START_TEST(it_takes_no_mail)
{
	struct service *s = bridgehead(far);

	all_up();
	s->mail.doubt = true;
	s->probe.next = e->now;
	probed(s, 10000, PROBE_REFUSED, NULL);
	ck_assert(asked_last(s)->mail);
	ck_assert_int_eq(s->state, SERVICE_UP);
	probed(s, 10000, PROBE_REFUSED, NULL);
	ck_assert_int_eq(s->state, SERVICE_DOWN);
	ck_assert_str_eq(s->error.what, "mail-refused");
	for (int i = 0; i < 4; i++) {
		probed(s, 10000, PROBE_OK, NULL);
		ck_assert(asked_last(s)->mail);
		ck_assert_int_eq(s->state, SERVICE_DOWN);
	}
	for (int i = 0; i < 4; i++)
		probed(s, 10000, PROBE_OK, NULL);
	ck_assert_int_eq(s->state, SERVICE_UP);
	ck_assert(!s->mail.refused && !s->mail.doubt);
	s->probe.next = e->now;
	probed(s, 10000, PROBE_OK, NULL);
	ck_assert(!asked_last(s)->mail);
}
END_TEST

/* --- what the log of the MTA says ----------------------------------------------------- */

static void
reported(const char *line)
{
	evidence_report(e, (const uint8_t *)line, strlen(line));
}

/* Mail that is refused while it is down keeps it down until some is taken. */
START_TEST(refused_while_it_is_down)
{
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	probed(s, 10000, PROBE_FAILED, "refused");
	probed(s, 10000, PROBE_FAILED, "refused");
	ck_assert_int_eq(s->state, SERVICE_DOWN);
	reported("evidence hop=192.0.2.2:25 refused=5");
	ck_assert_int_eq(s->state, SERVICE_DOWN);
	ck_assert(s->mail.refused);
	for (int i = 0; i < 3; i++)
		probed(s, 60000, PROBE_OK, NULL);
	ck_assert_int_eq(s->state, SERVICE_UP);
	ck_assert(!s->mail.refused);
}
END_TEST

/* Where a way out was reached is no hop of a route. */
START_TEST(where_a_way_out_leads)
{
	struct service *out = service_find(e, far, SERVICE_SPACE);

	all_up();
	ck_assert(addr_read(&out->at, "198.51.100.9:25"));
	reported("evidence hop=198.51.100.9:25 ok=3");
	reported("evidence hop=192.0.2.9:25 ok=3");
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		ck_assert_uint_eq(s->mail.delivered, 0);
	ck_assert(addr_read(&bridgehead(far)->at, "198.51.100.9:25"));
	reported("evidence hop=198.51.100.9:25 ok=3");
	ck_assert_uint_eq(bridgehead(far)->mail.delivered, 3);
}
END_TEST

/* What is short is told once, and again when it is something else. */
START_TEST(something_else_is_short)
{
	static const char *const reasons[] = { "no-descriptors",
		"no-descriptors", "no-memory" };
	struct service *s = bridgehead(far);

	all_up();
	s->probe.next = e->now;
	for (size_t i = 0; i < 3; i++) {
		probed(s, 10000, PROBE_UNABLE, reasons[i]);
		ck_assert_str_eq(e->evidence.shortage, reasons[i]);
	}
}
END_TEST

/* What goes by a transport tells of the connectors that have it, whatever else
 * there is; also where the MTA tells of no hop, and there are services that no
 * probe has reached yet. */
START_TEST(by_a_transport)
{
	struct service *s;

	bridgeheads[0].by = "thin";
	services_refresh(e);
	s = bridgehead(far);
	all_up();
	reported("evidence hop=192.0.2.3:25 by=thin ok=3");
	reported("evidence hop=192.0.2.1:25 by=thin ok=3");
	ck_assert_uint_eq(s->mail.delivered, 0);
	reported("evidence hop=192.0.2.2:25 by=thin ok=3");
	ck_assert_uint_eq(s->mail.delivered, 3);
	reported("evidence hop=192.0.2.2:25 by=thick ok=3");
	reported("evidence hop=192.0.2.2:25 by=then ok=3");
	ck_assert_uint_eq(s->mail.delivered, 3);
	reported("evidence by=thin ok=3");
	ck_assert_uint_eq(s->mail.delivered, 6);
	for (s = service_first(e); s != NULL; s = service_next(s))
		ck_assert(s == bridgehead(far) || s->mail.delivered == 0);
}
END_TEST

#define LENGTH(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int
main(void)
{
	Suite *suite = suite_create("probing");
	TCase *tc = tcase_create("probing");

	tcase_add_checked_fixture(tc, probing_setup, probing_teardown);
	tcase_add_loop_test(tc, no_way_to_one_alone, 0, LENGTH(ways));
	tcase_add_loop_test(tc, late_after_a_failure, 0, 2);
	tcase_add_test(tc, late_twice);
	tcase_add_test(tc, slower_than_we_live);
	tcase_add_test(tc, barred_while_it_is_late);
	tcase_add_test(tc, a_verdict_of_before);
	tcase_add_test(tc, it_takes_what_was_not_asked);
	tcase_add_test(tc, asked_elsewhere);
	tcase_add_loop_test(tc, what_it_said, 0, 4);
	tcase_add_test(tc, a_way_out_of_the_same_name);
	tcase_add_test(tc, alarms_that_are_too_many);
	tcase_add_test(tc, probed_at_any_address);
	tcase_add_loop_test(tc, delivered_mail, 0, LENGTH(mails));
	tcase_add_test(tc, it_takes_no_mail);
	tcase_add_test(tc, refused_while_it_is_down);
	tcase_add_test(tc, where_a_way_out_leads);
	tcase_add_test(tc, something_else_is_short);
	tcase_add_test(tc, by_a_transport);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
