/*
 * test_session_close.c - every reason why a session ends (lsrd-protocol(7)
 * section 3): what a peer does to earn it, and the word in CLOSE. second-session
 * is test_session_both's, closed-by-peer t/peer/test_page's.
 */

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/lsa/limits.h"
#include "core/lsa/lsa.h"
#include "core/node/engine.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"
#include "t/tap.h"

#define SELF "a.x.org"
#define PEER "b.x.org"

/* What the peer says; each ends with a frame or more in `out`. */
typedef void say(struct buf *out);

static void
put(struct buf *out, uint8_t type, const void *body, size_t n)
{
	size_t hole = frame_open(out, type);

	buf_bytes(out, body, n);
	frame_close(out, hole);
}

static struct msg_hello
good_hello(void)
{
	struct msg_hello hello = { .lowest = 1,
		.highest = 1,
		.name = PEER,
		.keepalive_ms = 1000,
		.dead_ms = 3000 };

	cheap_key('z', hello.org);
	return hello;
}

static void
hello_put(struct buf *out, const struct msg_hello *hello)
{
	size_t hole = frame_open(out, MSG_HELLO);

	msg_hello_write(out, hello);
	frame_close(out, hole);
}

static void
nothing(struct buf *out)
{
	(void)out;
}

static void
hello(struct buf *out)
{
	struct msg_hello h = good_hello();

	hello_put(out, &h);
}

static void
short_hello(struct buf *out)
{
	put(out, MSG_HELLO, "\0\1\0\1", 4);
}

static void
other_version(struct buf *out)
{
	struct msg_hello h = good_hello();

	h.lowest = h.highest = MSG_VERSION + 1;
	hello_put(out, &h);
}

static void
other_organization(struct buf *out)
{
	struct msg_hello h = good_hello();

	h.org[31] ^= 1;
	hello_put(out, &h);
}

static void
other_name(struct buf *out)
{
	struct msg_hello h = good_hello();

	h.name[0] = 'c';
	hello_put(out, &h);
}

static void
no_keepalive(struct buf *out)
{
	struct msg_hello h = good_hello();

	h.keepalive_ms = 0;
	hello_put(out, &h);
}

static void
soon_dead(struct buf *out)
{
	struct msg_hello h = good_hello();

	h.dead_ms = 999;
	hello_put(out, &h);
}

static void
alive(struct buf *out)
{
	put(out, MSG_ALIVE, "", 0);
}

static void
empty_frame(struct buf *out)
{
	buf_u32(out, 0);
}

static void
huge_frame(struct buf *out)
{
	buf_u32(out, LIMIT_FRAME_OCTETS + 1);
}

static void
head_of_frame(struct buf *out)
{
	buf_u32(out, 68);
}

static void
octet(struct buf *out)
{
	buf_u8(out, MSG_HELLO);
}

static void
two_hellos(struct buf *out)
{
	hello(out);
	hello(out);
}

static void
new_message(struct buf *out)
{
	hello(out);
	put(out, MSG_CLOSE + 1, "", 0);
}

static void
alive_with_body(struct buf *out)
{
	hello(out);
	put(out, MSG_ALIVE, "x", 1);
}

static void
many_keys(struct buf *out)
{
	hello(out);
	put(out, MSG_REQUEST, "\1\221", 2); /* 401 */
}

static void
key_with_nul(struct buf *out)
{
	hello(out);
	put(out, MSG_REQUEST, "\0\1\2\3a\0b\0\0", 9);
}

static void
bad_lsas(struct buf *out)
{
	hello(out);
	for (int i = 0; i < 11; i++)
		put(out, MSG_UPDATE, "no LSA", 6);
}

/* Of version 2, as we are. */
static void
hello_2(struct buf *out)
{
	struct msg_hello h = good_hello();

	h.highest = 2;
	hello_put(out, &h);
}

static void
old_alive(struct buf *out)
{
	hello_2(out);
	put(out, MSG_ALIVE, "", 0);
}

static void
long_alive(struct buf *out)
{
	hello_2(out);
	put(out, MSG_ALIVE, "123456789", 9);
}

/* Another's LSAs, signed with our own key: one could be an honest error. */
static void
disguised_lsas(struct buf *out)
{
	struct crypto crypto = cheap_seal("b");
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	char id[32];
	struct lsa_draft draft = { .key = { "c.x.org", id, 200 },
		.org = org,
		.signer = key,
		.seq = 1 };

	cheap_key('z', org);
	cheap_key('b', key);
	hello_2(out);
	for (int i = 0; i < 200; i++) {
		size_t hole = frame_open(out, MSG_UPDATE);

		snprintf(id, sizeof(id), "number%d", i);
		lsa_encode(out, &draft, &crypto);
		frame_close(out, hole);
	}
}

/* n messages of 400 keys that are nowhere, each with `extra` octets. */
static void
strange_keys(struct buf *out, uint8_t type, int n, size_t extra)
{
	char id[32];
	static const uint8_t zero[64];

	for (int i = 0; i < n; i++) {
		size_t hole = frame_open(out, type);

		if (type == MSG_SUMMARY)
			buf_u8(out, 0);
		buf_u16(out, 400);
		for (int k = 0; k < 400; k++) {
			snprintf(id, sizeof(id), "i%d-%d", i, k);
			msg_key_write(out,
			    &(struct lsa_key){ "c.x.org", id, LSA_CONNECTOR });
			buf_bytes(out, zero, extra);
		}
		frame_close(out, hole);
	}
}

static void
strange_requests(struct buf *out)
{
	hello_2(out);
	strange_keys(out, MSG_REQUEST, 13, 0);
}

static void
endless_summary(struct buf *out)
{
	hello_2(out);
	for (int i = 0; i < 4; i++) /* so often, and it is one key */
		strange_keys(out, MSG_SUMMARY, 1, 8 + MSG_SHORT_DIGEST);
	put(out, MSG_NONE, "\3\7c.x.org\0\4i0-0", 15);
	strange_keys(
	    out, MSG_SUMMARY, LIMIT_NAMED / 400 + 2, 8 + MSG_SHORT_DIGEST);
}

static void
many_digests(struct buf *out)
{
	uint8_t body[3 + 5 + CRYPTO_DIGEST] = { 0, 0, 1, 7 };

	hello_2(out);
	for (int i = 0; i < LIMIT_FAULTS / LIMIT_FAULT_DIGEST + 1; i++)
		put(out, MSG_DIGEST, body, sizeof(body));
}

static void
parts_back(struct buf *out)
{
	uint8_t body[3 + 2 * (5 + CRYPTO_DIGEST)] = { 0, 0, 2, 7 };

	body[3 + 5 + CRYPTO_DIGEST] = 7;
	hello_2(out);
	put(out, MSG_DIGEST, body, sizeof(body));
}

/* Of the whole, in version 1, and of parts, where none is left for a count. */
static void
short_digest(struct buf *out)
{
	hello(out);
	put(out, MSG_DIGEST, "1234", 4);
}

static void
no_parts(struct buf *out)
{
	hello_2(out);
	put(out, MSG_DIGEST, "\0\0", 2);
}

static void
part_cut(struct buf *out)
{
	hello_2(out);
	put(out, MSG_DIGEST, "\0\0\1\7\0\0\0\1", 8);
}

static void
parts_and_more(struct buf *out)
{
	hello_2(out);
	put(out, MSG_DIGEST, "\0\0\0x", 4);
}

static void
no_count(struct buf *out)
{
	hello(out);
	put(out, MSG_REQUEST, "\0", 1);
}

static void
keys_and_more(struct buf *out)
{
	hello(out);
	put(out, MSG_REQUEST, "\0\0x", 3);
}

static void
key_cut(struct buf *out)
{
	hello(out);
	put(out, MSG_REQUEST, "\0\1\2", 3);
}

static void
revocation(struct buf *out)
{
	struct crypto authority = cheap_seal("z");
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	char id[2 * CRYPTO_DIGEST + 1];
	struct lsa_draft draft = { .key = { "", id, LSA_REVOCATION },
		.org = org,
		.signer = org,
		.seq = 1 };
	size_t hole;

	cheap_key('z', org);
	cheap_key('b', key);
	lsa_digest_text(key, id);
	hello(out);
	hole = frame_open(out, MSG_UPDATE);
	lsa_encode(out, &draft, &authority);
	frame_close(out, hole);
}

static const struct {
	const char *reason;
	say *first, *then; /* `then` each second, for a minute and more */
	const char *name, *cert;
	size_t others; /* sessions of others that are there before */
} rows[] = {
	{ "short", short_hello, nothing, NULL, NULL, 0 },
	{ "long", huge_frame, nothing, NULL, NULL, 0 },
	{ "long", alive_with_body, nothing, NULL, NULL, 0 },
	{ "range", empty_frame, nothing, NULL, NULL, 0 },
	{ "range", no_keepalive, nothing, NULL, NULL, 0 },
	{ "range", soon_dead, nothing, NULL, NULL, 0 },
	{ "range", many_keys, nothing, NULL, NULL, 0 },
	{ "bad-name", key_with_nul, nothing, NULL, NULL, 0 },
	{ "version", other_version, nothing, NULL, NULL, 0 },
	{ "other-organization", other_organization, nothing, NULL, NULL, 0 },
	{ "unknown-identity", other_name, nothing, NULL, NULL, 0 },
	{ "out-of-order", alive, nothing, NULL, NULL, 0 },
	{ "out-of-order", two_hellos, nothing, NULL, NULL, 0 },
	{ "unknown-message", new_message, nothing, NULL, NULL, 0 },
	{ "too-many-faults", bad_lsas, nothing, NULL, NULL, 0 },
	{ "short", old_alive, nothing, NULL, NULL, 0 },
	{ "long", long_alive, nothing, NULL, NULL, 0 },
	{ "range", parts_back, nothing, NULL, NULL, 0 },
	{ "short", short_digest, nothing, NULL, NULL, 0 },
	{ "short", no_parts, nothing, NULL, NULL, 0 },
	{ "short", part_cut, nothing, NULL, NULL, 0 },
	{ "long", parts_and_more, nothing, NULL, NULL, 0 },
	{ "range", no_count, nothing, NULL, NULL, 0 },
	{ "long", keys_and_more, nothing, NULL, NULL, 0 },
	{ "short", key_cut, nothing, NULL, NULL, 0 },
	{ "too-many-faults", disguised_lsas, nothing, NULL, NULL, 0 },
	{ "too-many-faults", strange_requests, nothing, NULL, NULL, 0 },
	{ "too-many-faults", endless_summary, nothing, NULL, NULL, 0 },
	{ "too-many-faults", many_digests, nothing, NULL, NULL, 0 },
	{ "revoked-key", revocation, nothing, NULL, NULL, 0 },
	{ "silent", nothing, nothing, NULL, NULL, 0 },
	{ "silent", hello, nothing, NULL, NULL, 0 },
	{ "slow-hello", head_of_frame, octet, NULL, NULL, 0 },
	{ "slow-exchange", hello, alive, NULL, NULL, 0 },
	{ "identity", nothing, nothing, "c.x.org", NULL, 0 },
	{ "our-own-name", nothing, nothing, SELF, SELF " g - - b", 0 },
	{ "limit", nothing, nothing, NULL, NULL, LIMIT_SESSIONS },
};

struct host {
	struct engine *engine;
	struct buf said; /* to the session 1 */
	uint64_t ms;
	bool closed;
};

static void
step(struct host *h, struct input in)
{
	struct effects fx;

	in.now.ms = h->ms;
	in.wall = 1800000000;
	fx = engine_step(h->engine, &in);
	for (size_t i = 0; i < fx.n; i++) {
		const struct effect *one = &fx.list[i];

		if (one->kind == FX_SEND && one->who == 1)
			buf_bytes(&h->said, one->bytes, one->len);
		if (one->kind == FX_CLOSE && one->who == 1)
			h->closed = true;
	}
}

static void
open_one(struct host *h, uint32_t who, const char *name, const char *cert)
{
	step(h, (struct input){ .kind = IN_OPEN,
		    .who = who,
		    .name = name,
		    .bytes = (const uint8_t *)cert,
		    .len = strlen(cert) });
}

static void
others(struct host *h, size_t n)
{
	char name[40], cert[60];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "n%zu.x.org", i);
		snprintf(cert, sizeof(cert), "%s g - - b", name);
		open_one(h, (uint32_t)(i + 2), name, cert);
	}
}

/* The peer says something, unless it is closed already. */
static void
hear(struct host *h, say *what)
{
	struct buf out = { 0 };

	what(&out);
	if (out.n > 0 && !h->closed)
		step(h, (struct input){ .kind = IN_BYTES,
			    .who = 1,
			    .bytes = out.p,
			    .len = out.n });
	else
		step(h, (struct input){ .kind = IN_TICK });
	buf_done(&out);
}

/* The last that was said is CLOSE with this word, and nothing is behind. */
static void
check(const struct host *h, const char *reason)
{
	struct frame_reader in = { 0 };
	struct cur body = { 0 };
	uint8_t type = 0;
	char text[40];

	ck_assert_msg(h->closed, "%s: not closed", reason);
	frame_put(&in, h->said.p, h->said.n);
	while (type != MSG_CLOSE && frame_next(&in, &type, &body) == 1)
		;
	ck_assert_int_eq(type, MSG_CLOSE);
	snprintf(
	    text, sizeof(text), "%.*s", (int)body.left, (const char *)body.p);
	ck_assert_str_eq(text, reason);
	ck_assert_uint_eq(in.used, in.held.n);
	frame_done(&in);
}

START_TEST(reasons)
{
	char own[] = SELF, group[] = "g", peer_name[] = PEER;
	struct claims claims = { 0 };
	struct setup_peer peer = { .name = peer_name };
	struct setup setup = { .server = own,
		.group = group,
		.organization = group,
		.claims = &claims,
		.peers = &peer,
		.npeers = 1,
		.times.keepalive_ms = 1000,
		.times.dead_ms = 3000,
		.times.probe_ms = 5000,
		.times.digest_ms = 180000,
		.mta.none = true,
		.confirm_percent = 100 };
	struct crypto crypto = cheap_seal("a");
	struct host h = { .engine = engine_new(1, &crypto), .ms = 1000 };
	const char *cert = rows[_i].cert;

	cheap_public('z', setup.authority.key);
	cheap_key('z', setup.authority.id);
	step(&h, (struct input){ .kind = IN_CONF, .setup = &setup });
	step(&h, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH });
	step(&h, (struct input){ .kind = IN_RESTORE, .who = SAVE_TABLE });
	step(&h, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE });
	others(&h, rows[_i].others);
	open_one(&h, 1, rows[_i].name == NULL ? PEER : rows[_i].name,
	    cert == NULL ? PEER " g - - b" : cert);
	hear(&h, rows[_i].first);
	for (int i = 0; i < 70 && !h.closed; i++) {
		h.ms += 1000;
		hear(&h, rows[_i].then);
	}
	check(&h, rows[_i].reason);
	engine_free(h.engine);
	buf_done(&h.said);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("close");
	TCase *tc = tcase_create("close");

	tcase_set_timeout(tc, 60); /* the machine may be busy */
	tcase_add_loop_test(
	    tc, reasons, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
