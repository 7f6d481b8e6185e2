#include "core/node/origin.h"

#include <stdio.h>
#include <string.h>

#include "base/find.h"
#include "base/rc.h"
#include "core/lsa/lsa_list.h"
#include "core/node/accept.h"
#include "core/node/adjacent.h"
#include "core/node/asked.h"
#include "core/node/contest.h"
#include "core/node/epoch.h"
#include "core/node/fx.h"
#include "core/node/group.h"
#include "core/node/long_list.h"
#include "core/node/node.h"
#include "core/node/phase.h"
#include "core/node/service.h"

/* What a server LSA has besides names of others, at most: some 500 octets. */
#define SERVER_REST 1000

static int
origin_by_key(const void *key, const struct tree_node *node)
{
	return lsa_key_order(key, &tree_entry(node, struct own, node)->key);
}

static struct own *
own_get(struct engine *e, uint8_t type, const char *id)
{
	struct lsa_key key = { e->setup->server, id, type };
	struct tree_node *n = tree_find(&e->origin.owns, &key, origin_by_key);
	size_t origin_len = strlen(key.origin) + 1, id_len = strlen(id) + 1;
	struct own *own;
	char *text;

	if (n != NULL)
		return tree_entry(n, struct own, node);
	own = mem_new(sizeof(*own), origin_len + id_len, 1);
	text = (char *)(own + 1);
	memcpy(text, key.origin, origin_len);
	memcpy(text + origin_len, id, id_len);
	own->key = (struct lsa_key){ text, text + origin_len, type };
	own->bucket = (struct bucket){ .burst = LIMIT_SAY_BURST,
		.each_ms = LIMIT_SAY_EACH_MS };
	tree_insert(&e->origin.owns, &own->node, &own->key, origin_by_key);
	return own;
}

/* An empty body to write what we say now. */
static struct buf *
origin_body_of(struct engine *e, uint8_t type, const char *id)
{
	struct own *own = own_get(e, type, id);

	own->said = true;
	buf_reset(&own->body);
	return &own->body;
}

static void
say_identity(struct engine *e)
{
	const struct setup *setup = e->setup;
	struct lsa_identity identity = {
		.cert = { setup->cert.now, setup->cert.previous },
		.cert_len = { setup->cert.now_len, setup->cert.previous_len },
		.ncerts = setup->cert.previous != NULL ? 2 : 1,
	};

	lsa_identity_encode(origin_body_of(e, LSA_IDENTITY, ""), &identity);
}

struct texts {
	VEC(char *) list;
};

/* Who names an address that is another's is down, probed or not. */
static void
mail_up(struct engine *e, struct texts *out)
{
	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if (s->use & SERVICE_MEMBER && service_is_first(e, s) &&
		    service_condition(e, s->name, SERVICE_MEMBER) ==
			SERVICE_UP &&
		    !contest_lost(e, s->name))
			vec_push(&out->list, s->name);
}

static void
mail_down(struct engine *e, struct texts *out)
{
	struct names lost = { 0 };

	for (struct service *s = service_first(e); s != NULL;
	     s = service_next(s))
		if (s->use & SERVICE_MEMBER && service_is_first(e, s) &&
		    service_condition(e, s->name, SERVICE_MEMBER) ==
			SERVICE_DOWN &&
		    !contest_lost(e, s->name))
			vec_push(&out->list, s->name);
	contest_members(e, &lost);
	for (size_t i = 0; i < lost.list.n; i++)
		if (out->list.n < LIMIT_NEIGHBOURS)
			vec_push(&out->list, (char *)(uintptr_t)lost.list.v[i]);
	vec_done(&lost.list);
	find_sort_texts(out->list.v, out->list.n);
}

/* As many of them, in their order, as an LSA may have and `room` octets of it
 * hold: whatever names there are, the whole can be said. */
static void
texts_fit(struct texts *t, size_t *room)
{
	size_t n = 0;

	for (; n < t->list.n && n < LIMIT_NEIGHBOURS; n++) {
		size_t octets = strlen(t->list.v[n]) + 4;

		if (octets > *room)
			break;
		*room -= octets;
	}
	t->list.n = n;
}

static void
origin_state_event(struct engine *e, enum lsa_state state, const char *reason)
{
	if (state == e->origin.state)
		return;
	fx_event(e, (struct event){ .kind = EVENT_SERVER_STATE,
			.from = lsa_state_word(e->origin.state),
			.to = lsa_state_word(state),
			.reason = reason });
	e->origin.state = state;
}

static void
say_server(struct engine *e)
{
	const struct setup *setup = e->setup;
	struct lsa_server s = { .group = setup->group,
		.smtp = setup->announced.smtp,
		.nsmtp = (uint8_t)setup->announced.nsmtp,
		.peer = setup->announced.listen,
		.npeer = (uint8_t)setup->announced.nlisten,
		.mark = { setup->announced.mark[0], setup->announced.mark[1] },
		.nmark = (uint8_t)setup->announced.nmark,
		.state = phase_state(e),
		.program = (char *)(uintptr_t)setup->announced.program,
		.reads = setup->announced.reads,
		.position = setup->announced.position };
	struct texts full = { 0 }, up = { 0 }, down = { 0 };
	size_t room = LIMIT_LSA_BODY - SERVER_REST;

	if (s.state == LSA_DRAIN) {
		const struct setup_drain *why = phase_drain(e);

		s.reason = why->reason;
		s.drain_until = why->until;
		s.drain_who = why->who;
		s.drain_since = why->since;
	}
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);

		if (adjacent_announced(nbr))
			vec_push(&full.list, nbr->name);
	}
	mail_up(e, &up);
	mail_down(e, &down);
	texts_fit(&full, &room);
	texts_fit(&up, &room);
	texts_fit(&down, &room);
	s.neighbours = full.list.v;
	s.nneighbours = (uint16_t)full.list.n;
	s.mail_up = up.list.v;
	s.nmail_up = (uint16_t)up.list.n;
	s.mail_down = down.list.v;
	s.nmail_down = (uint16_t)down.list.n;
	/* What is not in its table it would bounce: by such no way leads. */
	s.unasked = e->asked.once && e->asked.verdict == MTA_NO &&
	            !asked_may(e) && !e->table.late.behind;
	s.mta_down =
	    service_condition(e, setup->server, SERVICE_SELF) == SERVICE_DOWN;
	origin_state_event(e, s.state, s.reason);
	lsa_server_encode(origin_body_of(e, LSA_SERVER, ""), &s);
	vec_done(&full.list);
	vec_done(&up.list);
	vec_done(&down.list);
}

static void
drain_say(struct lsa_connector *c, const char *bridgehead,
    const struct setup_drain *why)
{
	struct lsa_drain *d = &c->drains[c->ndrains];
	struct buf text = { 0 };

	if (why == NULL || why->who == NULL)
		return;
	*d = (struct lsa_drain){ why->since, why->until, bridgehead == NULL,
		NULL };
	if (bridgehead != NULL)
		buf_printf(&text, "%s ", bridgehead);
	buf_text(&text, why->who);
	if (why->reason != NULL)
		buf_printf(&text, " %s", why->reason);
	d->text = buf_string(&text);
	c->ndrains++;
}

/* Who has drained what of it. */
static void
drains_say(struct lsa_connector *c, const struct setup_connector *setup)
{
	c->drains = mem_new(0, setup->nbridgeheads + 1, sizeof(*c->drains));
	drain_say(c, NULL, setup->drained);
	for (size_t i = 0; i < setup->nbridgeheads; i++)
		drain_say(c, setup->bridgeheads[i].name,
		    setup->bridgeheads[i].drained);
}

static void
drains_done(struct lsa_connector *c)
{
	for (size_t i = 0; i < c->ndrains; i++)
		mem_free(c->drains[i].text);
	mem_free(c->drains);
}

static void
say_connector(struct engine *e, const struct setup_connector *setup)
{
	struct lsa_connector c = { .group = setup->group,
		.state = setup->drain ? LSA_DRAIN : LSA_UP,
		.nbridgeheads = (uint8_t)setup->nbridgeheads,
		.policy = &setup->policy };
	uint64_t since = 0;
	char text[16];

	c.bridgeheads = mem_new(0, setup->nbridgeheads, sizeof(*c.bridgeheads));
	for (size_t i = 0; i < setup->nbridgeheads; i++) {
		const struct setup_bridgehead *b = &setup->bridgeheads[i];
		const struct service *s = service_bridgehead(e, b);

		c.bridgeheads[i] = (struct lsa_bridgehead){ .name = b->name,
			.up = b->drained == NULL && s != NULL &&
			      s->state == SERVICE_UP &&
			      (b->nsmtp > 0 || !contest_lost(e, b->name)),
			.cost = b->cost };
		if (s != NULL && s->state == SERVICE_DOWN &&
		    s->since_wall > since)
			since = s->since_wall;
		/* One that is slow is reason enough to look for others. */
		if (s != NULL && s->state == SERVICE_UP &&
		    s->mail.congestion.now > c.congestion)
			c.congestion = s->mail.congestion.now;
	}
	if (since > 0) { /* shown in the text of a hold */
		snprintf(text, sizeof(text), "%02u:%02u:%02uZ",
		    (unsigned)(since / 3600 % 24), (unsigned)(since / 60 % 60),
		    (unsigned)(since % 60));
		c.since = text;
	}
	drains_say(&c, setup);
	lsa_connector_encode(origin_body_of(e, LSA_CONNECTOR, setup->name), &c);
	drains_done(&c);
	mem_free(c.bridgeheads);
}

static void
say_space(struct engine *e, const struct setup_space *setup)
{
	const struct service *s =
	    service_find(e, setup->pattern, SERVICE_SPACE);
	struct lsa_space space = { .cost = setup->cost,
		.down = s != NULL && s->state == SERVICE_DOWN,
		.local = setup->local,
		.fallback = setup->fallback,
		.relay = setup->relay };

	lsa_space_encode(origin_body_of(e, LSA_SPACE, setup->pattern), &space);
}

/*
 * A new pattern is claimed once our own table has it, and not as one that
 * leaves, or others would send mail that our MTA does not take yet. Not when
 * the table is late: then we say `starting`, and who may still send decides.
 */
static bool
is_taken(const struct engine *e, const char *pattern)
{
	struct lsa_key key = { e->setup->server, pattern, LSA_SPACE };
	const struct lsa *said = lsdb_find(&e->db, &key);
	const struct route *route;

	if (e->table.late.behind || (said != NULL && !said->purge))
		return true;
	/* Nothing is said before there is a table. */
	if (e->table.published < e->table.rib->generation)
		return false;
	route = rib_find(e->table.rib, pattern);
	return route != NULL && route->leaves == 0;
}

static void
say_chunk(struct engine *e, const char *id, const struct lsa_space *space,
    const struct buf *packed)
{
	lsa_list_encode(
	    origin_body_of(e, LSA_LIST, id), LSA_LIST, space, packed);
}

/* All but the list, which stays as it was said. */
static void
unsay(struct engine *e, bool list)
{
	for (struct tree_node *n = tree_first(&e->origin.owns); n;
	     n = tree_next(n)) {
		struct own *own = tree_entry(n, struct own, node);

		if ((own->key.type == LSA_LIST) == list)
			own->said = false;
	}
}

static void
say_list(struct engine *e)
{
	if (!long_list_is_due(e))
		return;
	unsay(e, true);
	long_list_make(e, say_chunk);
}

static void
say_all(struct engine *e)
{
	unsay(e, false);
	say_identity(e);
	say_server(e);
	for (size_t i = 0; i < e->setup->nconnectors; i++)
		say_connector(e, &e->setup->connectors[i]);
	for (size_t i = 0; i < e->setup->nspaces; i++)
		if (!e->setup->spaces[i].listed &&
		    is_taken(e, e->setup->spaces[i].pattern))
			say_space(e, &e->setup->spaces[i]);
	/* What the database holds of us and we do not say is purged. */
	for (struct lsa *l = lsdb_origin(&e->db, e->setup->server);
	     l != NULL && node_is_own(e, &l->key); l = lsdb_next(l))
		if (!lsa_is_authority(l))
			own_get(e, l->key.type, l->key.id);
}

/* What the database holds says the same already. */
static bool
is_said(const struct engine *e, const struct own *own)
{
	const struct lsa *l = lsdb_find(&e->db, &own->key);

	if (l == NULL)
		return !own->said;
	/* Nobody keeps what is signed with a key that we have no more, nor
	 * what an authority stands above that is trusted no more. */
	if (l->seq >> 32 > e->origin.epoch.now ||
	    l->seq >> 32 < e->origin.epoch.anew ||
	    memcmp(lsa_signer(l), e->setup->claims->key, CRYPTO_DIGEST) != 0 ||
	    memcmp(lsa_org(l), e->setup->authority.id, CRYPTO_DIGEST) != 0)
		return false;
	/* A forget of an epoch before takes that identity, and then nobody
	 * vouches for what this life has said. In a fight, where there is a new
	 * epoch each time, what else is said goes before. */
	if (own->key.type == LSA_IDENTITY &&
	    e->origin.epoch.fight.n < EPOCH_FIGHT &&
	    l->seq >> 32 < e->origin.epoch.now)
		return false;
	if (!own->said)
		return l->purge;
	return !l->purge && l->body_len == own->body.n &&
	       memcmp(l->octets + l->body_at, own->body.p, own->body.n) == 0;
}

static void
origin_refused(struct engine *e, const struct own *own, int rc)
{
	fx_event(e, (struct event){ .kind = EVENT_LSA_REFUSED,
			.peer = e->setup->server,
			.origin = own->key.origin,
			.name = own->key.id,
			.reason = rc_word(rc) });
}

static void
origin_say(struct engine *e, struct own *own)
{
	const struct lsa *l = lsdb_find(&e->db, &own->key);
	struct lsa_draft draft = { .key = own->key,
		.org = e->setup->authority.id,
		.signer = e->setup->claims->key,
		.issued = e->wall,
		.purge = !own->said,
		.body = own->body.p,
		.body_len = own->body.n };
	struct buf out = { 0 };
	struct lsa *lsa;
	int rc;

	if (!epoch_has(e, l)) {
		/* The next look says it, in an epoch that is on disk. */
		if (e->origin.epoch.now == UINT32_MAX)
			origin_refused(e, own, RC_EPOCH);
		epoch_raise(e, l != NULL && l->seq >> 32 > e->origin.epoch.now
				   ? (uint32_t)(l->seq >> 32)
				   : e->origin.epoch.now);
		return;
	}
	draft.seq = epoch_next(e, l);
	lsa_encode(&out, &draft, e->crypto);
	rc = lsa_decode(out.p, out.n, e->crypto, &lsa);
	buf_done(&out);
	if (rc == RC_OK)
		rc = accept_judge(e, lsa);
	if (rc == RC_OK) {
		accept_install(e, lsa, NULL);
		e->turn.news = true;
		return;
	}
	origin_refused(e, own, rc);
	lsa_free(lsa);
}

/* Takes a token if it may be said now; else *when says when. */
static bool
origin_may(struct engine *e, struct own *own, struct mono *when)
{
	static const uint32_t rest_ms[LIMIT_SAY_BURST] = { 0,
		LIMIT_SAY_REST_SECOND_MS, LIMIT_SAY_REST_THIRD_MS };

	if (e->origin.epoch.fight.n >= EPOCH_FIGHT)
		return bucket_take(&e->origin.epoch.fight.bucket, e->now, when);
	if (!bucket_has(&own->bucket, e->now, 0, when))
		return false;
	*when = mono_after(own->last, rest_ms[own->bucket.spent]);
	if (!mono_due(*when, e->now))
		return false;
	own->last = e->now;
	return bucket_take(&own->bucket, e->now, when);
}

void
origin_draft(struct engine *e, struct lsdb *db)
{
	say_all(e);
	for (struct tree_node *n = tree_first(&e->origin.owns); n;
	     n = tree_next(n)) {
		struct own *own = tree_entry(n, struct own, node);
		struct lsa_draft draft = { .key = own->key,
			.org = e->setup->authority.id,
			.signer = e->setup->claims->key,
			.seq = 1,
			.body = own->body.p,
			.body_len = own->body.n };
		struct buf out = { 0 };
		struct lsa *lsa;

		/* Of a list the setup says enough. */
		if (!own->said || own->key.type == LSA_LIST)
			continue;
		lsa_encode(&out, &draft, e->crypto);
		if (lsa_decode(out.p, out.n, e->crypto, &lsa) == RC_OK)
			lsdb_install(db, lsa);
		buf_done(&out);
	}
}

/* What joins the chunks of a list goes out before what ends one of them, or for
 * a time nothing would say what that one had. True: some of a list waits. */
static bool
owns_say(struct engine *e, bool ends)
{
	struct mono when = MONO_NEVER;
	bool waits = false;

	for (struct tree_node *n = tree_first(&e->origin.owns); n;
	     n = tree_next(n)) {
		struct own *own = tree_entry(n, struct own, node);
		bool end = own->key.type == LSA_LIST && !own->said;

		if (end != ends || is_said(e, own))
			continue;
		if (origin_may(e, own, &when)) {
			origin_say(e, own);
			continue;
		}
		e->origin.at = mono_min(e->origin.at, when);
		waits |= own->key.type == LSA_LIST;
	}
	return waits;
}

void
origin_tick(struct engine *e)
{
	struct mono calm;

	if (e->phase != PHASE_RUNNING ||
	    e->origin.epoch.saved != e->origin.epoch.now)
		return;
	e->origin.at = mono_min(e->origin.at, e->due.say_at);
	calm = long_list_calm(e);
	if (!mono_due(mono_min(e->origin.at, calm), e->now)) {
		fx_wake(e, mono_min(e->origin.at, calm));
		return;
	}
	e->due.say_at = e->origin.at = MONO_NEVER;
	epoch_calm(e);
	say_list(e);
	say_all(e);
	if (!owns_say(e, false))
		owns_say(e, true);
	/* What goes before in a fight left the identity for later. */
	e->origin.at = mono_min(e->origin.at, epoch_calm_at(e));
	/* What we said may have withdrawn something else of ours. */
	fx_wake(e, mono_min(e->origin.at, e->due.say_at));
	fx_wake(e, long_list_calm(e));
}

void
origin_done(struct engine *e)
{
	while (e->origin.owns.root != NULL) {
		struct own *own =
		    tree_entry(e->origin.owns.root, struct own, node);

		tree_remove(&e->origin.owns, &own->node);
		buf_done(&own->body);
		mem_free(own);
	}
}
