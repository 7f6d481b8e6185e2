/*
 * seeds_session.c - sessions of a stranger (stranger.h), each about one thing
 * that a peer may do or say.
 */

#include <string.h>

#include "core/lsa/lsa.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/fuzz/seeds.h"
#include "t/fuzz/stranger.h"
#include "t/sim/cheap_seal.h"

#define US "x1.sim"
#define THEM "l1.sim"
#define EPOCH ((uint64_t)1 << 32)
#define CERTIFICATE                                                            \
	"n " US "\ng oslo\ns oslo.example\ns .oslo.example\n"                  \
	"r oslo.example\nc *\nk 0\n"

static struct buf session;
static uint64_t issued = WORLD_WALL;

static void
does(uint8_t type, struct buf *body)
{
	size_t hole = frame_open(&session, type);

	if (body != NULL) {
		buf_bytes(&session, body->p, body->n);
		buf_done(body);
	}
	frame_close(&session, hole);
}

static void
says(uint8_t type, struct buf *body)
{
	does(STRANGER_SAYS | type, body);
}

static void
certified(const char *text)
{
	struct buf body = { 0 };

	buf_text(&body, text);
	does(STRANGER_CERTIFIED, &body);
}

static void
opens(uint8_t how, const char *name)
{
	struct buf body = { 0 };

	buf_u8(&body, how);
	buf_text(&body, name);
	does(STRANGER_OPENS, &body);
}

static void
waits(uint16_t ms)
{
	struct buf body = { 0 };

	buf_u16(&body, ms);
	does(STRANGER_WAITS, &body);
}

static void
vouched(uint32_t counter)
{
	struct buf body = { 0 };

	buf_u64(&body, EPOCH | counter);
	does(STRANGER_VOUCHED, &body);
}

static struct msg_hello
hello_of(uint16_t version)
{
	struct msg_hello hello = { 1, version, { 0 }, US, 500, 60000 };
	uint8_t authority[CRYPTO_PUBLIC];

	cheap_seal_authority(authority, hello.org);
	return hello;
}

static void
greets(const struct msg_hello *hello)
{
	struct buf body = { 0 };

	msg_hello_write(&body, hello);
	says(MSG_HELLO, &body);
}

static void
begins(uint16_t version)
{
	struct msg_hello hello = hello_of(version);

	certified(CERTIFICATE);
	opens(0, "");
	greets(&hello);
}

static void
digest_of(uint32_t number, uint8_t out[CRYPTO_DIGEST])
{
	uint8_t key[CRYPTO_PUBLIC];

	cheap_seal_key(US, number, key);
	cheap_seal_digest(key, sizeof(key), out);
}

/* As if our first key had signed it; where it is to be right stranger.c does. */
static void
lsa_write(
    struct buf *out, const struct lsa_key *key, uint64_t seq, struct buf *body)
{
	uint8_t authority[CRYPTO_PUBLIC], org[CRYPTO_DIGEST], us[CRYPTO_DIGEST];
	struct cheap_seal cheap = { .signed_ = NULL };
	struct crypto crypto = cheap_seal_new(&cheap);
	struct lsa_draft draft = { .key = *key,
		.org = org,
		.signer = us,
		.seq = seq,
		.issued = issued,
		.purge = body == NULL };

	cheap_seal_authority(authority, org);
	digest_of(0, us);
	if (body != NULL) {
		draft.body = body->p;
		draft.body_len = body->n;
	}
	lsa_encode(out, &draft, &crypto);
	if (body != NULL)
		buf_done(body);
}

static void
signs(uint8_t how, struct lsa_key key, uint64_t seq, struct buf *body)
{
	struct buf out = { 0 };

	lsa_write(&out, &key, seq, body);
	does(how, &out);
}

static void
space(const char *id, uint64_t seq, uint32_t cost)
{
	struct lsa_space s = { .cost = cost, .relay = true };
	struct buf body = { 0 };

	lsa_space_encode(&body, &s);
	signs(
	    STRANGER_SIGNED, (struct lsa_key){ US, id, LSA_SPACE }, seq, &body);
}

static void
server(const char *group, uint64_t seq, enum lsa_state state, uint64_t until)
{
	char name[64], reason[] = "disks", who[] = "alice";
	struct addr at = { 4, { 10, 0, 0, 3 }, 25 };
	struct lsa_server s = { .group = name,
		.smtp = &at,
		.nsmtp = 1,
		.state = state,
		.drain_until = until,
		.reason = state == LSA_DRAIN ? reason : NULL,
		.drain_who = state == LSA_DRAIN ? who : NULL,
		.drain_since = state == LSA_DRAIN ? WORLD_WALL : 0 };
	struct buf body = { 0 };

	strcpy(name, group);
	lsa_server_encode(&body, &s);
	signs(STRANGER_SIGNED, (struct lsa_key){ US, "", LSA_SERVER }, seq,
	    &body);
}

static void
key_of(uint32_t number, char out[2 * CRYPTO_DIGEST + 1])
{
	uint8_t us[CRYPTO_DIGEST];

	digest_of(number, us);
	lsa_digest_text(us, out);
}

static void
digest(uint8_t flags)
{
	struct buf body = { 0 };

	buf_u8(&body, flags);
	buf_u16(&body, 0);
	says(MSG_DIGEST, &body);
}

static void
summary(uint8_t flags)
{
	struct buf body = { 0 };

	buf_u8(&body, flags);
	buf_u16(&body, 0);
	says(MSG_SUMMARY, &body);
}

static void
key_put(uint8_t type, const char *origin, const char *id, uint8_t what)
{
	struct buf body = { 0 };

	if (type == MSG_REQUEST)
		buf_u16(&body, 1);
	msg_key_write(&body, &(struct lsa_key){ origin, id, what });
	says(type, &body);
}

static void
closes(const char *why)
{
	struct buf body = { 0 };

	buf_text(&body, why);
	says(MSG_CLOSE, &body);
}

/* FULL, with nothing in it. */
static void
agrees(uint16_t version)
{
	begins(version);
	digest(0);
	summary(MSG_FIRST | MSG_LAST);
	says(MSG_SYNCED, NULL);
	waits(300);
}

static void
full(void)
{
	struct buf body = { 0 };

	agrees(MSG_VERSION);
	key_put(MSG_REQUEST, THEM, "", LSA_SERVER);
	key_put(MSG_REQUEST, THEM, "none", LSA_CONNECTOR);
	key_put(MSG_NONE, THEM, "none", LSA_CONNECTOR);
	digest(MSG_ASKS);
	does(STRANGER_TAKES, NULL);
	buf_u64(&body, 9);
	says(MSG_ALIVE, &body);
	waits(1000);
	does(STRANGER_CLOSES, NULL);
	seeds_put("session", "stranger-full", &session);
}

static void
oldest(void)
{
	struct buf body = { 0 };
	uint8_t zero[CRYPTO_DIGEST] = { 0 };

	begins(1);
	buf_bytes(&body, zero, sizeof(zero));
	buf_u32(&body, 1);
	says(MSG_DIGEST, &body);
	summary(MSG_FIRST | MSG_LAST);
	says(MSG_SYNCED, NULL);
	does(STRANGER_TAKES, NULL);
	says(MSG_ALIVE, NULL);
	waits(300);
	key_put(MSG_REQUEST, THEM, "", LSA_SERVER);
	buf_u8(&body, 1);
	says(MSG_ALIVE, &body);
	waits(100);
	begins(1);
	says(MSG_DIGEST, NULL);
	seeds_put("session", "version-1", &session);
}

static void
greetings(void)
{
	struct msg_hello hello = hello_of(MSG_VERSION);

	certified(CERTIFICATE);
	for (int i = 0; i < 6; i++) {
		struct msg_hello odd = hello;

		if (i == 0)
			odd.org[0] ^= 1;
		if (i == 1)
			odd.name[0] = 'y';
		if (i == 2)
			odd.keepalive_ms = 0;
		if (i == 3)
			odd.dead_ms = 1;
		if (i == 4)
			odd.dead_ms = 700000;
		opens(i & 1, "");
		greets(&odd);
		if (i == 5)
			greets(&odd);
		waits(50);
	}
	opens(0, "");
	says(MSG_SYNCED, NULL);
	waits(50);
	opens(0, "");
	says(MSG_UPDATE, NULL);
	waits(50);
	opens(0, "");
	says(30, NULL);
	seeds_put("session", "greetings", &session);
}

static void
refused(void)
{
	char text[] = "n y1.sim\ng oslo\nk 0\nv 5\n";

	opens(STRANGER_BARE, "");
	certified(CERTIFICATE);
	opens(STRANGER_NAMED, THEM);
	certified("n " THEM "\ng oslo\nk 0\n");
	opens(STRANGER_NAMED, THEM);
	certified(text);
	opens(STRANGER_NAMED, "y1.sim");
	certified(CERTIFICATE "v 1600000000\n");
	opens(0, "");
	waits(100);
	opens(STRANGER_DIALLED, "");
	opens(0, "");
	seeds_put("session", "refused", &session);
}

static void
said(void)
{
	struct buf body = { 0 };

	agrees(MSG_VERSION);
	space("oslo.example", EPOCH | 1, 1); /* by nobody's certificate yet */
	waits(200);
	vouched(2);
	server("oslo", EPOCH | 3, LSA_UP, 0);
	space("oslo.example", EPOCH | 4, 1);
	space("oslo.example", EPOCH | 4, 1);
	space("a.oslo.example", EPOCH | 5, 1);
	space("elsewhere.example", EPOCH | 6, 1);
	waits(2000);
	server("bergen", EPOCH | 7, LSA_UP, 0);
	server("oslo", EPOCH | 8, LSA_DRAIN, WORLD_WALL + 600);
	waits(2000);
	space("oslo.example", EPOCH | 3, 2);
	server("oslo", EPOCH | 9, LSA_UP, 0);
	server("oslo", (uint64_t)UINT32_MAX << 32, LSA_UP, 0);
	waits(2000);
	issued += 86400;
	space("oslo.example", EPOCH | 13, 3);
	issued = WORLD_WALL;
	for (uint32_t i = 0; i < 40; i++)
		space("oslo.example", EPOCH | (20 + i), i);
	waits(2000);
	certified("n " US "\ng oslo\ns oslo.example\nk 0\n");
	vouched(100);
	waits(2000);
	certified("n " US "\ng oslo\ns oslo.example\nk 1\n");
	vouched(101);
	signs(STRANGER_SIGNED, (struct lsa_key){ US, "", LSA_SERVER },
	    EPOCH | 102, NULL);
	buf_u8(&body, 1);
	says(MSG_UPDATE, &body);
	waits(2000);
	seeds_put("session", "stranger-says", &session);
}

static void
authority(void)
{
	char key[2 * CRYPTO_DIGEST + 1];
	struct buf body = { 0 };

	key_of(1, key);
	agrees(MSG_VERSION);
	lsa_revocation_encode(&body, WORLD_WALL, NULL);
	signs(STRANGER_SIGNED, (struct lsa_key){ "", key, LSA_REVOCATION }, 1,
	    &body);
	certified("n " US "\ng oslo\nk 1\n");
	space("oslo.example", EPOCH | 1, 1);
	certified(CERTIFICATE);
	key_of(0, key);
	vouched(2);
	server("oslo", EPOCH | 3, LSA_UP, 0);
	space("oslo.example", EPOCH | 4, 1);
	lsa_rule_encode(&body, true);
	signs(STRANGER_SIGNED, (struct lsa_key){ "", "connectors", LSA_RULE },
	    1, &body);
	waits(2000);
	lsa_forget_encode(&body, 1);
	signs(STRANGER_SIGNED, (struct lsa_key){ US, key, LSA_FORGET },
	    EPOCH | 1, &body);
	waits(2000);
	space("oslo.example", EPOCH | 5, 1);
	lsa_revocation_encode(&body, WORLD_WALL, NULL);
	signs(STRANGER_SIGNED, (struct lsa_key){ "", key, LSA_REVOCATION }, 1,
	    &body);
	space("oslo.example", EPOCH | 6, 1);
	waits(2000);
	opens(0, "");
	certified("n " US "\ng oslo\nk 1\n");
	opens(0, "");
	seeds_put("session", "authority", &session);
}

/* Signed by who may not. */
static void
unvouched(void)
{
	struct buf out = { 0 }, body = { 0 };
	uint8_t der[4] = { 0 };
	struct lsa_identity identity = { { der }, { sizeof(der) }, 1 };

	agrees(MSG_VERSION);
	lsa_write(
	    &out, &(struct lsa_key){ "", "connectors", LSA_RULE }, 1, NULL);
	says(MSG_UPDATE, &out);
	vouched(2);
	lsa_write(
	    &out, &(struct lsa_key){ US, "x", LSA_SPACE }, EPOCH | 3, NULL);
	says(MSG_UPDATE, &out);
	lsa_identity_encode(&body, &identity);
	signs(STRANGER_SIGNED, (struct lsa_key){ US, "", LSA_IDENTITY },
	    EPOCH | 4, &body);
	certified("n " US "\ng oslo\nk 1\n");
	buf_reset(&body);
	closes("revoked-key");
	opens(0, "");
	closes("expired");
	seeds_put("session", "unvouched", &session);
}

static void
twin(void)
{
	struct buf body = { 0 };
	struct lsa_space s = { .cost = 3 };
	struct lsa_key key = { THEM, "london.example", LSA_SPACE };

	agrees(MSG_VERSION);
	for (unsigned i = 0; i < 2; i++) {
		lsa_space_encode(&body, &s);
		signs(STRANGER_TWIN, key,
		    i == 0 ? (uint64_t)2 << 32 | 7 : UINT64_MAX, &body);
		waits(1000);
	}
	seeds_put("session", "twin", &session);
}

/* How much of them is left then. */
static void
faults(void)
{
	for (int i = 0; i < 9; i++)
		says(MSG_UPDATE, NULL);
}

static void
too_many(void)
{
	struct buf body = { 0 };

	agrees(MSG_VERSION);
	faults();
	faults();
	waits(200);
	agrees(MSG_VERSION);
	faults();
	for (int i = 0; i < 55; i++)
		digest(0);
	waits(200);
	agrees(MSG_VERSION);
	faults();
	for (int i = 0; i < 2; i++) {
		buf_u16(&body, 300);
		for (int k = 0; k < 300; k++)
			buf_bytes(&body, "\3\1x\0", 5);
		says(MSG_REQUEST, &body);
	}
	seeds_put("session", "too-many-faults", &session);
}

static void
names(uint16_t n, uint8_t version)
{
	struct buf body = { 0 };

	buf_u16(&body, n);
	buf_u8(&body, version);
	does(STRANGER_NAMES, &body);
}

static void
many(void)
{
	begins(MSG_VERSION);
	digest(0);
	names(17000, MSG_VERSION);
	waits(100);
	summary(MSG_LAST);
	key_put(MSG_NONE, "nobody.sim", "x", 4);
	names(17000, 0);
	says(MSG_SYNCED, NULL);
	waits(300);
	says(MSG_SYNCED, NULL);
	waits(300);
	digest(MSG_ASKS);
	names(17000, MSG_VERSION);
	names(17000, 0);
	waits(300);
	seeds_put("session", "many-names", &session);
}

void
seeds_session(void)
{
	full();
	oldest();
	greetings();
	refused();
	said();
	authority();
	unvouched();
	twin();
	too_many();
	many();
}
