#include "t/sim/plan.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "core/lsa/lsa.h"
#include "core/wire/frame.h"
#include "core/wire/msg.h"
#include "t/sim/cable.h"
#include "t/sim/host.h"
#include "t/sim/rule.h"

/* Makes room for one more at `at` in an array of a configuration. */
static void *
open_at(void *array, size_t n, size_t at, size_t each)
{
	char *p = mem_grow(array, n + 1, each);

	memmove(p + (at + 1) * each, p + at * each, (n - at) * each);
	memset(p + at * each, 0, each);
	return p;
}

static struct setup_connector *
connector_find(struct node *owner, const char *name)
{
	for (size_t i = 0; i < owner->conf.nconnectors; i++)
		if (strcmp(owner->conf.connectors[i].name, name) == 0)
			return &owner->conf.connectors[i];
	return NULL;
}

void
plan_connector(struct node *owner, const char *name, const char *group)
{
	struct setup *conf = &owner->conf;
	size_t at = 0;

	if (connector_find(owner, name) != NULL)
		return;
	while (at < conf->nconnectors &&
	       strcmp(conf->connectors[at].name, name) < 0)
		at++;
	conf->connectors = open_at(
	    conf->connectors, conf->nconnectors, at, sizeof(*conf->connectors));
	conf->nconnectors++;
	conf->connectors[at].name = world_text(owner->world, name);
	conf->connectors[at].group = world_text(owner->world, group);
}

void
plan_bridgehead(
    struct node *owner, const char *connector, struct node *to, uint32_t cost)
{
	struct setup_connector *c = connector_find(owner, connector);
	struct setup_bridgehead *b;
	size_t at = 0;

	while (at < c->nbridgeheads &&
	       strcmp(c->bridgeheads[at].name, to->conf.server) < 0)
		at++;
	c->bridgeheads = open_at(
	    c->bridgeheads, c->nbridgeheads, at, sizeof(*c->bridgeheads));
	c->nbridgeheads++;
	b = &c->bridgeheads[at];
	b->name = to->conf.server;
	memcpy(b->smtp, to->conf.announced.smtp, sizeof(b->smtp));
	b->nsmtp = to->conf.announced.nsmtp;
	b->carrier = SETUP_NO_PEER;
	b->cost = cost;
}

void
plan_any(struct node *owner, const char *connector, uint32_t cost)
{
	struct setup_connector *c = connector_find(owner, connector);

	c->any = true;
	c->every.cost = cost;
}

void
plan_cost(struct node *owner, const char *connector, uint32_t cost)
{
	struct setup_connector *c = connector_find(owner, connector);

	if (c == NULL) {
		world_fail(owner->world, "no connector %s", connector);
		return;
	}
	c->every.cost = cost;
	for (size_t i = 0; i < c->nbridgeheads; i++)
		c->bridgeheads[i].cost = cost;
}

static void
peer_add(struct node *node, struct node *peer)
{
	struct setup *conf = &node->conf;
	size_t at = 0;

	while (at < conf->npeers &&
	       strcmp(conf->peers[at].name, peer->conf.server) < 0)
		at++;
	if (at < conf->npeers &&
	    strcmp(conf->peers[at].name, peer->conf.server) == 0)
		return;
	conf->peers =
	    open_at(conf->peers, conf->npeers, at, sizeof(*conf->peers));
	conf->npeers++;
	conf->peers[at].name = peer->conf.server;
	conf->peers[at].addrs = peer->conf.announced.listen;
	conf->peers[at].naddrs = 1;
}

void
plan_peers(struct node *a, struct node *b)
{
	peer_add(a, b);
	peer_add(b, a);
}

struct node *
plan_host(struct world *world, const char *name, const char *group)
{
	struct node *node = world_add(world, name, group);

	for (size_t i = 0; &world->nodes[i] != node; i++)
		if (strcmp(world->nodes[i].conf.group, group) == 0)
			plan_peers(node, &world->nodes[i]);
	return node;
}

struct node *
plan_newcomer(struct world *world, const char *name, const char *group,
    struct node *known)
{
	struct node *node = world_add(world, name, group);

	peer_add(node, known);
	return node;
}

static bool
listed(char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

static void
list_add(char ***list, size_t *n, char *text)
{
	if (listed(*list, *n, text))
		return;
	*list = mem_grow(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = text;
}

static void
space_insert(struct node *node, const struct setup_space *space)
{
	struct setup *conf = &node->conf;
	size_t at = 0;

	while (at < conf->nspaces &&
	       strcmp(conf->spaces[at].pattern, space->pattern) < 0)
		at++;
	if (at == conf->nspaces ||
	    strcmp(conf->spaces[at].pattern, space->pattern) != 0) {
		conf->spaces =
		    open_at(conf->spaces, conf->nspaces, at, sizeof(*space));
		conf->nspaces++;
	}
	conf->spaces[at] = *space;
}

void
plan_space(struct node *node, const struct setup_space *space)
{
	if (!space->listed)
		list_add(&node->may.spaces, &node->may.nspaces, space->pattern);
	if (space->relay && !space->listed)
		list_add(&node->may.relays, &node->may.nrelays, space->pattern);
	space_insert(node, space);
}

void
plan_spaces(struct node *node, const struct setup_space *space, size_t n)
{
	struct setup_space one = *space;
	char text[400];

	snprintf(text, sizeof(text), ".%s", space->pattern);
	one.pattern = world_text(node->world, text);
	if (!one.listed) {
		list_add(&node->may.spaces, &node->may.nspaces, one.pattern);
		list_add(&node->may.relays, &node->may.nrelays, one.pattern);
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "n%zu.%s", i, space->pattern);
		one.pattern = world_text(node->world, text);
		space_insert(node, &one);
	}
}

bool
plan_has_space(const struct node *node, const char *pattern)
{
	for (size_t i = 0; i < node->conf.nspaces; i++)
		if (strcmp(node->conf.spaces[i].pattern, pattern) == 0)
			return true;
	return false;
}

bool
plan_has_connector(struct node *node, const char *name)
{
	return connector_find(node, name) != NULL;
}

void
plan_unspace(struct node *node, const char *pattern)
{
	struct setup *conf = &node->conf;

	for (size_t i = 0; i < conf->nspaces; i++) {
		if (strcmp(conf->spaces[i].pattern, pattern) != 0)
			continue;
		conf->nspaces--;
		memmove(conf->spaces + i, conf->spaces + i + 1,
		    (conf->nspaces - i) * sizeof(*conf->spaces));
		return;
	}
	world_fail(node->world, "no space %s", pattern);
}

/* A key of a host, and its last epoch, as another knows them: as in lsrctl. */
struct plan_key {
	char key[2 * CRYPTO_DIGEST + 1];
	uint32_t epoch;
	bool buried; /* by an order that is there, up to this epoch */
};

struct plan_keys {
	VEC(struct plan_key) v;
};

static void
keys_add(
    struct plan_keys *keys, const json_t *one, const char *name, bool buried)
{
	const char *text = json_string_value(json_object_get(one, name));
	struct plan_key key = { .epoch = (uint32_t)json_integer_value(
				    json_object_get(one, "epoch")),
		.buried = buried };

	if (text == NULL || strlen(text) != sizeof(key.key) - 1)
		return;
	memcpy(key.key, text, sizeof(key.key));
	for (size_t i = 0; i < keys->v.n; i++) {
		struct plan_key *was = &keys->v.v[i];

		if (strcmp(was->key, key.key) != 0)
			continue;
		if (was->epoch < key.epoch ||
		    (was->epoch == key.epoch && buried))
			*was = key;
		return;
	}
	vec_push(&keys->v, key);
}

/* Of an LSA, or of the claims of a route. */
static void
keys_read(struct plan_keys *keys, json_t *line, const char *server)
{
	const char *origin = json_string_value(json_object_get(line, "origin"));
	const char *type = json_string_value(json_object_get(line, "type"));
	bool buries = type != NULL && strcmp(type, "forget") == 0;
	json_t *claim;
	size_t i;

	if (origin != NULL && strcmp(origin, server) == 0 &&
	    strcmp(type, "grant") != 0)
		keys_add(keys, line, buries ? "id" : "signer", buries);
	json_array_foreach(json_object_get(line, "claims"), i, claim)
	{
		const char *name =
		    json_string_value(json_object_get(claim, "server"));

		if (strcmp(name, server) == 0)
			keys_add(keys, claim, "key", false);
	}
}

/* By which keys the host is known to the other, by its database and its table. */
static void
keys_of(struct plan_keys *keys, struct node *whom, struct node *at)
{
	static const char *const asks[] = { "db", "routes" };

	for (size_t i = 0; i < 2; i++) {
		const char *text = world_ask(whom->world, at, asks[i]);

		while (*text != '\0') {
			size_t n = strcspn(text, "\n");
			json_t *line = json_loadb(text, n, 0, NULL);

			keys_read(keys, line, whom->conf.server);
			json_decref(line);
			text += n + (text[n] == '\n');
		}
	}
}

static void
authority_signed(void *ctx, const uint8_t *p, size_t n)
{
	rule_signed(ctx, p, n);
}

void
plan_inject(struct world *world, struct node *at, struct lsa_draft *draft)
{
	struct cheap_seal cheap = { .signed_ = authority_signed, .ctx = world };
	uint8_t org[CRYPTO_DIGEST];
	struct buf octets = { 0 }, question = { 0 };
	struct crypto crypto;
	char *text;

	cheap_seal_authority(cheap.public_key, org);
	crypto = cheap_seal_new(&cheap);
	draft->org = draft->signer = org;
	draft->issued = WORLD_WALL + world->now.ms / 1000;
	lsa_encode(&octets, draft, &crypto);
	buf_text(&question, "inject ");
	buf_hex(&question, octets.p, octets.n);
	text = buf_string(&question);
	if (strstr(world_ask(world, at, text), "true") == NULL)
		world_fail(world, "%s refuses the authority's word: %s",
		    at->name, (const char *)at->reply.p);
	mem_free(text);
	buf_done(&octets);
}

void
plan_key(const struct node *whom, char out[2 * CRYPTO_DIGEST + 1])
{
	uint8_t digest[CRYPTO_DIGEST];

	cheap_seal_digest(whom->cheap.public_key, CRYPTO_PUBLIC, digest);
	for (size_t i = 0; i < CRYPTO_DIGEST; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void
plan_forget_key(struct node *whom, struct node *at, const struct plan_key *key)
{
	struct buf body = { 0 };
	char text[sizeof(key->key)];
	struct lsa_draft draft = { .seq = (uint64_t)key->epoch << 32 | 1 };

	memcpy(text, key->key, sizeof(text));
	lsa_forget_encode(&body, key->epoch);
	draft.key = (struct lsa_key){ whom->conf.server, text, LSA_FORGET };
	draft.body = body.p;
	draft.body_len = body.n;
	plan_inject(whom->world, at, &draft);
	buf_done(&body);
}

void
plan_forget(struct world *world, struct node *whom, struct node *at)
{
	struct plan_keys keys = { 0 };

	keys_of(&keys, whom, at);
	if (keys.v.n == 0 && !world->loose) { /* lsrctl forget --key */
		vec_push(&keys.v, (struct plan_key){ 0 });
		plan_key(whom, keys.v.v[0].key);
	}
	whom->gone |= keys.v.n > 0;
	for (size_t i = 0; i < keys.v.n; i++)
		if (!keys.v.v[i].buried)
			plan_forget_key(whom, at, &keys.v.v[i]);
	vec_done(&keys.v);
}

void
plan_revoke(struct world *world, struct node *whom, struct node *at)
{
	char key[2 * CRYPTO_DIGEST + 1];
	struct lsa_draft draft = { .seq = 1 };
	struct buf body = { 0 };

	/* Its certificate was over long ago: that changes nothing. */
	lsa_revocation_encode(&body, WORLD_WALL - 30 * 86400, NULL);
	draft.body = body.p;
	draft.body_len = body.n;
	whom->stolen = true;
	plan_key(whom, key);
	draft.key = (struct lsa_key){ "", key, LSA_REVOCATION };
	plan_inject(world, at, &draft);
	buf_done(&body);
}

void
plan_enforce(struct world *world, bool on, struct node *at)
{
	char id[] = "connectors";
	struct buf body = { 0 };
	struct lsa_draft draft = { .key = { "", id, LSA_RULE },
		.seq = world->now.ms };

	lsa_rule_encode(&body, on);
	draft.body = body.p;
	draft.body_len = body.n;
	plan_inject(world, at, &draft);
	world->enforced = on;
	buf_done(&body);
}

void
plan_transit(struct node *node, char *group)
{
	list_add(&node->may.connectors, &node->may.nconnectors, group);
}

void
plan_below(struct node *node, char *pattern)
{
	list_add(&node->may.spaces, &node->may.nspaces, pattern);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The LSA of these octets, signed with the key of its origin. */
static struct lsa *
lsa_of(struct node *origin, const struct buf *octets)
{
	uint8_t sig[CRYPTO_SIGNATURE];
	struct buf whole = { 0 };
	struct lsa *lsa;
	int rc;

	buf_bytes(&whole, octets->p, octets->n);
	origin->cheap.signed_ = NULL; /* it has said this already */
	origin->crypto.sign(&origin->cheap, whole.p, whole.n, sig);
	origin->cheap.signed_ = host_signed;
	buf_bytes(&whole, sig, sizeof(sig));
	rc = lsa_decode(whole.p, whole.n, &origin->crypto, &lsa);
	CHECK(rc == RC_OK);
	buf_done(&whole);
	return lsa;
}

/* The body of its server LSA, with every other host as its neighbour. */
static void
boast_write(struct buf *out, const struct lsa *lsa, const struct node *whom)
{
	struct world *world = whom->world;
	struct lsa_server server = *lsa_server(lsa);
	char *names[WORLD_NODES];
	size_t n = 0;

	for (size_t i = 0; i < world->n; i++)
		if (&world->nodes[i] != whom)
			names[n++] = world->nodes[i].conf.server;
	qsort(names, n, sizeof(*names), by_text);
	server.neighbours = names;
	server.nneighbours = (uint16_t)n;
	lsa_server_encode(out, &server);
}

/* Above what is known, in one way or another. */
static uint64_t
seq_of(const struct lsa *lsa, const char *kind)
{
	if (strcmp(kind, "last") == 0)
		return UINT64_MAX;
	if (strcmp(kind, "leap") == 0) /* the first that is refused */
		return (uint64_t)(LIMIT_EPOCH + LIMIT_EPOCH_STEP + 1) << 32 | 1;
	if (strcmp(kind, "ceiling") == 0) /* the last that is not */
		return (uint64_t)(LIMIT_EPOCH + LIMIT_EPOCH_STEP) << 32 |
		       UINT32_MAX;
	if (strcmp(kind, "counter") == 0)
		return lsa->seq | UINT32_MAX;
	return lsa->seq + (strcmp(kind, "twin") != 0);
}

static bool
is_strangers(const char *kind)
{
	return strcmp(kind, "stranger") == 0 || strcmp(kind, "seize") == 0;
}

/* Signed with somebody's key, without counting as said by him. */
static void
forge_write(struct buf *out, const struct lsa *lsa, struct node *signer,
    const char *kind)
{
	struct cheap_seal cheap = { .signed_ = authority_signed,
		.ctx = signer->world };
	struct lsa_draft draft = { .key = lsa->key, .org = lsa_org(lsa) };
	struct buf body = { 0 };
	struct crypto crypto;

	memcpy(cheap.public_key, signer->cheap.public_key, CRYPTO_PUBLIC);
	if (is_strangers(kind))
		cheap.signed_ = NULL; /* nobody may ever store it */
	crypto = cheap_seal_new(&cheap);
	draft.signer = lsa_signer(lsa);
	draft.purge = strcmp(kind, "purge") == 0 || strcmp(kind, "seize") == 0;
	draft.seq = seq_of(lsa, kind);
	draft.issued = lsa_issued(lsa) + 1;
	draft.body = lsa->octets + lsa->body_at;
	draft.body_len = lsa->body_len;
	if (strcmp(kind, "boast") == 0) {
		boast_write(&body, lsa, signer);
		draft.body = body.p;
		draft.body_len = body.n;
	}
	lsa_encode(out, &draft, &crypto);
	buf_done(&body);
}

/* One bit of the octet is another, such that it is the newer of the two. False:
 * by none of its bits; then it is as it was. */
static bool
break_bit(uint8_t *octet, uint8_t *lsa_octets, const struct lsa *lsa)
{
	uint8_t was = *octet, digest[CRYPTO_DIGEST];

	for (unsigned bit = 0; bit < 8; bit++) {
		*octet = was ^ (uint8_t)(1u << bit);
		cheap_seal_digest(lsa_octets, lsa->len, digest);
		if (memcmp(digest, lsa->digest, CRYPTO_DIGEST) > 0)
			return true;
	}
	*octet = was;
	return false;
}

/* The last octet of its body, or else one of its time of issue, which stands
 * before the body's length: of an older one nothing is looked at. */
static void
break_octet(struct buf *frame, const struct lsa *lsa)
{
	uint8_t *octets = frame->p + frame->n - lsa->len;
	uint8_t *time = octets + lsa->body_at - 4 - 8;
	bool done =
	    break_bit(octets + lsa->len - CRYPTO_SIGNATURE - 1, octets, lsa);

	for (unsigned i = 0; i < 8 && !done; i++)
		done = break_bit(time + 7 - i, octets, lsa);
}

void
plan_forge(struct world *world, const struct plan_forgery *f)
{
	bool old = strcmp(f->kind, "old") == 0;
	bool broken = strcmp(f->kind, "broken") == 0;
	bool stranger = is_strangers(f->kind);
	struct lsa *lsa =
	    lsa_of(f->whom, old ? &f->whom->first : &f->whom->last);
	struct buf frame = { 0 };
	size_t hole = frame_open(&frame, MSG_UPDATE);

	f->whom->forged = true;
	if (old || broken)
		buf_bytes(&frame, lsa->octets, lsa->len);
	else
		forge_write(&frame, lsa, stranger ? f->peer : f->whom, f->kind);
	if (broken)
		break_octet(&frame, lsa);
	frame_close(&frame, hole);
	cable_slip(world, f->peer, f->to, &frame);
	buf_done(&frame);
	lsa_free(lsa);
}
