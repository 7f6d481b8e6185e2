/* test_links.c - what is known of one mail service by whatever address. */

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/node/evidence.h"
#include "core/node/node.h"
#include "core/node/probing.h"
#include "core/node/service.h"
#include "core/node/services.h"
#include "t/tap.h"

static char self[] = "mx1.example.org", far[] = "mx2.example.org",
	    id[] = "london-paris", group[] = "paris";
static struct addr given;
static struct setup_bridgehead bridgehead;
static struct setup_connector connector;
static struct setup setup;
static struct crypto crypto;
static struct engine *e;

static void
links_setup(void)
{
	ck_assert(addr_read(&given, "192.0.2.2:25"));
	bridgehead = (struct setup_bridgehead){
		.name = far, .smtp = { given }, .nsmtp = 1
	};
	connector = (struct setup_connector){ .name = id,
		.group = group,
		.bridgeheads = &bridgehead,
		.nbridgeheads = 1 };
	setup = (struct setup){ .server = self,
		.connectors = &connector,
		.nconnectors = 1,
		.times.probe_ms = 5000 };
	e = engine_new(1, &crypto);
	e->setup = &setup;
	services_refresh(e);
}

static void
links_teardown(void)
{
	e->setup = NULL;
	engine_free(e);
}

static void
reported(const char *line)
{
	evidence_report(e, (const uint8_t *)line, strlen(line));
}

/* By a name mail goes to another address than the one that is given. */
START_TEST(a_hop_by_its_name)
{
	struct service *l = service_first(e);
	struct input in = {
		.kind = IN_PROBE, .who = l->who, .verdict = PROBE_CONNECTED
	};

	ck_assert(addr_read(&in.at, "198.51.100.7:25"));
	reported("evidence hop=198.51.100.7:25 ok=1");
	ck_assert_uint_eq(l->mail.delivered, 0);
	l->probe.running = true;
	probing_verdict(e, &in);
	reported("evidence hop=198.51.100.7:25 ok=2");
	ck_assert_uint_eq(l->mail.delivered, 2);
	reported("evidence hop=192.0.2.2 ok=1"); /* a port is not always said */
	reported("evidence hop=198.51.100.7 ok=1");
	reported("evidence hop=198.51.100.7:26 ok=1");
	ck_assert_uint_eq(l->mail.delivered, 4);
}
END_TEST

/* A transport tells of the bridgehead that has it, and of no other; one without
 * a hop of all that have it. */
START_TEST(a_transport_of_its_own)
{
	struct service *l;

	bridgehead.by = "thin";
	services_refresh(e);
	l = service_first(e);
	reported("evidence hop=192.0.2.2:25 by=thin ok=1");
	reported("evidence by=thin ok=1");
	ck_assert_uint_eq(l->mail.delivered, 2);
	reported("evidence hop=192.0.2.3:25 by=thin ok=1");
	reported("evidence hop=192.0.2.2:25 by=thinner ok=1");
	reported("evidence by=thi ok=1");
	ck_assert_uint_eq(l->mail.delivered, 2);
	/* the next hop is the transport's own: its address is no other's */
	bridgehead.by = "lmtp:[192.0.2.7]:24";
	services_refresh(e);
	reported("evidence hop=192.0.2.7:24 by=lmtp ok=1");
	ck_assert_uint_eq(l->mail.delivered, 3);
}
END_TEST

/* Nothing is asked: it is up, five messages that find nobody are down, and it
 * comes back by itself, to be tried. */
START_TEST(one_that_is_not_probed)
{
	struct service *l;

	bridgehead.by = "thin";
	bridgehead.asks.kind = ASKS_NONE;
	services_refresh(e);
	l = service_first(e);
	probing_tick(e);
	ck_assert_int_eq(l->state, SERVICE_UP);
	ck_assert(!l->probe.running);
	reported("evidence hop=192.0.2.2:25 by=thin failed=4");
	ck_assert_int_eq(l->state, SERVICE_UP);
	reported("evidence hop=192.0.2.2:25 by=thin failed=1");
	ck_assert_int_eq(l->state, SERVICE_DOWN);
	for (int i = 0; i < 20; i++) {
		e->now.ms += 2000;
		probing_tick(e);
	}
	ck_assert_int_eq(l->state, SERVICE_DOWN);
	for (int i = 0; i < 40; i++) {
		e->now.ms += 2000;
		probing_tick(e);
	}
	ck_assert_int_eq(l->state, SERVICE_UP);
}
END_TEST

/* The verdict of the probe that runs. */
static void
found(struct service *l, enum probe_verdict verdict, const char *reason)
{
	e->now.ms += 20000;
	probing_tick(e);
	ck_assert(l->probe.running);
	probing_verdict(e, &(struct input){ .kind = IN_PROBE,
			       .who = l->who,
			       .verdict = (int)verdict,
			       .reason = reason });
}

static size_t
events(const char *name, const char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < e->fx.list.n; i++) {
		const struct event *one = e->fx.list.v[i].event;

		n += one != NULL && one->kind == EVENT_COMMAND &&
		     strcmp(one->to, to) == 0 && strcmp(one->name, name) == 0;
	}
	return n;
}

static struct service *
by_a_command(void)
{
	bridgehead.by = "fax";
	ck_assert_int_eq(asks_read(&bridgehead.asks, "command modem"), RC_OK);
	services_refresh(e);
	return service_first(e);
}

/* A command that never says anything is no evidence: mail alone tells then, and
 * the log has it once. */
START_TEST(a_command_that_says_nothing)
{
	struct service *l = by_a_command();

	for (int i = 0; i < 3; i++)
		found(l, PROBE_SILENT, "no-helper");
	ck_assert_int_eq(l->state, SERVICE_UP);
	ck_assert_uint_eq(events("modem", "silent"), 1);
	reported("evidence by=fax failed=5");
	ck_assert_int_eq(l->state, SERVICE_DOWN);
	for (int i = 0; i < 6; i++)
		found(l, PROBE_SILENT, "command-missing");
	ck_assert_int_eq(l->state, SERVICE_UP);
	found(l, PROBE_OK, NULL);
	ck_assert_uint_eq(events("modem", "silent"), 1);
	ck_assert_uint_eq(events("modem", "answers"), 1);
	/* it speaks: then it decides, and not who could not connect */
	reported("evidence by=fax failed=5");
	ck_assert_int_eq(l->state, SERVICE_UP);
}
END_TEST

/* A reload may name another command, whose silence is news, and no longer that
 * of the one before. */
START_TEST(another_command_that_says_nothing)
{
	struct service *l = by_a_command();

	found(l, PROBE_SILENT, "command-missing");
	ck_assert_int_eq(asks_read(&bridgehead.asks, "command pigeon"), RC_OK);
	services_refresh(e);
	found(l, PROBE_SILENT, "command-timeout");
	found(l, PROBE_SILENT, "command-timeout");
	ck_assert_uint_eq(events("modem", "silent"), 1);
	ck_assert_uint_eq(events("pigeon", "silent"), 1);
	ck_assert_int_eq(asks_read(&bridgehead.asks, "command modem"), RC_OK);
	services_refresh(e);
	found(l, PROBE_OK, NULL);
	ck_assert_uint_eq(events("modem", "answers"), 0);
	ck_assert_uint_eq(events("pigeon", "answers"), 0);
}
END_TEST

/* What it has said stands when it hangs, but not for ever; and a session that
 * was lost is no verdict on what it asks. */
START_TEST(a_command_and_its_last_word)
{
	struct service *l = by_a_command();

	found(l, PROBE_OK, NULL);
	ck_assert_int_eq(l->state, SERVICE_UP);
	probing_urgent(e, far);
	probing_deadline(e, far);
	ck_assert_int_eq(l->state, SERVICE_UP);
	found(l, PROBE_FAILED, "command");
	found(l, PROBE_SILENT, "command-timeout");
	found(l, PROBE_FAILED, "command");
	ck_assert_int_eq(l->state, SERVICE_DOWN);
	ck_assert_str_eq(l->why, "command");
	for (int i = 0; i < 20; i++)
		found(l, PROBE_SILENT, "command-timeout");
	ck_assert_int_eq(l->state, SERVICE_DOWN);
	for (int i = 0; i < 20; i++)
		found(l, PROBE_SILENT, "command-timeout");
	ck_assert_int_eq(l->state, SERVICE_UP);
}
END_TEST

/* A pipe may take what its gateway keeps: the command is asked all the same. */
START_TEST(a_command_while_mail_is_delivered)
{
	struct service *l = by_a_command();

	found(l, PROBE_OK, NULL);
	for (int i = 0; i < 20; i++) {
		reported("evidence by=fax ok=1");
		e->now.ms += 1000;
		probing_tick(e);
	}
	ck_assert(l->probe.running);
}
END_TEST

/* Its family bars an address, but no name: that may have another. */
START_TEST(a_family_that_is_not_used)
{
	e->asked.mta.read = e->asked.mta.ipv6 = true;
	e->asked.mta.ipv4 = false;
	services_refresh(e);
	ck_assert(service_first(e)->barred);
	setup.mta.by_name = true;
	services_refresh(e);
	ck_assert(!service_first(e)->barred);
}
END_TEST

static bool
shows(const char *text)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };
	char *is;
	bool found;

	json_open(&j, NULL, '{');
	evidence_show(e, &j, "reports");
	json_close(&j, '}');
	is = buf_string(&out);
	found = strstr(is, text) != NULL;
	mem_free(is);
	return found;
}

/* Sums never go down: they do not tell of a milter that lost its key. */
START_TEST(a_milter_that_is_not_ready_any_more)
{
	reported("milter accepted=3");
	ck_assert(!shows("unready"));
	reported("milter unmarked=2");
	reported("milter unmarked=4");
	ck_assert(shows("\"unready\":6"));
	reported("evidence hop=192.0.2.2:25 ok=1");
	ck_assert(shows("\"unready\":6"));
	reported("milter accepted=1 unmarked=1");
	ck_assert(!shows("unready"));
}
END_TEST

/* The addresses of a way out that is named are those of its name, too. */
START_TEST(a_way_by_its_name)
{
	static char pattern[] = "*", way[] = "smtp:[gw.example.net]:25";
	struct setup_space space = { .pattern = pattern, .way = way };
	bool asked = false;
	struct service *s;

	ck_assert(addr_read(&space.probe, "192.0.2.9:25"));
	setup.spaces = &space;
	setup.nspaces = 1;
	e->asked.mta.read = e->asked.mta.ipv6 = true;
	e->asked.mta.ipv4 = false;
	services_refresh(e);
	s = service_find(e, pattern, SERVICE_SPACE);
	ck_assert(s->barred && s->host == NULL);
	space.probe_name = "gw.example.net";
	services_refresh(e);
	ck_assert(!s->barred);
	probing_tick(e);
	for (size_t i = 0; i < e->fx.list.n; i++)
		asked |= e->fx.list.v[i].kind == FX_PROBE &&
		         e->fx.list.v[i].by_name &&
		         strcmp(e->fx.list.v[i].name, "gw.example.net") == 0;
	ck_assert(asked);
	/* Before there is an address; and one without a probe. */
	space.probe = (struct addr){ .port = 25 };
	services_refresh(e);
	s = service_find(e, pattern, SERVICE_SPACE);
	ck_assert(s != NULL && !s->barred && s->addr.family == 0);
	space.probe.port = 0;
	services_refresh(e);
	ck_assert_ptr_null(service_find(e, pattern, SERVICE_SPACE));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("links");
	TCase *tc = tcase_create("links");

	tcase_add_checked_fixture(tc, links_setup, links_teardown);
	tcase_add_test(tc, a_hop_by_its_name);
	tcase_add_test(tc, a_transport_of_its_own);
	tcase_add_test(tc, one_that_is_not_probed);
	tcase_add_test(tc, a_command_that_says_nothing);
	tcase_add_test(tc, another_command_that_says_nothing);
	tcase_add_test(tc, a_command_and_its_last_word);
	tcase_add_test(tc, a_command_while_mail_is_delivered);
	tcase_add_test(tc, a_family_that_is_not_used);
	tcase_add_test(tc, a_milter_that_is_not_ready_any_more);
	tcase_add_test(tc, a_way_by_its_name);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
