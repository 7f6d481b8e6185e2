/*
 * test_answers.c - what `lsrctl` is answered: links, status, peers, routes, the
 * database, metrics and orders. A row changes one thing, and has what the answer
 * says then.
 */

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/lsa.h"
#include "t/core/answers.h"
#include "t/core/cheap.h"
#include "t/tap.h"

/* --- what is answered ------------------------------------------------------ */

static const struct {
	void (*set)(struct insider *f); /* NULL: nothing is another */
	const char *first;              /* asked before; or NULL */
	const char *question;
	const char *has, *lacks; /* in the answer; or NULL */
} rows[] = {
	{ NULL, NULL, "links",
	    "\"bridgehead\":\"e.x.org\",\"cost\":30,\"use\":\"connector\","
	    "\"smtp\":\"\",\"state\":\"unknown\",\"since_s\":0,\"failures\":0",
	    NULL },
	{ NULL, NULL, "links",
	    "\"transport\":\"relay\",\"probe\":\"lmtp\",\"use\":\"connector\","
	    "\"smtp\":\"192.0.2.3:25\",\"state\":\"up\"",
	    "\"reason\"" },
	{ NULL, NULL, "links", "\"smtp\":\"192.0.2.5:25\"", "\"last_error\"" },
	{ NULL, NULL, "links",
	    "{\"space\":\"gw.example\",\"use\":\"space\",\"smtp\":\"192.0.2.9:"
	    "25\"",
	    NULL },
	{ NULL, NULL, "links", "{\"server\":\"a.x.org\",\"use\":\"self\"",
	    NULL },
	{ answers_member, NULL, "links",
	    "{\"server\":\"a.x.org\",\"use\":\"member\"", NULL },
	{ answers_silent, NULL, "links",
	    "{\"server\":\"a.x.org\",\"use\":\"silent\"", NULL },
	{ answers_no_address, NULL, "links", "\"use\":\"space\",\"smtp\":\"\"",
	    NULL },
	{ answers_down, NULL, "links",
	    "\"state\":\"down\",\"reason\":\"refused\"", NULL },
	{ answers_down_unsaid, NULL, "links", "\"state\":\"down\",\"since_s\"",
	    "\"reason\"" },
	{ answers_barred, NULL, "links",
	    "\"state\":\"down\",\"reason\":\"inet-protocols\"", NULL },
	{ answers_mail_refused, NULL, "links",
	    "\"state\":\"down\",\"reason\":\"mail-refused\"", NULL },
	{ answers_error, NULL, "links",
	    "\"last_error\":{\"what\":\"bad-greeting\",\"at\":7}", NULL },
	{ answers_error_said, NULL, "links",
	    "\"what\":\"bad-greeting\",\"said\":\"554 no\",\"at\":7}", NULL },
	{ answers_drained, NULL, "links",
	    "\"smtp\":\"192.0.2.3:25\",\"state\":\"drain\"", "\"drain\":{" },
	{ answers_drained, NULL, "links", "\"refuses\":[],\"routes\":0}",
	    NULL },
	{ answers_drained_beside, NULL, "links", "\"refuses\":[],\"routes\":0}",
	    NULL },
	{ answers_drained_unknown, NULL, "links",
	    "\"smtp\":\"\",\"state\":\"drain\"", NULL },
	{ answers_led_to, NULL, "links", "\"refuses\":[],\"routes\":1}", NULL },
	{ answers_led_to_besides, NULL, "links", "\"refuses\":[],\"routes\":0}",
	    NULL },
	{ answers_unpublished, NULL, "links", "\"refuses\":[],\"routes\":1}",
	    NULL },
	{ answers_no_table, "drain connector=one for=60 force=yes", "links",
	    "\"routes\":0}", NULL },
	{ NULL, "drain connector=one for=60 force=yes by=bob reason=new cable",
	    "links", "\"drain\":{\"reason\":\"new cable\",\"by\":\"bob\"",
	    NULL },
	{ NULL,
	    "drain connector=two bridgehead=d.x.org for=60 force=yes by=bob",
	    "links", "\"drain\":{\"by\":\"bob\"", NULL },
	{ answers_refusal, NULL, "links", "\"refuses\":[\"gw.example\"]",
	    NULL },
	{ answers_program, NULL, "status", "\"program\":\"9.8.7\"",
	    "second_authority" },
	{ answers_authorities, NULL, "status", "\"authority_until\":1900000000",
	    "\"program\"" },
	{ answers_authorities, NULL, "status", "\"second_authority\":\"",
	    NULL },
	{ NULL, NULL, "status", "\"routes\":2", "authority_until" },
	{ answers_later, NULL, "status", "\"uptime_s\":5002,", NULL },
	{ answers_later, NULL, "peers", "\"since_s\":5002,", NULL },
	{ answers_bare, NULL, "status", "\"routes\":2", "queue_directory" },
	{ answers_bare, NULL, "status", "\"routes\":2", "certificate_until" },
	{ answers_leaving, NULL, "status",
	    "\"leaving\":2,\"leaves\":1800000300", NULL },
	{ answers_left, NULL, "status", "\"leaving\":1,\"leaves\":1800000400",
	    NULL },
	{ answers_unpublished, NULL, "status", "\"behind_ms\":500", NULL },
	{ answers_unsent, NULL, "status", "\"behind_ms\":0", NULL },
	{ answers_no_table, NULL, "status",
	    "\"generation\":0,\"published\":1,\"routes\":0", NULL },
	{ answers_tried, NULL, "status",
	    "it is taken back at 2027-01-15T09:00:00Z unless", NULL },
	{ answers_tried, NULL, "status", "\"word\":\"configuration-kept\"",
	    NULL },
	{ answers_waiting, NULL, "status",
	    "\"oldest_held\":{\"pattern\":\"gw.example\",\"message\":\"4Bxyz\"",
	    NULL },
	{ answers_waiting_unnamed, NULL, "status",
	    "\"message\":\"\",\"came\":1799999940", NULL },
	{ answers_waited, NULL, "status", NULL, "oldest_held" },
	{ answers_waited_nowhere, NULL, "status", NULL, "oldest_held" },
	{ answers_told_revoked, NULL, "status",
	    "this server's key was revoked, say b.x.org", NULL },
	{ answers_told_revoked_twice, NULL, "status",
	    "revoked, say b.x.org, d.x.org", NULL },
	{ answers_told_else, NULL, "status", NULL, "revoked" },
	{ answers_returning, NULL, "status", "waits for its peers", NULL },
	{ answers_returning_unprobed, NULL, "status",
	    "the first probes of its connectors", NULL },
	{ answers_booting, NULL, "status",
	    "\"ok\":false,\"reason\":\"out-of-order\"", NULL },
	{ NULL, "freeze for=60", "status", "\"frozen_differs\":0", NULL },
	{ NULL, "drain for=60 force=yes by=bob reason=disks", "status",
	    "\"drain_reason\":\"disks\",\"drain_by\":\"bob\",\"drain_since\":"
	    "1800000000,\"drain_until\":1800000060",
	    NULL },
	{ answers_peer_server, NULL, "peers",
	    "\"server_state\":\"drain\",\"program\":\"1.2.3\",\"drain\":{"
	    "\"by\":\"bob\"",
	    NULL },
	{ answers_told_else, NULL, "peers", "\"told\":\"too-many-faults\"",
	    NULL },
	{ answers_alone, NULL, "peers", NULL, "\"peer\"" },
	{ answers_peer_half, NULL, "peers",
	    "\"peer\":\"h.x.org\",\"routing_group\":\"\",\"state\":\"greet\"",
	    NULL },
	{ NULL, NULL, "routes", "\"kind\":\"way\",\"way\":\"smtp:[gw.x.org]\"",
	    NULL },
	{ answers_led_to, NULL, "routes", "\"pattern\":\"own.example\"", NULL },
	{ answers_leaving, NULL, "routes",
	    "\"leaves\":1800000400,\"given_up\":false", NULL },
	{ NULL, NULL, "routes gw.example", "\"pattern\":\"own.example\"",
	    "\"pattern\":\"gw.example\"" },
	{ NULL, NULL, "routes own.example", NULL, "pattern" },
	{ answers_no_table, NULL, "routes", NULL, "pattern" },
	{ NULL, NULL, "metrics", "\"behind_ms\":0", "round_trip_us" },
	{ answers_leaving, NULL, "metrics", "\"routes_leaving\":2", NULL },
	{ answers_left, NULL, "metrics", "\"routes_leaving\":1", NULL },
	{ answers_unpublished, NULL, "metrics", "\"behind_ms\":500", NULL },
	{ answers_unsent, NULL, "metrics", "\"age_ms\":0,\"behind_ms\":0",
	    NULL },
	{ answers_no_table, NULL, "metrics", "\"generation\":0", NULL },
	{ answers_bare, NULL, "metrics", "\"of\":\"server\"",
	    "certificate_until\":0" },
	{ answers_authorities, NULL, "metrics",
	    "\"authority_until\":1900000000", NULL },
	{ answers_waiting, NULL, "metrics", "\"held_oldest_s\":60", NULL },
	{ answers_waiting_early, NULL, "metrics", "\"held_oldest_s\":0", NULL },
	{ answers_round_trip, NULL, "metrics", "\"round_trip_us\":250", NULL },
	{ answers_peer_half, NULL, "metrics",
	    "\"peer\":\"h.x.org\",\"full\":false", NULL },
	{ answers_alone, NULL, "metrics", "\"peer\":\"b.x.org\",\"full\":false",
	    "\"heard_ms\"" },
	{ NULL, "pin pattern=gw.example hop=none for=60", "metrics",
	    "\"pin\":0", NULL },
	{ NULL, "freeze for=60", "metrics", "\"freeze\":1", NULL },
	{ answers_second_busy, NULL, "metrics",
	    "\"to\":\"d.x.org\",\"state\":\"up\",\"cost\":20,\"drain\":false,"
	    "\"congestion\":2,\"waiting\":5,\"late\":0,\"oldest_s\":40",
	    NULL },
	{ answers_two_uses, NULL, "metrics",
	    "\"to\":\"d.x.org\",\"state\":\"up\",\"cost\":20,\"drain\":false,"
	    "\"congestion\":0,\"waiting\":0",
	    NULL },
	{ answers_two_uses, NULL, "metrics",
	    "\"use\":\"silent\",\"connector\":\"\",\"to\":\"d.x.org\"", NULL },
	{ answers_member, NULL, "metrics",
	    "\"use\":\"member\",\"connector\":\"\",\"to\":\"a.x.org\"", NULL },
	{ answers_drained, NULL, "metrics",
	    "\"to\":\"c.x.org\",\"state\":\"up\",\"cost\":10,\"drain\":true",
	    NULL },
	{ answers_peer_server, NULL, "db",
	    "\"routing_group\":\"g\",\"state\":\"drain\",\"program\":\"1.2.3\","
	    "\"by\":\"bob\",\"since\":5",
	    NULL },
	{ answers_peer_spaces, NULL, "db",
	    "\"type\":\"space\",\"id\":\"x.org\"", NULL },
	{ answers_peer_spaces, NULL, "db", "\"state\":\"down\"", NULL },
	{ answers_peer_spaces, NULL, "db type=connector", "\"id\":\"peer-far\"",
	    "\"space\"" },
	{ answers_peer_spaces, NULL, "db of=b.x.org brief=yes",
	    "\"type\":\"connector\"", "\"body\"" },
	{ answers_peer_spaces, NULL, "db of=nobody.x.org", NULL, "\"origin\"" },
	{ answers_peer_spaces, NULL, "db after=1800000000", NULL,
	    "\"origin\"" },
	{ answers_revocation, NULL, "db type=revocation",
	    "\"server\":\"old.x.org\",\"not_after\":1900000000", NULL },
	{ answers_peer_drained, NULL, "db",
	    "\"state\":\"drain\",\"reason\":\"new disks\",\"by\":\"bob\","
	    "\"since\":5,\"until\":1800009999",
	    NULL },
	{ answers_peer_drained, NULL, "db", "\"mark_keys\":[\"30313233", NULL },
	{ answers_peer_server, NULL, "db", "\"mark_keys\":[]", "\"reason\"" },
	{ answers_peer_local, NULL, "db type=space",
	    "\"state\":\"up\",\"scope\":\"routing-group\"",
	    "\"organization\"," },
	{ answers_revocation_bare, NULL, "db type=revocation", "\"body\":{}",
	    "not_after" },
	{ answers_bare, NULL, "db of=a.x.org type=identity",
	    "\"type\":\"identity\"", "may_claim" },
	{ NULL, NULL, "db of=a.x.org type=identity",
	    "\"may_claim\":[\"gw.example\"", NULL },
	{ answers_peer_spaces, NULL, "db type=connectox", NULL, "\"origin\"" },
	{ answers_alternate, NULL, "routes",
	    "\"next_hops\":[\"c.x.org\"],\"alternates\":[\"d.x.org\"]", NULL },
	{ answers_alternate, NULL, "routes", "\"transport\":\"one\"", NULL },
	{ answers_alternate, NULL, "metrics", "\"routes_with_alternate\":1",
	    NULL },
	{ answers_led_to, NULL, "metrics", "\"routes_with_alternate\":0",
	    NULL },
	{ answers_claims, NULL, "routes",
	    "\"claims\":[{\"server\":\"q.x.org\",", "p.x.org" },
	{ answers_alternate, "pin pattern=gw.example hop=c.x.org for=60",
	    "overrides", "\"override\":\"pin\",\"pattern\":\"gw.example\"",
	    NULL },
	{ NULL, "drain for=60 force=yes by=two\"words", "overrides",
	    "\"override\":\"drain\"", "two" },
	{ answers_revocation_own, NULL, "status",
	    "the authority revoked this server's key at 2027-01-15T08:00:00Z",
	    NULL },
	{ answers_revocation, NULL, "status", NULL, "the authority revoked" },
	{ answers_returning_alone, NULL, "status", "a session to be full",
	    NULL },
	{ answers_rule, NULL, "transit",
	    "\"routing_group\":\"far\",\"claimed\":false,\"counts\":false",
	    NULL },
	{ answers_rule_off, NULL, "transit",
	    "\"claimed\":false,\"counts\":true", NULL },
	{ answers_rule_purged, NULL, "transit",
	    "\"claimed\":false,\"counts\":true", NULL },
	{ NULL, NULL, "transit", NULL, "peer-far" },
	{ NULL, NULL, "db zz", "\"reason\":\"bad-format\"", NULL },
	{ NULL, NULL, "db 00", "\"reason\":\"bad-format\"", NULL },
	{ NULL, NULL, "db diff nobody.x.org", "\"reason\":\"no-neighbour\"",
	    NULL },
	{ answers_peer_half, NULL, "db diff h.x.org ask",
	    "\"reason\":\"no-session\"", NULL },
	{ answers_alone, NULL, "db diff b.x.org ask",
	    "\"reason\":\"no-session\"", NULL },
	{ NULL, NULL, "db diff b.x.org ask", "\"ok\":true", NULL },
	{ NULL, NULL, "explain", "\"reason\":\"bad-name\"", NULL },
	{ NULL, NULL, "explain U@GW.example",
	    "\"address\":\"U@GW.example\",\"from\":\"a.x.org\",\"result\":"
	    "\"here\",\"pattern\":\"gw.example\"",
	    "\"transport\"" },
	{ NULL, NULL, "explain u@gw.example",
	    "\"way\":\"smtp:[gw.x.org]\",\"last_resort\":false,",
	    "\"leaves\"" },
	{ NULL, NULL, "explain u@gw.example size=5000 priority=urgent at=5",
	    "\"result\":\"here\"", NULL },
	{ NULL, NULL, "explain u@gw.example at=5", "\"result\":\"here\"",
	    NULL },
	{ NULL, NULL, "explain u@gw.example sender=Bob@x.org",
	    "\"result\":\"here\"", NULL },
	{ NULL, NULL, "explain u@no.example", "\"result\":\"not-ours\"",
	    "\"server\"" },
	{ answers_alternate, NULL, "explain u@gw.example",
	    "\"next_hops\":[\"c.x.org\"],\"alternates\":[\"d.x.org\"]", NULL },
	{ answers_alternate, NULL, "explain u@gw.example",
	    "\"transport\":\"one\",\"last_resort\":false", NULL },
	{ answers_last_resort, NULL, "explain u@gw.example",
	    "\"last_resort\":true", NULL },
	{ answers_revoked, NULL, "explain u@gw.example", "\"result\":\"here\"",
	    NULL },
	{ answers_leaving, NULL, "explain u@gw.example",
	    "\"leaves\":1800000400,\"given_up\":false", NULL },
	{ answers_waiting, NULL, "explain u@gw.example",
	    "\"result\":\"hold\",\"pattern\":\"gw.example\"", NULL },
	{ answers_no_table, NULL, "explain u@own.example",
	    "\"result\":\"here\",\"pattern\":\"own.example\",\"server\":"
	    "\"a.x.org\"",
	    "\"next_hops\"" },
	{ answers_listed, NULL, "explain u@own.example", "\"listed\":true",
	    NULL },
	{ NULL, NULL, "explain u@own.example",
	    "\"candidates\":[{\"pattern\":\"own.example\"", "\"listed\"" },
	{ NULL, NULL, "nothing", "\"reason\":\"unknown-verb\"", NULL },
	{ NULL, NULL, "inject", "\"reason\":\"missing\"", NULL },
	{ NULL, NULL, "inject zz", "\"reason\":\"bad-format\"", NULL },
	{ NULL, NULL, "inject 00", "\"reason\":\"short\"", NULL },
	{ NULL, NULL, "drain connector=no for=60", "\"ok\":false", NULL },
	{ NULL, NULL, "drain until=5", "that is over already", NULL },
	{ NULL, NULL, "drain for=9999999", "31 days at most", NULL },
	{ NULL, NULL, "freeze for=99999", "24 h at most", NULL },
	{ NULL, NULL, "freeze", "say for how long", NULL },
	{ NULL, NULL, "freeze try=yes", "\"ok\":true", NULL },
	{ NULL, NULL, "drain for=60 reason=", "at most 120 printable", NULL },
	{ NULL, NULL, "drain for=60 reason=\"x\"", "at most 120 printable",
	    NULL },
	{ answers_no_table, NULL, "freeze for=60", "there is no table yet",
	    NULL },
	{ answers_no_table, NULL, "pin pattern=gw.example hop=b for=60",
	    "that is no next hop", NULL },
	{ NULL, NULL, "pin hop=b for=60", "that is no next hop", NULL },
	{ NULL, NULL, "pin pattern=gw.example for=60", "that is no next hop",
	    NULL },
	{ NULL, NULL, "pin pattern=no.example hop=b for=60",
	    "that is no next hop", NULL },
	{ NULL, NULL, "unpin", "which pattern?", NULL },
	{ NULL, NULL, "unpin pattern=gw.example", "\"changed\":false", NULL },
	{ NULL, NULL, "cost connector=one cost=70000 for=60", "from 1 to 65535",
	    NULL },
	{ NULL, NULL, "cost connector=one cost=0 for=60", "from 1 to 65535",
	    NULL },
	{ NULL, NULL, "cost connector=no cost=7 for=60",
	    "no connector of that name", NULL },
	{ NULL, NULL, "cost cost=7 for=60", "no connector of that name", NULL },
	{ NULL, NULL, "uncost connector=no", "no connector of that name",
	    NULL },
	{ answers_drained, NULL, "ready connector=one",
	    "lsrd.conf has `drain = yes`", NULL },
	{ NULL, NULL, "ready connector=one", "\"changed\":false", NULL },
	{ NULL, NULL, "ready", "\"changed\":false", NULL },
	{ NULL, "cost connector=one cost=7 for=60 by=a b", "overrides",
	    "\"override\":\"cost\",\"connector\":\"one\",\"cost\":7", NULL },
	{ NULL, "drain connector=two bridgehead=d.x.org for=60 force=yes",
	    "overrides", "\"connector\":\"two\",\"server\":\"d.x.org\"", NULL },
	{ NULL, "freeze for=60", "overrides",
	    "\"override\":\"freeze\",\"would_move\":0", NULL },
};

START_TEST(the_answer_says_so)
{
	struct insider f;
	char *text;

	answers_begin(&f);
	if (rows[_i].set != NULL)
		rows[_i].set(&f);
	if (rows[_i].first != NULL)
		mem_free(answers_text(&f, rows[_i].first));
	text = answers_text(&f, rows[_i].question);
	ck_assert_msg(
	    rows[_i].has == NULL || strstr(text, rows[_i].has) != NULL,
	    "row %d, `%s` has no %s: %s", _i, rows[_i].question, rows[_i].has,
	    text);
	ck_assert_msg(
	    rows[_i].lacks == NULL || strstr(text, rows[_i].lacks) == NULL,
	    "row %d, `%s` has %s: %s", _i, rows[_i].question, rows[_i].lacks,
	    text);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* --- in parts -------------------------------------------------------------- */

static size_t
times_in(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

/* A database that is more than one part: each of it once, and only what was
 * asked for, in whatever part. */
static const struct {
	const char *question;
	size_t lines;
	const char *lacks;
} parts[] = {
	{ "db", 1006, NULL },
	{ "db of=" PEER, 1001, "\"a.x.org\",\"type\"" },
	{ "db type=connector", 1003, "\"type\":\"identity\"" },
	{ "db type=connector after=1799999999", 1003, NULL },
	{ "db of=" PEER " type=identity,server", 1, "\"type\":\"connector\"" },
};

START_TEST(an_answer_in_parts)
{
	struct insider f;
	char id[16];

	answers_begin(&f);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "c%04d", i);
		insider_connector(&f, id, 10, true);
		f.ms += 100;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char *text = answers_text(&f, parts[i].question);

		ck_assert_uint_eq(
		    times_in(text, "{\"origin\":"), parts[i].lines);
		ck_assert_uint_le(times_in(text, "\"id\":\"c0999\""), 1);
		ck_assert(parts[i].lacks == NULL ||
			  strstr(text, parts[i].lacks) == NULL);
		mem_free(text);
	}
	engine_free(f.engine);
}
END_TEST

/* --- pins ------------------------------------------------------------------ */

static void
pin(struct insider *f, const char *question, const char *said)
{
	char *text = answers_text(f, question);

	ck_assert_msg(strstr(text, said) != NULL, "%s: %s", question, text);
	mem_free(text);
}

/* Each pattern has one at most: a later one takes its place, or makes the same
 * one longer. */
START_TEST(one_pin_a_pattern)
{
	struct insider f;
	char *text;

	answers_begin(&f);
	answers_alternate(&f);
	f.engine->table.rib->routes[1].kind = ROUTE_REMOTE;
	f.engine->table.rib->routes[1].nhops = 1;
	f.engine->table.rib->routes[1].hop[0] =
	    f.engine->table.rib->routes[0].hop[0];
	pin(&f, "pin pattern=own.example hop=c.x.org for=60", "\"ok\":true");
	pin(&f, "pin pattern=gw.example hop=c.x.org for=60", "\"ok\":true");
	pin(&f, "pin pattern=gw.example hop=c.x.org for=90",
	    "\"changed\":true");
	pin(&f, "pin pattern=gw.example hop=d.x.org for=60",
	    "\"changed\":true");
	pin(&f, "pin pattern=gw.example hop=d.x.org for=60",
	    "\"changed\":false");
	text = answers_text(&f, "overrides");
	ck_assert_uint_eq(times_in(text, "\"override\":\"pin\""), 2);
	ck_assert_uint_eq(times_in(text, "\"server\":\"c.x.org\""), 1);
	ck_assert_uint_eq(times_in(text, "\"server\":\"d.x.org\""), 1);
	mem_free(text);
	pin(&f, "unpin pattern=gw.example", "\"changed\":true");
	pin(&f, "unpin pattern=gw.example", "\"changed\":false");
	text = answers_text(&f, "overrides");
	ck_assert_uint_eq(times_in(text, "\"override\":\"pin\""), 1);
	mem_free(text);
	f.engine->table.rib->routes[1].nhops = 0;
	engine_free(f.engine);
}
END_TEST

/* An export has who drained what, once that is said. */
START_TEST(an_export_has_drains)
{
	struct insider f;

	answers_begin(&f);
	pin(&f, "drain connector=one for=60 force=yes by=bob reason=disks",
	    "\"ok\":true");
	insider_ticks(&f, 1000);
	pin(&f, "export",
	    "\"drained\":[{\"by\":\"bob\",\"reason\":\"disks\",\"since\":"
	    "1800000000,\"until\":1800000060}]");
	engine_free(f.engine);
}
END_TEST

/* What a connector leads to has a row there, and nothing else. */
START_TEST(a_metric_a_link)
{
	struct insider f;
	char *text;

	answers_begin(&f);
	text = answers_text(&f, "metrics");
	ck_assert_uint_eq(times_in(text, "\"use\":"), 5);
	ck_assert_uint_eq(times_in(text, "\"left_out\":0"), 2);
	ck_assert_uint_eq(times_in(text, "\"to\":\"c.x.org\""), 1);
	ck_assert_uint_eq(times_in(text, "\"to\":\"d.x.org\""), 1);
	mem_free(text);
	engine_free(f.engine);
}
END_TEST

/* --- what the authority has said -------------------------------------------- */

/* One of its words, as `lsrctl revoke` brings it; `letter` signs. */
static char *
injected(
    struct insider *f, uint8_t type, char letter, uint64_t seq, uint64_t end)
{
	const char name[] = { letter, '\0' };
	struct crypto authority = cheap_seal(name);
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	struct buf body = { 0 }, out = { 0 }, request = { 0 };
	struct lsa_draft draft = { .org = org,
		.signer = key,
		.seq = seq,
		.issued = 1800000000u + seq };
	char hex[2 * CRYPTO_DIGEST + 1], *text, *said;

	cheap_key('z', org);
	cheap_key(letter, key);
	lsa_digest_text(org, hex);
	draft.key = (struct lsa_key){ type == LSA_REVOCATION ? "" : PEER,
		type == LSA_REVOCATION ? hex : "later", type };
	if (type == LSA_REVOCATION)
		lsa_revocation_encode(&body, end, NULL);
	draft.body = body.p;
	draft.body_len = body.n;
	lsa_encode(&out, &draft, &authority);
	buf_text(&request, "inject ");
	buf_hex(&request, out.p, out.n);
	text = buf_string(&request);
	said = answers_text(f, text);
	mem_free(text);
	buf_done(&body);
	buf_done(&out);
	return said;
}

/* The word is taken once; the same, though said at another time, changes
 * nothing, and nobody else may bring one. */
static const struct {
	uint8_t type;
	char letter;
	uint64_t seq, end;
	const char *said;
} words[] = {
	{ 200, 'b', 1, 0, "\"reason\":\"claim-not-allowed\"" },
	{ LSA_REVOCATION, 'b', 1, 0, "\"ok\":false" },
	{ LSA_REVOCATION, 'z', 2, 7, "\"ok\":true,\"changed\":true" },
	{ LSA_REVOCATION, 'z', 2, 7, "\"ok\":true,\"changed\":false" },
	{ LSA_REVOCATION, 'z', 3, 7, "\"ok\":true,\"changed\":false" },
	{ LSA_REVOCATION, 'z', 4, 8, "\"ok\":true,\"changed\":true" },
	{ LSA_REVOCATION, 'z', 5, 0, "\"ok\":true,\"changed\":true" },
	{ LSA_REVOCATION, 'b', 6, 0, "\"ok\":false" },
	{ LSA_REVOCATION, 'z', 1, 9, "\"reason\":\"old\"" },
	{ LSA_REVOCATION, 'z', 5, 0, "\"ok\":true,\"changed\":false" },
	{ LSA_REVOCATION, 'z', 5, 9, "\"reason\":\"old\"" },
};

START_TEST(words_are_taken_once)
{
	struct insider f;

	answers_begin(&f);
	cheap_public('z', f.setup.authority.key);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *said = injected(&f, words[i].type, words[i].letter,
		    words[i].seq, words[i].end);

		ck_assert_msg(strstr(said, words[i].said) != NULL,
		    "word %zu: %s", i, said);
		mem_free(said);
	}
	engine_free(f.engine);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("answers");
	TCase *tc = tcase_create("answers");

	tcase_add_loop_test(
	    tc, the_answer_says_so, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, an_answer_in_parts);
	tcase_add_test(tc, one_pin_a_pattern);
	tcase_add_test(tc, a_metric_a_link);
	tcase_add_test(tc, an_export_has_drains);
	tcase_add_test(tc, words_are_taken_once);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
