#include "t/sim/insider.h"

#include <stdio.h>
#include <string.h>

#include "core/lsa/lsa.h"
#include "core/node/node.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/sim/cable.h"
#include "t/sim/insider_parts.h"

#define LSAS_MAX 80

static uint64_t
below(struct insider *in, uint64_t n)
{
	return rng_below(&in->world->rng, n);
}

/* All but itself. */
static size_t
others(const struct insider *in)
{
	return in->world->n - 1;
}

static struct node *
other(struct insider *in, size_t i)
{
	struct node *nodes = in->world->nodes;

	return &nodes[i] < in->evil ? &nodes[i] : &nodes[i + 1];
}

static struct node *
any_other(struct insider *in)
{
	return other(in, (size_t)below(in, others(in)));
}

/* --- what it says ------------------------------------------------------------ */

/* To one, if it has a session with it. */
static void
slip_to(struct insider *in, size_t to, uint8_t type, const struct buf *body)
{
	struct node *node = other(in, to);
	struct buf frame = { 0 };
	size_t hole = frame_open(&frame, type);

	buf_bytes(&frame, body->p, body->n);
	frame_close(&frame, hole);
	if (cable_joins(in->world, in->evil, node))
		cable_slip(in->world, in->evil, node, &frame);
	buf_done(&frame);
}

static void
slip(struct insider *in, uint8_t type, const struct buf *body)
{
	for (size_t i = 0; i < others(in); i++)
		slip_to(in, i, type, body);
}

/* Of whatever origin, signed with its own key; no body: a purge. */
static void
sign(struct insider *in, const struct lsa_key *key, const struct buf *body,
    struct buf *out)
{
	struct world *world = in->world;
	uint8_t authority[CRYPTO_PUBLIC], org[CRYPTO_DIGEST],
	    signer[CRYPTO_DIGEST];
	struct lsa_draft draft = { .key = *key, .org = org, .signer = signer };

	cheap_seal_authority(authority, org);
	cheap_seal_digest(in->evil->cheap.public_key, CRYPTO_PUBLIC, signer);
	draft.seq = (1000 + world->now.ms / 1000) << 32 | ++in->counter;
	draft.issued = WORLD_WALL + world->now.ms / 1000;
	draft.purge = body == NULL;
	draft.body = body == NULL ? NULL : body->p;
	draft.body_len = body == NULL ? 0 : body->n;
	lsa_encode(out, &draft, &in->evil->crypto);
}

static void
say(struct insider *in, const struct lsa_key *key, const struct buf *body)
{
	struct buf octets = { 0 };

	sign(in, key, body, &octets);
	slip(in, MSG_UPDATE, &octets);
	buf_done(&octets);
}

static void
own(struct insider *in, uint8_t type, const char *id, const struct buf *body)
{
	struct lsa_key key = { in->evil->conf.server, id, type };

	say(in, &key, body);
}

/* TLVs that nobody knows, which every body may have. */
static void
fill(struct buf *body, size_t n)
{
	while (body->n < n) {
		size_t len = n - body->n > 60000 ? 60000 : n - body->n;

		buf_u16(body, 60000);
		buf_u16(body, (uint16_t)len);
		for (size_t i = 0; i < len; i++)
			buf_u8(body, 0);
	}
}

static void
connector(struct insider *in, const char *id, bool up, size_t octets)
{
	struct node *to = any_other(in);
	struct lsa_bridgehead b = { to->conf.server, up, 1 };
	struct lsa_connector c = {
		.group = to->conf.group, .bridgeheads = &b, .nbridgeheads = 1
	};
	struct buf body = { 0 };

	lsa_connector_encode(&body, &c);
	fill(&body, octets);
	own(in, LSA_CONNECTOR, id, &body);
	buf_done(&body);
}

static void
space(struct insider *in, const char *id, size_t octets)
{
	struct lsa_space s = { .cost = (uint32_t)below(in, 65536),
		.relay = true };
	struct buf body = { 0 };

	lsa_space_encode(&body, &s);
	fill(&body, octets);
	own(in, LSA_SPACE, id, &body);
	buf_done(&body);
}

static void
server(struct insider *in, const struct addr *smtp, bool boasts)
{
	size_t n = others(in) < HONEST ? others(in) : HONEST;
	char *all[HONEST];
	struct lsa_server s = { .group = in->evil->conf.group,
		.smtp = smtp,
		.nsmtp = 1,
		.neighbours = all,
		.nneighbours = (uint16_t)n };
	struct buf body = { 0 };

	for (size_t i = 0; i < n; i++)
		all[i] = other(in, i)->conf.server;
	s.mail_down = all;
	s.nmail_down = boasts ? (uint16_t)n : 0;
	lsa_server_encode(&body, &s);
	own(in, LSA_SERVER, "", &body);
	buf_done(&body);
}

/* --- attacks ------------------------------------------------------------------- */

static void
one_lsa(struct insider *in, uint64_t kind, uint64_t number, size_t octets)
{
	struct buf body = { 0 };
	char id[80];

	if (kind == 0) {
		snprintf(id, sizeof(id), "c%u", (unsigned)number);
		connector(in, id, below(in, 2) == 0, octets);
	} else if (kind == 1) {
		snprintf(id, sizeof(id), "s%u.evil.example", (unsigned)number);
		space(in, id, octets);
	} else {
		snprintf(id, sizeof(id), "u%u", (unsigned)number);
		fill(&body, octets);
		own(in, (uint8_t)(100 + below(in, 3)), id, &body);
	}
	buf_done(&body);
}

static void
many(struct insider *in)
{
	uint64_t kind = below(in, 3), n = 1 + below(in, LSAS_MAX);
	size_t octets = below(in, 2) == 0 ? 0 : (size_t)below(in, 20000);

	for (uint64_t i = 0; i < n; i++)
		one_lsa(in, kind, i, octets);
}

static void
same(struct insider *in)
{
	uint64_t kind = below(in, 3), n = 1 + below(in, LSAS_MAX);

	for (uint64_t i = 0; i < n; i++)
		one_lsa(in, kind, 0, (size_t)below(in, 60));
}

static void
purges(struct insider *in)
{
	uint64_t n = 1 + below(in, LSAS_MAX / 2);

	for (uint64_t i = 0; i < n; i++) {
		space(in, "s0.evil.example", 0);
		own(in, LSA_SPACE, "s0.evil.example", NULL);
	}
}

static void
addresses(struct insider *in)
{
	struct addr a = any_other(in)->addr;

	a.port = 25;
	server(in, &a, false);
}

static void
wander(struct insider *in)
{
	uint64_t n = 1 + below(in, 50);
	struct addr a = in->evil->addr;

	for (uint64_t i = 0; i < n; i++) {
		a.port = (uint16_t)(1 + below(in, 65535));
		server(in, &a, below(in, 2) == 0);
	}
}

/* Another's LSA, or the authority's, with its own signature. */
static void
forge(struct insider *in)
{
	struct node *whom = any_other(in);
	char word[] = "connectors", digits[2 * CRYPTO_DIGEST + 1];
	struct lsa_key keys[] = { { whom->conf.server, "", LSA_SERVER },
		{ whom->conf.server, "a.example", LSA_SPACE },
		{ "", word, LSA_RULE }, { "", digits, LSA_REVOCATION },
		{ whom->conf.server, digits, LSA_FORGET } };
	struct buf body = { 0 };

	memset(digits, '0', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	lsa_rule_encode(&body, false);
	say(in, &keys[below(in, 3)], NULL);
	say(in, &keys[below(in, 5)], &body);
	buf_done(&body);
}

/* Keys that do not exist, asked for and offered. */
static void
nothings(struct insider *in)
{
	struct buf body = { 0 };
	char id[64];
	bool offer = below(in, 2) == 0;
	uint16_t n = (uint16_t)(1 + below(in, 400));

	if (offer)
		buf_u8(&body, (uint8_t)below(in, 4));
	buf_u16(&body, n);
	for (uint16_t i = 0; i < n; i++) {
		struct lsa_key key = { "nobody.example", id, LSA_SPACE };

		snprintf(id, sizeof(id), "n%u.example", (unsigned)i);
		msg_key_write(&body, &key);
		if (offer)
			fill(&body, body.n + 24);
	}
	slip(in, offer ? MSG_SUMMARY : MSG_REQUEST, &body);
	buf_done(&body);
}

/* Under one number another thing to each. */
static void
split(struct insider *in)
{
	struct lsa_key key = { in->evil->conf.server, "s0.evil.example",
		LSA_SPACE };

	for (uint64_t n = 1 + below(in, 12); n > 0; n--, in->counter++)
		for (size_t i = 0; i < others(in); i++) {
			struct lsa_space s = { .cost = (uint32_t)i };
			struct buf body = { 0 }, octets = { 0 };

			lsa_space_encode(&body, &s);
			sign(in, &key, &body, &octets);
			slip_to(in, i, MSG_UPDATE, &octets);
			in->counter--;
			buf_done(&octets);
			buf_done(&body);
		}
}

/* As if another spoke too often: its tokens are not to be spent by this. */
static void
mimic(struct insider *in)
{
	struct node *whom = any_other(in);
	struct lsa_key key = { whom->conf.server, "", LSA_SERVER };

	for (uint64_t n = 1 + below(in, 8); n > 0; n--)
		say(in, &key, NULL);
}

/* What others have said, again and again, to all. */
static void
echo(struct insider *in)
{
	const struct lsdb *db = &in->evil->engine->db;

	for (uint64_t n = 1 + below(in, LSAS_MAX / 4); n > 0; n--)
		for (struct lsa *l = lsdb_first(db); l != NULL;
		     l = lsdb_next(l)) {
			struct buf octets = { 0 };

			buf_bytes(&octets, l->octets, l->len);
			slip(in, MSG_UPDATE, &octets);
			buf_done(&octets);
		}
}

/* Up and down: what takes out of use is heard before the rest. */
static void
flap(struct insider *in)
{
	for (uint64_t n = 1 + below(in, LSAS_MAX); n > 0; n--)
		connector(in, "c0", n % 2 == 0, 0);
}

/* Ids that mean something to a shell, a path, a format, a terminal. */
static void
spell(struct insider *in)
{
	static const char *const ids[] = { "../../../etc/passwd", "$(reboot)",
		"%n%n%s", "\"},{\"type\":\"", "a b", "\x1b[2J", "\xc2\x9b",
		"--" };
	struct buf body = { 0 };

	fill(&body, 1);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		own(in, (uint8_t)(100 + below(in, 100)), ids[i], &body);
	buf_done(&body);
}

static void
noise(struct insider *in)
{
	struct buf body = { 0 };

	for (uint64_t n = below(in, 200); n > 0; n--)
		buf_u8(&body, (uint8_t)below(in, 256));
	slip(in, (uint8_t)below(in, 12), &body);
	buf_done(&body);
}

void
insider_one(struct insider *in)
{
	static void (*const all[])(struct insider *) = { many, many, same, same,
		purges, addresses, wander, forge, nothings, split, mimic, echo,
		flap, spell, noise };

	all[below(in, sizeof(all) / sizeof(all[0]))](in);
}

void
insider_attack(struct world *world, struct node *evil, uint64_t n)
{
	struct insider in = { .world = world, .evil = evil };

	if (world->n < 2 || !world_runs(evil) ||
	    (world->insider != NULL && world->insider != evil))
		return;
	world->insider = evil;
	for (; n > 0 && world->failed == NULL && world_runs(evil); n--) {
		insider_one(&in);
		world_run(world, 1 + below(&in, 2000));
	}
}
