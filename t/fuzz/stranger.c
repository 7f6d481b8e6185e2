#include "t/fuzz/stranger.h"

#include <stdio.h>
#include <string.h>

#include "base/cur.h"
#include "base/rc.h"
#include "core/lsa/lsa.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/fuzz/pair.h"
#include "t/sim/cable.h"
#include "t/sim/host.h"
#include "t/sim/plan.h"
#include "t/sim/rule.h"

#define FIRST 1000 /* of its sessions: more than there are others */
#define WAITS_MAX 20000
#define WAITS_ALL 120000 /* and of one input */
#define NAMES_ALL 70000
#define NAME_ROOM 64

struct stranger {
	struct world *world;
	struct node *l1, *p1, *x1;
	uint32_t who; /* its session; 0: it never had one */
	bool acts;
	unsigned waited, named;
};

void
stranger_add(struct world *world)
{
	struct node *x1 = plan_host(world, "x1", "oslo");
	struct setup_space space = { .relay = true };

	x1->host_up = x1->mail_up = false;
	plan_peers(&world->nodes[0], x1);
	space.pattern = world_text(world, "oslo.example");
	plan_space(x1, &space);
	cheap_seal_key(x1->conf.server, 0, x1->cheap.public_key);
}

static void
give(struct stranger *s, enum input_kind kind, struct cur bytes)
{
	struct input in = {
		.kind = kind, .who = s->who, .bytes = bytes.p, .len = bytes.left
	};

	if (s->who != 0 && s->world->failed == NULL)
		host_input(s->world, s->l1, &in);
}

static void
say(struct stranger *s, uint8_t type, struct cur body)
{
	struct buf out = { 0 };
	size_t hole = frame_open(&out, type);

	buf_bytes(&out, body.p, body.left);
	frame_close(&out, hole);
	give(s, IN_BYTES, cur_over(out.p, out.n));
	buf_done(&out);
}

static void
certified(struct stranger *s, struct cur text)
{
	struct setup *conf = &s->x1->conf;
	struct claims *claims = NULL;
	struct buf cert = { 0 };
	struct cheap_seal authority = { .signed_ = NULL };
	struct crypto crypto = cheap_seal_new(&authority);
	uint8_t org[CRYPTO_DIGEST], sig[CRYPTO_SIGNATURE];

	cheap_seal_authority(authority.public_key, org);
	buf_bytes(&cert, text.p, text.left);
	crypto.sign(crypto.ctx, cert.p, cert.n, sig);
	buf_bytes(&cert, sig, sizeof(sig));
	mem_free(conf->cert.now);
	conf->cert.now = cert.p;
	conf->cert.now_len = cert.n;
	crypto.vouch(crypto.ctx, cert.p, cert.n, &claims);
	if (claims != NULL)
		memcpy(
		    s->x1->cheap.public_key, claims->public_key, CRYPTO_PUBLIC);
	claims_free(claims);
}

static void
opens(struct stranger *s, struct cur body)
{
	struct input in = { .kind = IN_OPEN };
	uint8_t how = cur_u8(&body);
	char name[NAME_ROOM] = "";

	in.who = s->who = s->who == 0 ? FIRST : s->who + 1;
	in.dialled = (how & STRANGER_DIALLED) != 0;
	in.name = s->x1->conf.server;
	if ((how & STRANGER_NAMED) != 0 && body.left < sizeof(name)) {
		memcpy(name, body.p, body.left);
		in.name = str_is_host(name) ? name : in.name;
	}
	if ((how & STRANGER_BARE) == 0) {
		in.bytes = s->x1->conf.cert.now;
		in.len = s->x1->conf.cert.now_len;
	}
	host_input(s->world, s->l1, &in);
}

static void
is_signed(void *ctx, const uint8_t *p, size_t n)
{
	rule_signed(ctx, p, n);
}

/* What of an LSA nobody can guess: the organization, the signer's digest and
 * the signature. */
static void
signed_by(struct stranger *s, struct cur lsa, bool twin)
{
	struct cheap_seal cheap = { .signed_ = is_signed, .ctx = s->world };
	struct crypto crypto = cheap_seal_new(&cheap);
	uint8_t org[CRYPTO_DIGEST], signer[CRYPTO_DIGEST], type;
	uint8_t sig[CRYPTO_SIGNATURE];
	struct cur in = lsa;
	struct buf out = { 0 };

	cheap_seal_authority(cheap.public_key, org);
	cur_u8(&in);
	type = cur_u8(&in);
	if (twin)
		s->l1->forged = true;
	if (twin || type < LSA_FORGET || type == LSA_LIST ||
	    type > LSA_TYPE_LAST)
		memcpy(cheap.public_key,
		    (twin ? s->l1 : s->x1)->cheap.public_key, CRYPTO_PUBLIC);
	cheap_seal_digest(cheap.public_key, CRYPTO_PUBLIC, signer);
	cur_bytes(&in, 2 + CRYPTO_DIGEST);
	cur_bytes(&in, cur_u8(&in));
	cur_bytes(&in, cur_u16(&in));
	cur_u64(&in);
	if (in.bad || in.left < CRYPTO_DIGEST + CRYPTO_SIGNATURE)
		return;
	buf_bytes(&out, lsa.p, lsa.left - CRYPTO_SIGNATURE);
	memcpy(out.p + 4, org, sizeof(org));
	memcpy(out.p + (lsa.left - in.left), signer, sizeof(signer));
	crypto.sign(crypto.ctx, out.p, out.n, sig);
	buf_bytes(&out, sig, sizeof(sig));
	say(s, MSG_UPDATE, cur_over(out.p, out.n));
	buf_done(&out);
}

static void
vouched(struct stranger *s, struct cur body)
{
	struct setup *conf = &s->x1->conf;
	struct lsa_identity identity = { { conf->cert.now },
		{ conf->cert.now_len }, 1 };
	struct cheap_seal none = { .signed_ = NULL };
	struct crypto crypto = cheap_seal_new(&none);
	uint8_t zero[CRYPTO_DIGEST] = { 0 };
	struct lsa_draft draft = { .org = zero,
		.signer = zero,
		.key = { conf->server, "", LSA_IDENTITY },
		.seq = cur_u64(&body),
		.issued = WORLD_WALL };
	struct buf der = { 0 }, out = { 0 };

	if (conf->cert.now == NULL)
		return;
	lsa_identity_encode(&der, &identity);
	draft.body = der.p;
	draft.body_len = der.n;
	lsa_encode(&out, &draft, &crypto);
	signed_by(s, cur_over(out.p, out.n), false);
	buf_done(&der);
	buf_done(&out);
}

static void
waits(struct stranger *s, struct cur body)
{
	unsigned ms = cur_u16(&body);

	if (ms > WAITS_MAX)
		ms = WAITS_MAX;
	if (s->waited + ms > WAITS_ALL)
		return;
	s->waited += ms;
	pair_lines_are_json(world_ask(s->world, s->l1, "peers"));
	world_run(s->world, ms);
}

static void
name_put(struct buf *out, unsigned number)
{
	char id[32];

	snprintf(id, sizeof(id), "n%u.example", number);
	msg_key_write(out, &(struct lsa_key){ "nobody.sim", id, LSA_SPACE });
}

/* More than an input has room for. */
static void
summary(struct stranger *s, unsigned from, unsigned to, unsigned version)
{
	static const uint8_t zero[MSG_SHORT_DIGEST];
	struct buf out = { 0 };

	buf_u8(&out, 0);
	buf_u16(&out, (uint16_t)(to - from));
	for (; from < to; from++) {
		name_put(&out, from);
		buf_u64(&out, 1);
		buf_bytes(&out, zero, msg_short_digest(version));
	}
	say(s, MSG_SUMMARY, cur_over(out.p, out.n));
	buf_done(&out);
}

static void
names(struct stranger *s, struct cur body)
{
	unsigned n = cur_u16(&body), version = cur_u8(&body), each;
	struct buf out = { 0 };

	if (s->named + n > NAMES_ALL)
		return;
	s->named += n;
	for (unsigned at = 0; version > 0 && at < n; at += each) {
		each = n - at < LIMIT_SUMMARY_ENTRIES ? n - at
		                                      : LIMIT_SUMMARY_ENTRIES;
		summary(s, at, at + each, version);
	}
	for (unsigned at = 0; version == 0 && at < n; at++) {
		name_put(&out, at);
		say(s, MSG_NONE, cur_over(out.p, out.n));
		buf_reset(&out);
	}
	buf_done(&out);
}

static void
does(struct stranger *s, uint8_t type, struct cur body)
{
	if (!s->acts) {
		/* what it says last is what it likes: truth.c asks nothing */
		s->world->insider = s->x1;
		s->x1->host_up = s->x1->mail_up = true;
	}
	s->acts = true;
	switch (type) {
	case STRANGER_CERTIFIED:
		certified(s, body);
		break;
	case STRANGER_OPENS:
		opens(s, body);
		break;
	case STRANGER_CLOSES:
		give(s, IN_CLOSED, cur_over(NULL, 0));
		break;
	case STRANGER_WAITS:
		waits(s, body);
		break;
	case STRANGER_VOUCHED:
		vouched(s, body);
		break;
	case STRANGER_SIGNED:
	case STRANGER_TWIN:
		signed_by(s, body, type == STRANGER_TWIN);
		break;
	case STRANGER_TAKES:
		give(s, IN_DRAINED, cur_over(NULL, 0));
		break;
	case STRANGER_NAMES:
		names(s, body);
		break;
	default:
		say(s, type & (STRANGER_SAYS - 1), body);
		break;
	}
}

/* What p1 says, as far as it has come. */
static void
slip(struct stranger *s, struct buf *octets)
{
	if (octets->n > 0 && cable_joins(s->world, s->p1, s->l1)) {
		cable_slip(s->world, s->p1, s->l1, octets);
		if (s->acts)
			world_run(s->world, 200);
	}
	buf_reset(octets);
}

bool
stranger_play(struct world *world, const uint8_t *p, size_t n)
{
	struct stranger s = { .world = world,
		.l1 = world_find(world, "l1"),
		.p1 = world_find(world, "p1"),
		.x1 = world_find(world, "x1") };
	struct cur in = cur_over(p, n);
	struct buf plain = { 0 };

	while (in.left > 0 && world->failed == NULL) {
		struct cur at = in, body;
		uint32_t len = cur_u32(&in);
		uint8_t type;

		body = cur_sub(&in, len);
		type = cur_u8(&body);
		if (in.bad) {
			buf_bytes(&plain, at.p, at.left);
			break;
		}
		if (type < STRANGER_SAYS) {
			buf_bytes(&plain, at.p, at.left - in.left);
			continue;
		}
		slip(&s, &plain);
		does(&s, type, body);
	}
	slip(&s, &plain);
	buf_done(&plain);
	return s.acts;
}
