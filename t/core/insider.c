#include "t/core/insider.h"

#include <stdio.h>
#include <string.h>

#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"

static const char letter_self[] = "a", letter_peer[] = INSIDER_LETTER;

static void
see(struct insider *f, const struct effects *fx)
{
	for (size_t i = 0; i < fx->n; i++) {
		const struct effect *one = &fx->list[i];

		if (one->kind == FX_CLOSE)
			f->closed++;
		if (one->kind == FX_PROBE && one->name != NULL) {
			f->probes += strcmp(one->name, PEER) == 0;
			f->probes_far += strcmp(one->name, FAR) == 0;
			f->open[f->nopen++ % 64] = one->who;
		}
		if (one->kind == FX_SEND && one->bytes[4] == MSG_REQUEST)
			f->requests++;
		if (one->kind == FX_SEND && one->bytes[4] == MSG_DIGEST)
			f->digests++;
		if (one->kind == FX_SEND && one->bytes[4] == MSG_UPDATE)
			f->sent += one->who > 1;
		if (one->kind == FX_SEND && one->bytes[4] == MSG_SYNCED)
			f->synced++;
		if (one->kind == FX_SEND && one->bytes[4] == MSG_NONE)
			f->nones++;
		if (one->kind != FX_EVENT)
			continue;
		if (one->event->kind == EVENT_LSA_REFUSED)
			f->refused++;
		if (one->event->kind == EVENT_LSA_PURGED)
			f->purged++;
		if (one->event->kind != EVENT_LSDB_FILLING)
			continue;
		if (one->event->origin == NULL)
			f->filling_all++;
		else if (f->filling++ == 0)
			f->refused_before = f->refused;
	}
}

void
insider_step(struct insider *f, struct input in)
{
	struct effects fx;

	in.now.ms = f->ms;
	in.wall = 1800000000u;
	fx = engine_step(f->engine, &in);
	see(f, &fx);
}

/* From the peer of this session. */
static void
hand(struct insider *f, uint32_t who, uint8_t type, const void *body, size_t n)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, type);

	buf_bytes(&out, body, n);
	frame_close(&out, hole);
	insider_step(f,
	    (struct input){
		.kind = IN_BYTES, .who = who, .bytes = out.p, .len = out.n });
	buf_done(&out);
}

void
insider_frame(struct insider *f, uint8_t type, const void *body, size_t n)
{
	hand(f, 1, type, body, n);
}

void
insider_hand_on(struct insider *f, struct insider_who who, uint8_t type,
    const char *id, const struct buf *body)
{
	const char text[] = { who.letter, '\0' };
	/* A test may have the peer sign as another. */
	struct crypto seal =
	    who.letter == *INSIDER_LETTER ? f->peer : cheap_seal(text);
	uint8_t org[CRYPTO_DIGEST], key[CRYPTO_DIGEST];
	struct lsa_draft draft = { .key = { who.name, id, type },
		.org = org,
		.signer = key,
		.seq = ++f->seq,
		.issued = 1800000000u,
		.purge = body == NULL,
		.body = body == NULL ? NULL : body->p,
		.body_len = body == NULL ? 0 : body->n };
	struct buf out = { 0 };

	cheap_key('z', org);
	cheap_key(who.letter, key);
	lsa_encode(&out, &draft, &seal);
	insider_frame(f, MSG_UPDATE, out.p, out.n);
	buf_done(&out);
}

/* An LSA of the peer's, with the next sequence; without a body a purge. */
void
insider_say(
    struct insider *f, uint8_t type, const char *id, const struct buf *body)
{
	insider_hand_on(
	    f, (struct insider_who){ PEER, *INSIDER_LETTER }, type, id, body);
}

void
insider_known(
    struct insider *f, const char *name, char letter, const char *cert)
{
	struct lsa_identity id = { .cert = { (const uint8_t *)cert },
		.cert_len = { strlen(cert) },
		.ncerts = 1 };
	struct buf body = { 0 };

	lsa_identity_encode(&body, &id);
	insider_hand_on(
	    f, (struct insider_who){ name, letter }, LSA_IDENTITY, "", &body);
	buf_done(&body);
}

void
insider_connector(struct insider *f, const char *id, uint32_t cost, bool up)
{
	char far[] = "c.x.org", group[] = "far";
	struct lsa_bridgehead b = { far, up, cost };
	struct lsa_connector c = {
		.group = group, .bridgeheads = &b, .nbridgeheads = 1
	};
	struct buf body = { 0 };

	lsa_connector_encode(&body, &c);
	insider_say(f, LSA_CONNECTOR, id, &body);
	buf_done(&body);
}

static void
hello(struct insider *f)
{
	struct msg_hello h = { .lowest = 1,
		.highest = 1,
		.name = PEER,
		.keepalive_ms = 1000,
		.dead_ms = 600000 };
	struct buf out = { 0 };

	cheap_key('z', h.org);
	msg_hello_write(&out, &h);
	insider_frame(f, MSG_HELLO, out.p, out.n);
	buf_done(&out);
}

void
insider_identity(struct insider *f)
{
	insider_known(f, PEER, *INSIDER_LETTER, CERT);
}

/* Until both have said HELLO. */
void
insider_greet(struct insider *f)
{
	static char own[] = SELF, group[] = "g";

	memset(f, 0, sizeof(*f));
	f->crypto = cheap_seal(letter_self);
	f->peer = cheap_seal(letter_peer);
	f->setup = (struct setup){ .server = own,
		.group = group,
		.organization = group,
		.claims = &f->claims,
		.times.keepalive_ms = 1000,
		.times.dead_ms = 600000,
		.times.probe_ms = 5000,
		.times.digest_ms = 180000,
		.confirm_percent = 100 };
	cheap_key('z', f->setup.authority.id);
	f->ms = 1;
	f->seq = 1ull << 32;
	f->engine = engine_new(1, &f->crypto);
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
	insider_step(
	    f, (struct input){ .kind = IN_RESTORE, .who = SAVE_EPOCH });
	insider_step(
	    f, (struct input){ .kind = IN_RESTORE, .who = SAVE_STATE });
	insider_step(f, (struct input){ .kind = IN_OPEN,
			    .who = 1,
			    .name = PEER,
			    .bytes = (const uint8_t *)CERT,
			    .len = sizeof(CERT) - 1 });
	hello(f);
}

void
insider_begin(struct insider *f)
{
	insider_greet(f);
	insider_frame(f, MSG_SUMMARY, "\3\0\0", 3);
	insider_frame(f, MSG_SYNCED, "", 0);
	insider_identity(f);
	f->requests = 0;
}

struct lsa *
insider_held(struct insider *f, uint8_t type, const char *id)
{
	struct lsa_key key = { PEER, id, type };

	return lsdb_find(&f->engine->db, &key);
}

void
insider_ticks(struct insider *f, uint64_t ms)
{
	uint64_t end = f->ms + ms;

	while (f->ms < end) {
		f->ms += 100;
		insider_step(f, (struct input){ .kind = IN_TICK });
	}
}

void
insider_fill(struct buf *body, size_t n)
{
	while (body->n < n)
		buf_u8(body, 0);
}

void
insider_join(struct insider *f, uint32_t who)
{
	char cert[300], letter = who < 20 ? (char)('b' + who) : 'z';
	struct msg_hello h = { .lowest = 1,
		.highest = 1,
		.keepalive_ms = 1000,
		.dead_ms = 600000 };
	struct buf hello = { 0 };

	if (who < 20)
		snprintf(h.name, sizeof(h.name), "%c.x.org", letter);
	else
		snprintf(h.name, sizeof(h.name), "s%u.x.org", who);
	snprintf(cert, sizeof(cert), "%s g x.org - %c", h.name, letter);
	cheap_key('z', h.org);
	msg_hello_write(&hello, &h);
	insider_step(f, (struct input){ .kind = IN_OPEN,
			    .who = who,
			    .name = h.name,
			    .bytes = (const uint8_t *)cert,
			    .len = strlen(cert) });
	hand(f, who, MSG_HELLO, hello.p, hello.n);
	hand(f, who, MSG_SUMMARY, "\3\0\0", 3);
	hand(f, who, MSG_SYNCED, "", 0);
	buf_done(&hello);
}

void
insider_hub(struct insider *f, uint32_t links)
{
	static uint8_t cert[] = SELF " g x.org - a";

	for (uint32_t who = 2; who < 2 + links; who++)
		insider_join(f, who);
	f->setup.cert.now = cert;
	f->setup.cert.now_len = sizeof(cert) - 1;
	cheap_key('a', f->claims.key);
	f->setup.mta.none = true;
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
	insider_step(f, (struct input){ .kind = IN_SAVED,
			    .who = f->engine->origin.epoch.save });
	insider_ticks(f, 11000);
	insider_step(f, (struct input){ .kind = IN_PUBLISHED,
			    .value = f->engine->table.rib->generation });
	insider_ticks(f, 60000);
}
