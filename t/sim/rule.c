#include "t/sim/rule.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/node/nbrs.h"
#include "core/node/node.h"
#include "t/sim/disk.h"
#include "t/sim/host.h"
#include "t/sim/plan.h"

static const char *
text_of(const json_t *line, const char *key)
{
	const char *s = json_string_value(json_object_get(line, key));

	return s == NULL ? "" : s;
}

static uint64_t
number_of(const json_t *line, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(line, key));
}

/* A whole view costs: the more the larger the net is. */
#define FOLLOW_MOST 20
#define FOLLOW_EACH 50
#define FOLLOW_CALM 16 /* of steps that did nothing but send and ask */

static void
rule_follow(struct world *world, struct node *node)
{
	bool large = world->large || world->n > FOLLOW_MOST;
	bool acted = node->acted;

	node->acted = false;
	if ((world->how & WORLD_FOLLOWS) == 0 ||
	    (large && world->steps % FOLLOW_EACH != 0) ||
	    (!acted && world->steps % FOLLOW_CALM != 0))
		return;
	if (!engine_follows(node->engine))
		world_fail(world, "%s: its view is not that of its database",
		    node->name);
}

void
rule_step(struct world *world, struct node *node)
{
	rule_follow(world, node);
	if (!node->changed || world->failed != NULL || world->large)
		return;
	node->changed = false;
	rule_database(world, node);
}

/* Whether the server's configuration lets it send mail there. */
static bool
may_send(const struct node *node, const struct node *to)
{
	const struct setup *conf = node->in_force;

	if (strcmp(conf->group, to->conf.group) == 0)
		return true;
	for (size_t i = 0; i < conf->nconnectors; i++) {
		const struct setup_connector *c = &conf->connectors[i];

		if (c->any && strcmp(c->group, to->conf.group) == 0)
			return true;
		for (size_t k = 0; k < c->nbridgeheads; k++)
			if (strcmp(c->bridgeheads[k].name, to->conf.server) ==
			    0)
				return true;
	}
	return false;
}

static bool
is_insider(const struct world *world, const char *name)
{
	return world->insider != NULL &&
	       strcmp(world->insider->conf.server, name) == 0;
}

static const char *
hops_judge(
    struct world *world, const struct node *node, const struct route *route)
{
	if (route->nhops == 0 || route->nhops > LIMIT_NEXT_HOPS)
		return "has no next hop, or too many";
	for (size_t i = 0; i < route->nhops; i++) {
		const struct route_hop *hop = &route->hop[i];
		struct node *to = world_at(world, &hop->addr);

		if (to == node || strcmp(hop->name, node->conf.server) == 0)
			return "names its own server";
		if (is_insider(world, hop->name))
			continue;
		if (to == NULL || hop->addr.port != 25 ||
		    strcmp(hop->name, to->conf.server) != 0)
			return "has a next hop with a wrong address";
		if (!may_send(node, to))
			return "has a next hop that is no neighbour";
		for (size_t k = 0; k < i; k++)
			if (addr_equal(&route->hop[k].addr, &hop->addr))
				return "names a next hop twice";
	}
	return NULL;
}

static const char *
route_judge(
    struct world *world, const struct node *node, const struct route *route)
{
	if (!str_is_pattern(route->pattern))
		return "is no pattern";
	switch (route->kind) {
	case ROUTE_REMOTE:
		return hops_judge(world, node, route);
	case ROUTE_HOLD:
		if (route->reason == NULL || route->reason[0] < 'a' ||
		    route->reason[0] > 'z')
			return "is held without a readable reason";
		return NULL;
	case ROUTE_WAY:
		return route->way == NULL ? "has no way" : NULL;
	case ROUTE_HERE:
		return NULL;
	}
	return "is of no kind";
}

void
rule_routes(
    struct world *world, struct node *node, const struct mta_table *table)
{
	if (node->annex.generation != table->generation)
		world_fail(world, "%s: routes without their annex", node->name);
	for (size_t i = 0; i < table->n; i++) {
		const char *why = route_judge(world, node, &table->routes[i]);

		if (why != NULL)
			world_fail(world, "%s: %s %s", node->name,
			    table->routes[i].pattern, why);
		if (i > 0 && strcmp(table->routes[i - 1].pattern,
				 table->routes[i].pattern) >= 0)
			world_fail(
			    world, "%s: its table is not in order", node->name);
	}
}

/* Its hour was over, and nothing of before waited by what the host knew; or
 * it was never more than the MTA's own. */
static bool
has_left(const struct route *route)
{
	return route->leaves != 0 && (route->over || route->kind == ROUTE_HERE);
}

/* Patterns are asked for in their order; *at goes along. */
static bool
walk_has(const struct mta_table *table, size_t *at, const char *pattern)
{
	int order = -1;

	while (*at < table->n &&
	       (order = strcmp(table->routes[*at].pattern, pattern)) < 0)
		++*at;
	return *at < table->n && order == 0;
}

void
rule_table(struct world *world, struct node *node, const struct mta_table *next)
{
	const struct mta_table *now = &node->table;

	if (node->unknown)
		return;
	/* Of one that nothing was in nobody keeps the number. */
	if (now->n > 0 && next->generation < now->generation)
		world_fail(world, "%s: generation %llu after %llu", node->name,
		    (unsigned long long)next->generation,
		    (unsigned long long)now->generation);
	for (size_t i = 0, k = 0; i < now->n; i++)
		if (!has_left(&now->routes[i]) &&
		    !walk_has(next, &k, now->routes[i].pattern))
			world_fail(world, "%s: %s vanishes from its table",
			    node->name, now->routes[i].pattern);
}

/* What was asked before it ran short may still be answered, or not; a greeting is
 * late after 15 s (probe.c). */
#define ASKED_MS 16000

/* What it has said is said again when it is no longer early (early.h): nothing
 * need be asked for that. */
static bool
is_said_again(struct node *node, const struct event *event)
{
	bool was_down = node->mta_down;

	if (event->kind != EVENT_MTA_STATE)
		return false;
	node->mta_down = strcmp(event->to, "down") == 0;
	return was_down && node->mta_down &&
	       strcmp(event->from, "unknown") == 0;
}

void
rule_blame(struct world *world, struct node *node, const struct event *event)
{
	bool probes = event->kind == EVENT_LINK_STATE ||
	              event->kind == EVENT_MAIL_STATE ||
	              event->kind == EVENT_MTA_STATE;

	if (is_said_again(node, event))
		return;
	if (probes && strcmp(event->to, "down") == 0 && event->reason == NULL &&
	    node->shortage != NULL &&
	    strcmp(node->shortage, "no-descriptors") == 0 &&
	    mono_since(node->short_since, world->now) > ASKED_MS)
		world_fail(world, "%s cannot ask, and calls %s down",
		    node->name, event->peer);
}

/* The lines of an answer; each is the caller's. */
static size_t
lines_of(const char *text, json_t **out, size_t max)
{
	size_t count = 0;

	while (text != NULL && *text != '\0' && count < max) {
		size_t n = strcspn(text, "\n");

		out[count] = json_loadb(text, n, 0, NULL);
		count += out[count] != NULL;
		text += n + (text[n] == '\n');
	}
	return count;
}

#define LINES_MAX 4096

static bool
is_of_key(const json_t *a, const json_t *b)
{
	static const char *const parts[] = { "origin", "type", "id" };

	for (size_t i = 0; i < 3; i++)
		if (strcmp(text_of(a, parts[i]), text_of(b, parts[i])) != 0)
			return false;
	return true;
}

/* One that says the same under a newer number changes nothing, and nobody has
 * to follow it. */
static bool
says_as_much(const json_t *has, const json_t *lsa)
{
	uint64_t epoch = number_of(has, "epoch");
	uint64_t of = number_of(lsa, "epoch");
	const json_t *body = json_object_get(lsa, "body");

	return epoch > of ||
	       (epoch == of &&
		   number_of(has, "counter") >= number_of(lsa, "counter")) ||
	       (body != NULL && json_equal(json_object_get(has, "body"), body));
}

/* Whether it is in this database, as new. */
static bool
is_known(json_t *const *lines, size_t n, const json_t *lsa)
{
	for (size_t i = 0; i < n; i++)
		if (is_of_key(lines[i], lsa))
			return says_as_much(lines[i], lsa);
	return false;
}

/* The authority's word, also about who lives on by now: whoever has it holds
 * nothing that its origin said in the epochs before, or with that key. */
static bool
buries(const json_t *word, const json_t *lsa)
{
	const char *type = text_of(word, "type");

	if (strcmp(type, "revocation") == 0)
		return strcmp(text_of(word, "id"), text_of(lsa, "signer")) == 0;
	return strcmp(type, "forget") == 0 &&
	       strcmp(text_of(word, "origin"), text_of(lsa, "origin")) == 0 &&
	       number_of(lsa, "epoch") <= number_of(word, "epoch");
}

/* It may know already that it is to forget them. */
static bool
is_buried(json_t *const *lines, size_t n, const json_t *lsa)
{
	for (size_t i = 0; i < n; i++)
		if (buries(lines[i], lsa))
			return true;
	return false;
}

/* Whether it is its key, or was one after that which has signed: also a twin's. */
static bool
is_later_key(const struct world *world, const char *server, const char *digest,
    const char *signer)
{
	for (size_t i = 0; i < world->n; i++) {
		const struct node *node = &world->nodes[i];

		if (strcmp(node->conf.server, server) != 0)
			continue;
		for (uint32_t key = node->key + 1; key-- > 0;) {
			uint8_t octets[CRYPTO_PUBLIC], its[CRYPTO_DIGEST];
			char text[2 * CRYPTO_DIGEST + 1];

			cheap_seal_key(server, key, octets);
			cheap_seal_digest(octets, CRYPTO_PUBLIC, its);
			lsa_digest_text(its, text);
			if (strcmp(text, digest) == 0)
				return true;
			if (strcmp(text, signer) == 0)
				break;
		}
	}
	return false;
}

/* An identity with another key drops what the one before it has signed. Who knows
 * of it, or of it that it is revoked, may lack that. */
static bool
is_replaced(const struct world *world, json_t *const *lines, size_t n,
    const json_t *lsa)
{
	const char *origin = text_of(lsa, "origin");

	if (rule_two_faced(world, origin))
		return true;
	for (size_t i = 0; i < n; i++) {
		const char *type = text_of(lines[i], "type");

		if (strcmp(type, "identity") == 0 &&
		    strcmp(text_of(lines[i], "origin"), origin) == 0 &&
		    strcmp(text_of(lines[i], "signer"),
			text_of(lsa, "signer")) != 0)
			return true;
		if (strcmp(type, "revocation") == 0 &&
		    is_later_key(world, origin, text_of(lines[i], "id"),
			text_of(lsa, "signer")))
			return true;
	}
	return false;
}

/* Its server says something else under this number: it is not his. */
static bool
is_doubled(json_t *const *own, size_t n, const json_t *lsa)
{
	for (size_t i = 0; i < n; i++)
		if (is_of_key(own[i], lsa))
			return number_of(own[i], "epoch") ==
			           number_of(lsa, "epoch") &&
			       number_of(own[i], "counter") ==
			           number_of(lsa, "counter") &&
			       strcmp(text_of(own[i], "digest"),
				   text_of(lsa, "digest")) != 0;
	return false;
}

/* A forged word that its server has not heard yet: he goes on saying what it
 * hides, or has come to its number since. */
static bool
is_forged(struct world *world, const json_t *lsa)
{
	struct node *node = world_find(world, text_of(lsa, "origin"));
	json_t **own;
	bool known;
	size_t n;

	if (node == NULL || !world_runs(node))
		return false;
	own = mem_new(0, LINES_MAX, sizeof(*own));
	n = lines_of(world_ask(world, node, "db"), own, LINES_MAX);
	known = is_known(own, n, lsa) && !is_doubled(own, n, lsa);
	for (size_t i = 0; i < n; i++)
		json_decref(own[i]);
	mem_free(own);
	return !known;
}

static uint8_t
type_of(const json_t *lsa)
{
	uint8_t type = LSA_IDENTITY;

	while (type < LSA_LIST &&
	       strcmp(lsa_type_word(type), text_of(lsa, "type")) != 0)
		type++;
	return type;
}

/* From the time at which it may be heard until it is asked for, on a line without
 * a delay of its own. */
#define LATE_MS 200

/*
 * Its origin says it more often than anybody may, so the silent one would have
 * heard it later (lsrd-protocol(7) 6, How often), and was not there any more: what
 * it confirms says nothing of that.
 */
static bool
is_late(const struct world *world, const struct node *node,
    const struct node *silent, const json_t *lsa)
{
	struct lsa_key key = { text_of(lsa, "origin"), text_of(lsa, "id"),
		type_of(lsa) };
	const struct lsa *has = lsdb_find(&silent->engine->db, &key);
	const struct nbr *nbr = nbrs_find(node->engine, silent->conf.server);
	bool purge = json_is_true(json_object_get(lsa, "purge"));
	uint64_t before =
	    LATE_MS +
	    world->delay_ms[node - world->nodes][silent - world->nodes] * 5 / 2;
	struct bucket heard = { .burst = LIMIT_HEAR_BURST,
		.each_ms = LIMIT_HEAR_EACH_MS };
	struct mono when;

	if (has == NULL || nbr == NULL || nbr->since.ms < before)
		return false;
	heard.spent = has->heard;
	heard.since = has->heard_since;
	return !bucket_has(&heard, (struct mono){ nbr->since.ms - before },
	    purge ? 0 : LIMIT_HEAR_RESERVE, &when);
}

/* A new key of its own takes what the one before has said from whoever hears of it;
 * the session may have ended before the rest came there. Its own words are no change
 * that the silent one must follow. */
static bool
is_own_anew(
    const struct node *node, const struct node *silent, const json_t *lsa)
{
	struct lsa_key identity = { node->conf.server, "", LSA_IDENTITY };
	const struct lsa *has = lsdb_find(&silent->engine->db, &identity);
	char key[2 * CRYPTO_DIGEST + 1];

	if (has == NULL || node->key == 0 ||
	    strcmp(text_of(lsa, "origin"), node->conf.server) != 0)
		return false;
	lsa_digest_text(lsa_signer(has), key);
	return strcmp(text_of(lsa, "signer"), key) == 0;
}

/* Who means ill may push his own words out of a database by others of his (the room
 * of one origin). */
static bool
is_insiders(const struct world *world, const json_t *lsa)
{
	return world->insider != NULL &&
	       strcmp(text_of(lsa, "origin"), world->insider->conf.server) == 0;
}

static bool
announces_on(const json_t *peer)
{
	return json_is_true(json_object_get(peer, "silent"));
}

/*
 * Asked once more, when it has told what it knows. A question is a step as well: it
 * may say something of its own in it, and withdraws in the next one who cannot
 * follow that.
 */
static bool
announces_still(
    struct world *world, struct node *node, const struct node *silent)
{
	json_t *peers[WORLD_NODES];
	size_t n =
	    lines_of(world_ask(world, node, "peers"), peers, WORLD_NODES);
	bool still = false;

	for (size_t i = 0; i < n; i++) {
		still |=
		    announces_on(peers[i]) &&
		    strcmp(text_of(peers[i], "peer"), silent->conf.server) == 0;
		json_decref(peers[i]);
	}
	return still;
}

static void
followed(struct world *world, struct node *node, struct node *silent)
{
	json_t **ours = mem_new(0, LINES_MAX, sizeof(*ours));
	json_t **theirs = mem_new(0, LINES_MAX, sizeof(*theirs));
	size_t n = lines_of(world_ask(world, node, "db"), ours, LINES_MAX);
	size_t m = lines_of(world_ask(world, silent, "db"), theirs, LINES_MAX);
	bool still = announces_still(world, node, silent);

	for (size_t i = 0; still && i < n; i++)
		if (strcmp(text_of(ours[i], "type"), "identity") != 0 &&
		    strcmp(text_of(ours[i], "origin"), silent->conf.server) !=
			0 &&
		    !is_buried(theirs, m, ours[i]) &&
		    !is_replaced(world, theirs, m, ours[i]) &&
		    !is_known(theirs, m, ours[i]) &&
		    !is_late(world, node, silent, ours[i]) &&
		    !is_own_anew(node, silent, ours[i]) &&
		    !is_insiders(world, ours[i]) && !is_forged(world, ours[i]))
			world_fail(world,
			    "%s announces %s on, which does not know %s %s",
			    node->name, silent->name,
			    text_of(ours[i], "origin"),
			    text_of(ours[i], "type"));
	for (size_t i = 0; i < n; i++)
		json_decref(ours[i]);
	for (size_t i = 0; i < m; i++)
		json_decref(theirs[i]);
	mem_free(ours);
	mem_free(theirs);
}

/* It lives the life that the last session in FULL was with. */
static bool
is_same_life(struct world *world, const struct node *node, struct node *other)
{
	return world_runs(other) && !other->rolled_back &&
	       world->met[node - world->nodes][other - world->nodes] ==
	           other->life;
}

void
rule_met(struct world *world, const struct node *node, const char *peer)
{
	for (size_t i = 0; i < world->n; i++)
		if (strcmp(world->nodes[i].conf.server, peer) == 0)
			world->met[node - world->nodes][i] =
			    world->nodes[i].life;
}

void
rule_followed(struct world *world)
{
	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];
		json_t *peers[WORLD_NODES];
		const char *text = world_ask(world, node, "peers");
		size_t n = strstr(text, "\"silent\":true") == NULL
		               ? 0
		               : lines_of(text, peers, WORLD_NODES);

		for (size_t k = 0; k < n; k++) {
			const char *name = text_of(peers[k], "peer");
			struct node *other = NULL;
			size_t at;

			for (size_t j = 0; j < world->n; j++)
				if (strcmp(world->nodes[j].conf.server, name) ==
				    0)
					other = &world->nodes[j];
			at = other == NULL ? 0 : (size_t)(other - world->nodes);
			if (other != NULL && announces_on(peers[k]) &&
			    !world->lines[i][at].older &&
			    !world->slipped[i][at] && !world->slipped[at][i] &&
			    is_same_life(world, node, other))
				followed(world, node, other);
			json_decref(peers[k]);
		}
	}
}
