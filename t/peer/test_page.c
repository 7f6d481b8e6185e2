/*
 * test_page.c - the example sessions of lsrd-protocol(7), played octet for
 * octet by lsrd's own code. The page is read as it is; a comment before a
 * block names the play:
 *
 *     .\" replay frames     L: and P: begin frames of London and Paris, in
 *                           hexadecimal; # begins a comment. London is an
 *                           engine with real keys; the page says Paris.
 *     .\" replay verb       C: and S: are lines of X-LSA-2 by both machines
 *                           of src/verb; -- is what happens beside them.
 *     .\" replay refusals   the same, the page says C:.
 *
 * In lines of the verb `_` at the end stands for a blank.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/cur.h"
#include "base/mem.h"
#include "base/rc.h"
#include "core/lsa/limits.h"
#include "core/lsa/lsa.h"
#include "core/node/engine.h"
#include "core/view/rib.h"
#include "core/wire/msg.h"
#include "crypt/crypto.h"
#include "crypt/keys.h"
#include "t/tap.h"
#include "verb/verb_client.h"
#include "verb/verb_server.h"

#define ISSUED 1800000000u /* as the page says */
#define LONDON "mx1.london.example.org"
#define PARIS "mx1.paris.example.org"

/* RFC 8032, section 7.1: TEST 1 is the authority's, TEST 2 London's. */
static const char authority_secret[] =
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
static const char london_secret[] =
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";

/* --- the page */

/* The next line of the page's block of this name, or NULL after the last. */
static char *
block_line(FILE *page, const char *name)
{
	static char line[256];
	static enum { BEFORE, NAMED, INSIDE } where;
	char mark[64];

	snprintf(mark, sizeof(mark), ".\\\" replay %s\n", name);
	while (fgets(line, sizeof(line), page) != NULL) {
		if (where == BEFORE && strcmp(line, mark) == 0) {
			where = NAMED;
		} else if (where == NAMED && strncmp(line, ".Bd", 3) == 0) {
			where = INSIDE;
		} else if (where == INSIDE) {
			if (strncmp(line, ".Ed", 3) == 0)
				break;
			line[strcspn(line, "\n")] = '\0';
			return line;
		}
	}
	ck_assert_msg(where == INSIDE, "no block %s in the page", name);
	where = BEFORE;
	return NULL;
}

static FILE *
page_open(void)
{
	const char *top = getenv("top_srcdir");
	char path[500];
	FILE *page;

	snprintf(path, sizeof(path), "%s/man/lsrd-protocol.7",
	    top == NULL ? "." : top);
	page = fopen(path, "r");
	ck_assert_msg(page != NULL, "%s cannot be read", path);
	return page;
}

static unsigned
hex_digit(char c)
{
	ck_assert_msg(isxdigit((unsigned char)c), "no hexadecimal: %c", c);
	return isdigit((unsigned char)c) ? (unsigned)(c - '0')
	                                 : (unsigned)(c - 'a' + 10);
}

/* Octets in hexadecimal, up to the end or a comment. */
static void
hex(const char *text, struct buf *out)
{
	while (*(text += strspn(text, " ")) != '\0' && *text != '#') {
		buf_u8(out,
		    (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1])));
		text += 2;
	}
}

/* --- frames */

struct frame {
	char by; /* L or P */
	struct buf octets;
};

#define FRAMES 40

static size_t
frames_read(struct frame *frames)
{
	FILE *page = page_open();
	const char *line;
	size_t n = 0;

	while ((line = block_line(page, "frames")) != NULL) {
		if (line[0] == 'L' || line[0] == 'P') {
			ck_assert_uint_lt(n, FRAMES);
			frames[n++] = (struct frame){ .by = line[0] };
		}
		if (n > 0 && strlen(line) > 3)
			hex(line + 3, &frames[n - 1].octets);
	}
	fclose(page);
	return n;
}

static void
frames_done(struct frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_done(&frames[i].octets);
}

/* The certificate in the first identity that this side says. */
static void
certificate_of(
    const struct frame *frames, size_t n, char by, struct buf *certificate)
{
	struct crypto crypto;

	crypto_init(&crypto, NULL, NULL);
	for (size_t i = 0; i < n && certificate->n == 0; i++) {
		const struct buf *b = &frames[i].octets;
		struct lsa_identity identity;
		struct lsa *lsa = NULL;

		if (frames[i].by != by || b->p[4] != MSG_UPDATE ||
		    lsa_decode(b->p + 5, b->n - 5, &crypto, &lsa) != RC_OK)
			continue;
		if (lsa->key.type == LSA_IDENTITY &&
		    lsa_identity_decode(lsa, &identity) == RC_OK)
			buf_bytes(certificate, identity.cert[0],
			    identity.cert_len[0]);
		lsa_free(lsa);
	}
	crypto_done(&crypto);
	ck_assert_uint_gt(certificate->n, 0);
}

static EVP_PKEY *
key_of(const char *secret)
{
	struct buf raw = { 0 };
	EVP_PKEY *key;

	hex(secret, &raw);
	key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw.p, raw.n);
	ck_assert_ptr_nonnull(key);
	buf_done(&raw);
	return key;
}

/* London: an engine, its disk and its publisher, which answer at once. */
struct london {
	struct engine *engine;
	struct setup setup;
	struct setup_peer peer;
	struct crypto crypto;
	struct buf said; /* and not compared yet */
	struct mono now, wake;
	bool closed;
};

static void step(struct london *l, struct input in);

static void
act(struct london *l, const struct effects *fx)
{
	struct input answers[8];
	size_t n = 0;

	l->wake = fx->wake;
	for (size_t i = 0; i < fx->n; i++) {
		const struct effect *one = &fx->list[i];

		if (one->kind == FX_SEND)
			buf_bytes(&l->said, one->bytes, one->len);
		if (one->kind == FX_SAVE)
			answers[n++] =
			    (struct input){ .kind = IN_SAVED, .who = one->who };
		if (one->kind == FX_ROUTES)
			answers[n++] = (struct input){ .kind = IN_PUBLISHED,
				.value = one->rib->generation };
		l->closed = l->closed || one->kind == FX_CLOSE;
		ck_assert(one->kind != FX_EVENT ||
			  one->event->kind != EVENT_LSA_REFUSED);
		ck_assert_uint_lt(n, 8);
	}
	for (size_t i = 0; i < n; i++)
		step(l, answers[i]);
}

static void
step(struct london *l, struct input in)
{
	struct effects fx;

	in.now = l->now;
	in.wall = ISSUED;
	fx = engine_step(l->engine, &in);
	act(l, &fx);
}

static void
london_begin(struct london *l, const struct buf *certificate)
{
	static char name[] = LONDON, group[] = "london", paris[] = PARIS,
		    organization[] = "example.org";
	EVP_PKEY *authority = key_of(authority_secret);

	memset(l, 0, sizeof(*l));
	l->now.ms = 1000;
	l->peer.name = paris;
	l->setup = (struct setup){ .server = name,
		.group = group,
		.organization = organization,
		.cert.now = certificate->p,
		.cert.now_len = certificate->n,
		.announced.nsmtp = 1,
		.announced.smtp[0] = { .family = 4,
		    .port = 25,
		    .ip = { 192, 0, 2, 10 } },
		.peers = &l->peer,
		.npeers = 1,
		.times.keepalive_ms = 1000,
		.times.dead_ms = 3000,
		.times.probe_ms = 5000,
		.times.digest_ms = 180000,
		.mta.none = true,
		.confirm_percent = 100 };
	keys_public(authority, l->setup.authority.key);
	keys_digest(l->setup.authority.key, l->setup.authority.id);
	keys_free(authority);
	crypto_init(&l->crypto, key_of(london_secret), l->setup.authority.key);
	ck_assert_int_eq(l->crypto.vouch(l->crypto.ctx, certificate->p,
			     certificate->n, &l->setup.claims),
	    RC_OK);
	l->engine = engine_new(1, &l->crypto);
	step(l, (struct input){ .kind = IN_CONF, .setup = &l->setup });
	step(l, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH });
	step(l, (struct input){ .kind = IN_RESTORE, .who = SAVE_TABLE });
	step(l, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE });
}

static void
london_end(struct london *l)
{
	engine_free(l->engine);
	claims_free(l->setup.claims);
	crypto_done(&l->crypto);
	buf_done(&l->said);
}

/* London says this next, in its own good time. */
static void
expect_frame(struct london *l, const struct buf *want, size_t nth)
{
	for (int i = 0; i < 100 && l->said.n < want->n; i++) {
		l->now = l->wake;
		step(l, (struct input){ .kind = IN_TICK });
	}
	ck_assert_msg(l->said.n >= want->n, "frame %zu: London says less", nth);
	for (size_t i = 0; i < want->n; i++)
		ck_assert_msg(l->said.p[i] == want->p[i],
		    "frame %zu, octet %zu: the page has %02x, lsrd says %02x",
		    nth, i, want->p[i], l->said.p[i]);
	memmove(l->said.p, l->said.p + want->n, l->said.n - want->n);
	l->said.n -= want->n;
}

static void
hear(struct london *l, const struct buf *b)
{
	step(l, (struct input){
		    .kind = IN_BYTES, .who = 1, .bytes = b->p, .len = b->n });
}

static void
play(struct london *l, const struct frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct buf *b = &frames[i].octets;

		if (frames[i].by == 'L') {
			expect_frame(l, b, i + 1);
			continue;
		}
		ck_assert_msg(l->said.n == 0,
		    "before frame %zu: London says "
		    "more than the page",
		    i + 1);
		hear(l, b);
	}
}

static void
meet(struct london *l, const struct buf *certificate)
{
	step(l, (struct input){ .kind = IN_OPEN,
		    .who = 1,
		    .name = PARIS,
		    .dialled = true,
		    .bytes = certificate->p,
		    .len = certificate->n });
}

START_TEST(frames_are_lsrds)
{
	struct frame frames[FRAMES] = { 0 };
	struct buf london = { 0 }, paris = { 0 };
	size_t n = frames_read(frames);
	struct london l;

	ck_assert_uint_gt(n, 10);
	certificate_of(frames, n, 'L', &london);
	certificate_of(frames, n, 'P', &paris);
	london_begin(&l, &london);
	meet(&l, &paris);
	play(&l, frames, n);
	ck_assert_uint_eq(l.said.n, 0);
	ck_assert(l.closed);
	london_end(&l);
	frames_done(frames, n);
	buf_done(&london);
	buf_done(&paris);
}
END_TEST

/* What Paris says of its database is what it sends of it. */
START_TEST(summaries_are_true)
{
	struct frame frames[FRAMES] = { 0 };
	size_t n = frames_read(frames);
	struct cur summary = { 0 }, digest = { 0 };
	uint8_t all[4 * CRYPTO_DIGEST], part[CRYPTO_DIGEST];
	unsigned count = 0, number = 0;
	struct msg_entry entry;
	struct crypto crypto;

	crypto_init(&crypto, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		const struct buf *b = &frames[i].octets;
		struct cur body = cur_over(b->p + 5, b->n - 5);
		struct lsa *lsa;

		if (frames[i].by == 'P' && b->p[4] == MSG_DIGEST)
			digest = body;
		if (frames[i].by == 'P' && b->p[4] == MSG_SUMMARY)
			summary = cur_over(b->p + 8, b->n - 8);
		if (frames[i].by != 'P' || b->p[4] != MSG_UPDATE)
			continue;
		ck_assert_int_eq(
		    lsa_decode(b->p + 5, b->n - 5, &crypto, &lsa), RC_OK);
		ck_assert_int_eq(
		    msg_entry_read(&summary, MSG_VERSION, &entry), RC_OK);
		ck_assert(lsa_key_order(&lsa->key, &entry.key.key) == 0);
		ck_assert_uint_eq(lsa->seq, entry.seq);
		ck_assert_mem_eq(lsa->digest, entry.digest, MSG_SHORT_DIGEST);
		memcpy(all + CRYPTO_DIGEST * (count++ % 4), lsa->digest,
		    CRYPTO_DIGEST);
		number = lsa->part;
		lsa_free(lsa);
	}
	ck_assert_uint_eq(summary.left, 0);
	ck_assert_uint_eq(cur_u8(&digest), 0);
	ck_assert_uint_eq(cur_u16(&digest), 1);
	ck_assert_uint_eq(cur_u8(&digest), number);
	ck_assert_uint_eq(cur_u32(&digest), count);
	crypto.digest(crypto.ctx, all, (size_t)CRYPTO_DIGEST * count, part);
	ck_assert_mem_eq(
	    cur_bytes(&digest, CRYPTO_DIGEST), part, CRYPTO_DIGEST);
	crypto_done(&crypto);
	frames_done(frames, n);
}
END_TEST

/* The page says so of every message but these. */
static bool
may_be_longer(uint8_t type)
{
	return type == MSG_HELLO || type == MSG_UPDATE || type == MSG_CLOSE;
}

/* One octet behind any other message of Paris, and of London's NONE if it
 * were Paris's, ends the session. */
START_TEST(bodies_have_no_more)
{
	struct frame frames[FRAMES] = { 0 };
	struct buf london = { 0 }, paris = { 0 };
	size_t n = frames_read(frames), tried = 0;

	certificate_of(frames, n, 'L', &london);
	certificate_of(frames, n, 'P', &paris);
	for (size_t i = 0; i < n; i++) {
		struct buf *b = &frames[i].octets;
		struct london l;

		if (may_be_longer(b->p[4]) ||
		    (frames[i].by == 'L' && b->p[4] != MSG_NONE))
			continue;
		london_begin(&l, &london);
		meet(&l, &paris);
		play(&l, frames, i);
		buf_u8(b, 0);
		b->p[3]++;
		hear(&l, b);
		ck_assert_msg(l.closed, "type %d", b->p[4]);
		london_end(&l);
		b->p[3]--;
		b->n--;
		tried++;
	}
	ck_assert_uint_ge(tried, 6);
	frames_done(frames, n);
	buf_done(&london);
	buf_done(&paris);
}
END_TEST

/* --- lines of the verb */

struct talk {
	struct verb_client client;
	struct verb_server server;
	struct mono now;
	bool alone;  /* the page is the client */
	bool absent; /* there is no lsrd */
};

static void
to_server(struct talk *t, const char *line)
{
	size_t at = 0, n = strlen(line);

	while (at < n && t->server.state != VERB_SERVER_ENDED) {
		at += verb_server_feed(
		    &t->server, (const uint8_t *)line + at, n - at, t->now);
		if (t->server.state != VERB_SERVER_ASKING)
			continue;
		if (t->absent)
			verb_server_refuse(&t->server);
		else
			verb_server_attach(&t->server);
	}
}

/* The next line of what a machine has said is this one. */
static void
expect_line(struct buf *said, const char *line)
{
	size_t n = strlen(line);

	ck_assert_msg(said->n >= n && memcmp(said->p, line, n) == 0,
	    "the page: %slsrd: %.*s", line, (int)said->n,
	    said->n == 0 ? "" : (const char *)said->p);
	memmove(said->p, said->p + n, said->n - n);
	said->n -= n;
}

static void
beside(struct talk *t, const char *text)
{
	struct buf octets = { 0 };

	if (strncmp(text, "London: ", 8) == 0) {
		hex(text + 8, &octets);
		verb_client_send(&t->client, octets.p, octets.n, t->now);
	} else if (strncmp(text, "Paris: ", 7) == 0) {
		hex(text + 7, &octets);
		verb_server_carry(&t->server, octets.p, octets.n);
	} else if (strcmp(text, "London ends") == 0) {
		verb_client_quit(&t->client);
	} else if (strcmp(text, "no lsrd") == 0) {
		t->absent = true;
	} else {
		char *end;

		t->now.ms += strtoul(text, &end, 10);
		ck_assert_msg(strcmp(end, " ms") == 0, "what is: %s", text);
		verb_client_tick(&t->client, t->now);
		verb_server_tick(&t->server, t->now);
	}
	buf_done(&octets);
}

static void
on_page_line(struct talk *t, const char *text)
{
	size_t n = strlen(text);
	char line[256];

	if (strncmp(text, "-- ", 3) == 0) {
		beside(t, text + 3);
		return;
	}
	ck_assert_msg(n > 3 && text[1] == ':', "what is: %s", text);
	snprintf(line, sizeof(line), "%s\r\n", text + 3);
	if (text[n - 1] == '_')
		line[n - 4] = ' ';
	if (text[0] == 'S') {
		expect_line(&t->server.say, line);
		if (!t->alone)
			verb_client_feed(&t->client, (const uint8_t *)line,
			    strlen(line), t->now);
	} else {
		if (!t->alone)
			expect_line(&t->client.say, line);
		to_server(t, line);
	}
}

static void
talk_over(const char *name, bool alone)
{
	FILE *page = page_open();
	const char *line;
	struct talk t = { .now = { 1000 }, .alone = alone };

	verb_client_init(&t.client, LONDON);
	verb_server_init(&t.server, PARIS);
	verb_server_greet(&t.server);
	while ((line = block_line(page, name)) != NULL)
		if (line[0] != '\0')
			on_page_line(&t, line);
	ck_assert_uint_eq(t.client.say.n, 0);
	ck_assert_uint_eq(t.server.say.n, 0);
	ck_assert_int_eq(t.server.state, VERB_SERVER_ENDED);
	verb_client_done(&t.client);
	verb_server_done(&t.server);
	fclose(page);
}

START_TEST(lines_are_lsrds)
{
	talk_over("verb", false);
}
END_TEST

START_TEST(refusals_are_lsrds)
{
	talk_over("refusals", true);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("page");
	TCase *tc = tcase_create("page");

	tcase_add_test(tc, frames_are_lsrds);
	tcase_add_test(tc, summaries_are_true);
	tcase_add_test(tc, bodies_have_no_more);
	tcase_add_test(tc, lines_are_lsrds);
	tcase_add_test(tc, refusals_are_lsrds);
	suite_add_tcase(suite, tc);
	return tap_run(suite);
}
