/*
 * seeds.c - writes the corpus of the fuzz targets for what is binary:
 * `t/fuzz/seeds t/fuzz/corpus`. To be run again, and its files committed,
 * when a format changes. What is text was written by hand.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rc.h"
#include "core/lsa/lsa_list.h"
#include "core/trace/mark.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_net.h"
#include "core/view/rib.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "io/journal.h"
#include "publish/wire.h"
#include "t/fuzz/pair.h"
#include "t/fuzz/seeds.h"
#include "t/sim/cheap_seal.h"

#define HOST "mx1.london.example.org"
#define OTHER "mx2.london.example.org"

static const char *top;

void
seeds_put(const char *target, const char *name, struct buf *b)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s/%s", top, target, name);
	out = fopen(path, "wb");
	if (out == NULL || fwrite(b->p, 1, b->n, out) != b->n ||
	    fclose(out) != 0) {
		perror(path);
		exit(1);
	}
	buf_done(b);
}

static void
lsa_write(struct buf *out, uint8_t type, const char *id, struct buf *body)
{
	static const uint8_t org[CRYPTO_DIGEST] = { 7 };
	struct cheap_seal cheap = { .public_key = { 1 } };
	struct crypto crypto = cheap_seal_new(&cheap);
	struct lsa_draft draft = {
		.key = { type >= LSA_REVOCATION && type <= LSA_RULE ? "" : HOST,
		    id, type },
		.org = org,
		.signer = org,
		.seq = (uint64_t)3 << 32 | 9,
		.issued = 1700000000,
		.purge = body == NULL,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n,
	};

	lsa_encode(out, &draft, &crypto);
	if (body != NULL)
		buf_done(body);
}

static void
lsa_put(const char *name, uint8_t type, const char *id, struct buf *body)
{
	struct buf out = { 0 };

	lsa_write(&out, type, id, body);
	seeds_put("lsa", name, &out);
}

static void
list_put(const char *name, uint8_t type, const char *id)
{
	struct lsa_space space = { .cost = type == LSA_LIST ? 7 : 0,
		.relay = true };
	struct buf packed = { 0 }, body = { 0 };

	lsa_list_pack(&packed, "", "a@example.org");
	lsa_list_pack(&packed, "a@example.org", "example.com");
	lsa_list_pack(&packed, "example.com", "example.org");
	lsa_list_encode(&body, type, &space, &packed);
	buf_done(&packed);
	lsa_put(name, type, id, &body);
}

static struct addr
address(uint8_t last, uint16_t port)
{
	return (struct addr){ 4, { 192, 0, 2, last }, port };
}

static struct buf
server_body(void)
{
	static char group[] = "london", reason[] = "new disks";
	static char who[] = "alice", program[] = "0.1.0";
	static char other[] = OTHER, third[] = "mx3.london.example.org";
	char *names[] = { other, third };
	struct addr smtp[] = { address(1, 25),
		{ 6, { 0x20, 1, 0xd, 0xb8, [15] = 9 }, 25 } };
	struct addr peer = address(1, 691);
	uint8_t mark[CRYPTO_PUBLIC] = { 0 };
	struct lsa_server s = { .group = group,
		.smtp = smtp,
		.nsmtp = 2,
		.peer = &peer,
		.mark = { mark },
		.npeer = 1,
		.nmark = 1,
		.state = LSA_DRAIN,
		.drain_until = 1800000000,
		.reason = reason,
		.mta_down = true,
		.unasked = true,
		.drain_since = 1700000000,
		.drain_who = who,
		.program = program,
		.position = { { -127000, 51507000 }, 2 },
		.neighbours = names,
		.nneighbours = 2,
		.mail_up = names,
		.nmail_up = 1,
		.mail_down = names + 1,
		.nmail_down = 1 };
	struct buf body = { 0 };

	lsa_server_encode(&body, &s);
	return body;
}

static struct buf
connector_body(void)
{
	static char group[] = "paris", open[] = "mon-fri 08:00-18:00";
	static char one[] = "mx1.paris.example.org", since[] = "12:00:03Z";
	static char dom[] = "example.net", empty[] = "<>";
	char *allow[] = { dom }, *deny[] = { empty };
	static char whole[] = "bob new line",
		    alone[] = "mx1.paris.example.org bob";
	struct lsa_drain drains[] = { { 1700000000, 0, true, whole },
		{ 1700000000, 1800000000, false, alone } };
	struct lsa_bridgehead b = { one, true, 10 };
	struct lsa_connector c = { .group = group,
		.drains = drains,
		.ndrains = 2,
		.bridgeheads = &b,
		.nbridgeheads = 1,
		.congestion = 2,
		.policy = &(struct policy){ 20000000, POLICY_NORMAL, allow, 1,
		    deny, 1, open, 5000000, open },
		.since = since };
	struct buf body = { 0 };

	lsa_connector_encode(&body, &c);
	return body;
}

static void
lsas(void)
{
	struct lsa_space space = { 50, false, true, true, true };
	uint8_t der[40] = { 0x30, 38 };
	struct lsa_identity identity = { { der }, { sizeof(der) }, 1 };
	struct buf body = server_body();
	char key[2 * CRYPTO_DIGEST + 1];

	memset(key, 'a', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	lsa_put("server", LSA_SERVER, "", &body);
	body = connector_body();
	lsa_put("connector", LSA_CONNECTOR, "london-paris", &body);
	lsa_space_encode(&body, &space);
	lsa_put("space", LSA_SPACE, ".london.example.org", &body);
	lsa_identity_encode(&body, &identity);
	lsa_put("identity", LSA_IDENTITY, "", &body);
	lsa_forget_encode(&body, 4);
	lsa_put("forget", LSA_FORGET, key, &body);
	lsa_put("revocation", LSA_REVOCATION, key, &body);
	lsa_rule_encode(&body, true);
	lsa_put("rule", LSA_RULE, "connectors", &body);
	lsa_put("rule-taken-back", LSA_RULE, "connectors", NULL);
	list_put("grant", LSA_GRANT, LSA_LIST_FIRST);
	list_put("list", LSA_LIST, "a@example.org");
	lsa_put("list-ended", LSA_LIST, "example.org", NULL);
	lsa_put("purge", LSA_SPACE, "*", NULL);
	buf_text(&body, "what a later version says");
	lsa_put("later", 99, "anything", &body);
}

static void
frame_put_body(struct buf *out, uint8_t type, struct buf *body)
{
	size_t hole = frame_open(out, type);

	buf_bytes(out, body->p, body->n);
	frame_close(out, hole);
	buf_done(body);
}

static void
frames(void)
{
	struct cheap_seal cheap = { .public_key = { 1 } };
	struct crypto crypto = cheap_seal_new(&cheap);
	struct msg_hello hello = { MSG_VERSION_LOWEST, MSG_VERSION, { 7 }, HOST,
		1000, 3000 };
	struct buf out = { 0 }, body = { 0 }, octets = { 0 };
	struct buf server = server_body();
	struct lsa *lsa;

	msg_hello_write(&body, &hello);
	frame_put_body(&out, MSG_HELLO, &body);
	buf_u64(&body, 127);
	frame_put_body(&out, MSG_ALIVE, &body);
	seeds_put("frame", "hello", &out);
	lsa_write(&octets, LSA_SERVER, "", &server);
	if (lsa_decode(octets.p, octets.n, &crypto, &lsa) != RC_OK)
		abort();
	buf_u8(&body, MSG_FIRST | MSG_LAST);
	buf_u16(&body, 1);
	msg_entry_write(&body, MSG_VERSION, lsa);
	frame_put_body(&out, MSG_SUMMARY, &body);
	buf_u16(&body, 1);
	msg_key_write(&body, &lsa->key);
	frame_put_body(&out, MSG_REQUEST, &body);
	frame_put_body(&out, MSG_UPDATE, &octets);
	msg_key_write(&body, &lsa->key);
	frame_put_body(&out, MSG_NONE, &body);
	buf_u8(&body, MSG_ASKS);
	buf_u16(&body, 1);
	buf_u8(&body, lsa->part);
	buf_u32(&body, 1);
	buf_bytes(&body, lsa->digest, CRYPTO_DIGEST);
	frame_put_body(&out, MSG_DIGEST, &body);
	frame_put_body(&out, MSG_SYNCED, &body);
	buf_text(&body, "stopping");
	frame_put_body(&out, MSG_CLOSE, &body);
	seeds_put("frame", "exchange", &out);
	lsa_free(lsa);
}

static struct route
remote(void)
{
	static char pattern[] = "paris.example.org", one[] = OTHER;
	static char *path[] = { one };
	struct route route = { .pattern = pattern,
		.kind = ROUTE_REMOTE,
		.relay = true,
		.server = one,
		.cost = 10,
		.hops = 1,
		.nhops = 2,
		.path = path,
		.npath = 1 };

	route.hop[0] = (struct route_hop){ one, address(2, 25), false,
		"relay:[192.0.2.7]:587" };
	route.hop[1] = (struct route_hop){ one, address(3, 25), true, "thin" };
	return route;
}

/* Two each, which differ in one thing. */
static void
pairs(const struct route *list)
{
	struct route_claim claims[2];
	struct route other[4] = { list[0], list[1], list[2], list[2] };
	static char way[] = "smtp:[gw2.example.net]";
	struct buf out = { 0 };

	memcpy(claims, list[2].claims, sizeof(claims));
	claims[0].key[0] ^= 1;
	other[0].hop[1].by = NULL;
	other[1].way = way;
	other[2].reason = way;
	other[3].claims = claims;
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "hops-differ",
			"ways-differ", "holds-differ", "claims-differ" };

		route_encode(&out, &list[i < 2 ? i : 2]);
		route_encode(&out, &other[i]);
		seeds_put("route", names[i], &out);
	}
}

static void
routes(void)
{
	static char star[] = "*", way[] = "smtp:[gw.example.net]:587";
	static char user[] = "user@example.org", why[] = "no path to paris";
	struct route list[] = { remote(),
		{ .pattern = star, .kind = ROUTE_WAY, .way = way },
		{ .pattern = user, .kind = ROUTE_HOLD, .reason = why } };
	static char first[] = "mx1.example.org", second[] = "mx2.example.org";
	struct route_claim claims[2] = {
		{ .server = first, .seq = 7, .key = { 1 }, .known = true },
		{ .server = second, .own = true, .here = true }
	};
	static const char *const names[] = { "remote", "way", "hold" };
	struct plugin_setup setup = {
		.transport = "lsrd", .hold = "lsrd-hold", .nown = 1
	};
	struct mtable_key key = { .name = HOST };
	struct buf keys = { 0 }, said = { 0 };
	struct mtable_annex annex;
	struct wire_ack ack = { .generation = 5, .keys = 3 };
	struct wire_writer writer;
	struct buf out = { 0 };

	list[1].server = list[0].server;
	list[2].claims = claims;
	list[2].nclaims = 2;
	list[2].leaves = 1700000000;
	for (size_t i = 0; i < 3; i++) {
		route_encode(&out, &list[i]);
		seeds_put("route", names[i], &out);
	}
	pairs(list);
	setup.own[0] = address(1, 25);
	wire_put_setup(&out, &setup);
	wire_begin(&writer, &out, 5, 0);
	for (size_t i = 0; i < 3; i++)
		wire_set(&writer, &list[i]);
	wire_gone(&writer, "gone.example.org");
	wire_end(&writer);
	seeds_put("publish", "batch", &out);
	wire_begin(&writer, &out, 6, 5);
	wire_set(&writer, &list[1]);
	wire_gone(&writer, "gone.example.org");
	wire_end(&writer);
	seeds_put("publish", "difference", &out);
	wire_put_phase(&out, PLUGIN_LOCKING);
	wire_put_ack(&out, &ack);
	seeds_put("publish", "ack", &out);
	mtable_keys_encode(&keys, &key, 1);
	mtable_annex_encode(&said, (struct mtable_version){ 1, 5 },
	    &(struct mtable_mta){ .copies = true }, &keys, &(struct buf){ 0 });
	if (mtable_annex_decode(said.p, said.n, &annex) != RC_OK)
		abort();
	wire_put_annex(&out, &annex, MTABLE_ALL);
	wire_put_table(&out, &(struct wire_table){ .generation = 5 });
	seeds_put("publish", "annex", &out);
	seeds_publish(list, 3, &annex);
	buf_done(&keys);
	buf_done(&said);
}

/* Two servers, a connector with limits between them. */
static struct buf
net(void)
{
	static char open[] = "mon-fri 08:00-18:00", night[] = "20:00-06:00";
	static char dom[] = "example.net", empty[] = "<>";
	char *allow[] = { dom }, *deny[] = { empty };
	struct policy policy = { 2000, POLICY_NORMAL, allow, 1, deny, 1, open,
		1000, night };
	struct mtable_net t = { .self = 0 };
	struct buf out = { 0 };

	vec_push(&t.net.servers, ((struct net_server){ HOST, 0, true, true }));
	vec_push(&t.net.servers, ((struct net_server){ OTHER, 1, true, true }));
	vec_push(&t.net.steps, ((struct net_step){ 0, 1, 10, 1, &policy }));
	vec_push(&t.net.steps, ((struct net_step){ 1, 0, 10, 1, NULL }));
	vec_push(
	    &t.net.claims, ((struct net_claim){
			       .pattern = "paris.example.org", .server = 1 }));
	vec_push(&t.own,
	    ((struct mtable_step){ 1, 10, &policy, address(2, 25), "thin" }));
	vec_push(&t.widest, UINT64_MAX);
	vec_push(&t.widest, 2000);
	vec_push(&t.refusals,
	    ((struct mtable_refusal){ "paris.example.org", address(2, 25) }));
	mtable_net_encode(&out, &t);
	net_done(&t.net);
	vec_done(&t.own);
	vec_done(&t.widest);
	vec_done(&t.refusals);
	return out;
}

/* A net whose first step has a policy that is not there. */
static void
net_bad(void)
{
	struct mtable_net t = { .self = 0 };
	struct buf out = { 0 };
	size_t names = strlen(HOST) + strlen(OTHER);

	vec_push(&t.net.servers, ((struct net_server){ HOST, 0, true, true }));
	vec_push(&t.net.servers, ((struct net_server){ OTHER, 1, true, true }));
	vec_push(&t.net.steps, ((struct net_step){ 0, 1, 10, 1, NULL }));
	vec_push(&t.widest, UINT64_MAX);
	vec_push(&t.widest, 2000);
	mtable_net_encode(&out, &t);
	/* seven counts; a server is its name and 14 octets; then the step */
	out.p[7 * 4 + names + 2 * 14 + 13 + 3] = 1;
	seeds_put("table", "net-no-policy", &out);
	net_done(&t.net);
	vec_done(&t.widest);
}

/* The milter's table of three routes, and what goes to its writer. */
static void
table(void)
{
	static char star[] = "*", way[] = "smtp:[gw.example.net]:587";
	static char user[] = "user@example.org", why[] = "no path to paris";
	struct route list[] = {
		{ .pattern = star, .kind = ROUTE_WAY, .way = way }, remote(),
		{ .pattern = user, .kind = ROUTE_HOLD, .reason = why }
	};
	struct mtable_key keys[2] = { { .name = HOST, .digest = { 1 } },
		{ .name = OTHER, .digest = { 2 } } };
	struct mtable_history history = { .n = 0 };
	struct mtable_mta mta = { .delimiters = "+-", .copies = true };
	struct buf out = net(), octets = { 0 }, names = { 0 };
	struct mtable_writer writer = { 0 };
	struct mtable_annex annex;

	list[0].server = list[1].server;
	mtable_keys_encode(&names, keys, 2);
	mtable_annex_encode(
	    &octets, (struct mtable_version){ 2, 5 }, &mta, &names, &out);
	seeds_put("table", "net", &out);
	if (mtable_annex_decode(octets.p, octets.n, &annex) != RC_OK)
		abort();
	mtable_history_add(&history, (struct mtable_version){ 2, 4 }, 1000);
	mtable_history_add(&history, annex.version, 2000);
	for (size_t i = 0; i < 3; i++)
		mtable_add_route(&writer, &list[i], history.v[i % 2].version);
	buf_reset(&out);
	mtable_end(&writer, &annex, &history, &out);
	seeds_put("table", "three-routes", &out);
	for (size_t i = 0; i < 2; i++)
		mtable_add_route(&writer, &list[i], history.v[0].version);
	buf_reset(&out);
	mtable_end_news(&writer, 1, &annex, &history, &out);
	seeds_put("table", "two-news", &out);
	seeds_put("table", "annex", &octets);
	buf_done(&names);
}

/* Its parts in a file that fuzz_journal.c takes for its own. */
static void
journal(const struct buf *parts)
{
	struct seal seal = { { 1 } };
	struct journal journal = { .seal = &seal };
	struct cur in = cur_over(parts->p, parts->n);
	struct buf file = { 0 };

	journal_put_head(&journal, &file);
	while (in.left > 0) {
		struct cur one = cur_sub(&in, cur_u32(&in));

		journal_put(&journal, one.p, one.left, &file);
	}
	seeds_put("journal", "two-hosts", &file);
}

/* What two hosts say to each other, and save. */
static void
network(void)
{
	struct world *world = pair_new();
	struct node *a = &world->nodes[0], *b = &world->nodes[1];
	uint8_t sig[CRYPTO_SIGNATURE];
	struct buf out = { 0 }, lsa = { 0 };

	world_start(world, a, DISK_KEPT);
	world_start(world, b, DISK_KEPT);
	world_run(world, 30000);
	buf_bytes(&out, a->disk[SAVE_STATE].p, a->disk[SAVE_STATE].n);
	journal(&out);
	seeds_state(&out);
	seeds_put("state", "two-hosts-parts", &out);
	b->cheap.signed_ = NULL;
	buf_bytes(&lsa, b->last.p, b->last.n);
	b->crypto.sign(b->crypto.ctx, lsa.p, lsa.n, sig);
	buf_bytes(&lsa, sig, sizeof(sig));
	frame_put_body(&out, MSG_UPDATE, &lsa);
	seeds_put("session", "update", &out);
	buf_u64(&lsa, UINT64_MAX);
	frame_put_body(&out, MSG_ALIVE, &lsa);
	seeds_put("session", "alive", &out);
	buf_u8(&lsa, MSG_FIRST | MSG_LAST);
	buf_u16(&lsa, 0);
	frame_put_body(&out, MSG_SUMMARY, &lsa);
	buf_u8(&lsa, MSG_ASKS);
	buf_u16(&lsa, 1);
	buf_u8(&lsa, 7);
	buf_u32(&lsa, 9);
	buf_bytes(&lsa, sig, CRYPTO_DIGEST);
	frame_put_body(&out, MSG_DIGEST, &lsa);
	frame_put_body(&out, MSG_SYNCED, &lsa);
	seeds_put("session", "exchange", &out);
	buf_u16(&lsa, 2); /* of what is not there, and of what is */
	msg_key_write(&lsa, &(struct lsa_key){ HOST, "none", LSA_CONNECTOR });
	msg_key_write(
	    &lsa, &(struct lsa_key){ a->conf.server, "", LSA_SERVER });
	frame_put_body(&out, MSG_REQUEST, &lsa);
	seeds_put("session", "request", &out);
	world_free(world);
}

/* Two visits as two fields would have them, the newest first. */
static void
marks(void)
{
	static const uint8_t message[CRYPTO_DIGEST] = { 3 };
	struct cheap_seal cheap = { .public_key = { 1 } };
	struct crypto crypto = cheap_seal_new(&cheap);
	struct visit first = { .now = { 3, 9 },
		.before = { 3, 8 },
		.time_ms = (uint64_t)1700000000 * 1000,
		.first = true,
		.size = 4711,
		.priority = 2,
		.sender = "a@b.example" };
	struct visit second = { .now = { 1, 1 }, .before = { 1, 1 } };
	struct buf out = { 0 };

	mark_sign(&first, NULL, message, &crypto);
	mark_sign(&second, &first, message, &crypto);
	mark_encode(&second, &out);
	buf_text(&out, "\r\n");
	mark_encode(&first, &out);
	seeds_put("mark", "two-visits", &out);
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds FOLDER\n");
		return 2;
	}
	top = argv[1];
	lsas();
	marks();
	frames();
	routes();
	table();
	network();
	seeds_session();
	net_bad();
	return 0;
}
