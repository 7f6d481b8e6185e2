#include "t/sim/rule.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cur.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa.h"
#include "t/sim/disk.h"
#include "t/sim/host.h"

/* Everything that was ever signed, as hashes of what identifies it. */
struct book {
	VEC(uint64_t) entries; /* sorted */
};

/* What one database was seen to hold, by LSA. */
struct seen {
	uint64_t key, seq;
	uint64_t word; /* the LSA that would revoke its signer */
	bool purge;
};

struct ledger {
	VEC(struct seen) seen; /* sorted by key */
};

static uint64_t
hash_text(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3u;
	return h;
}

void
rule_init(struct world *world)
{
	world->book = mem_new(sizeof(struct book), 0, 0);
}

void
rule_done(struct world *world)
{
	struct book *book = world->book;

	for (size_t i = 0; i < world->n; i++)
		rule_ended(&world->nodes[i]);
	vec_done(&book->entries);
	mem_free(book);
}

void
rule_ended(struct node *node)
{
	struct ledger *ledger = node->ledger;

	if (ledger == NULL)
		return;
	vec_done(&ledger->seen);
	mem_free(ledger);
	node->ledger = NULL;
}

static size_t
place(const struct book *book, uint64_t h)
{
	size_t low = 0, high = book->entries.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (book->entries.v[mid] < h)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
book_add(struct book *book, uint64_t h)
{
	size_t at = place(book, h);

	if (at < book->entries.n && book->entries.v[at] == h)
		return;
	vec_push(&book->entries, h);
	memmove(book->entries.v + at + 1, book->entries.v + at,
	    (book->entries.n - 1 - at) * sizeof(h));
	book->entries.v[at] = h;
}

struct label {
	char text[800];
};

static void
label(struct label *out, const char *name, uint64_t seq, const char *signer)
{
	snprintf(out->text, sizeof(out->text), "%s %llx %s", name,
	    (unsigned long long)seq, signer);
}

/* "origin type id purge": by its own reading of the header. */
void
rule_signed(struct world *world, const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	const uint8_t *head = cur_bytes(&in, 4), *origin, *id, *signer;
	char name[700], hex[2 * CRYPTO_DIGEST + 1];
	struct label full;
	uint64_t seq;
	int origin_len, id_len;

	cur_bytes(&in, CRYPTO_DIGEST);
	origin_len = cur_u8(&in);
	origin = cur_bytes(&in, (size_t)origin_len);
	id_len = cur_u16(&in);
	id = cur_bytes(&in, (size_t)id_len);
	seq = cur_u64(&in);
	signer = cur_bytes(&in, CRYPTO_DIGEST);
	if (in.bad || head[0] != 1)
		return; /* no LSA */
	for (size_t i = 0; i < CRYPTO_DIGEST; i++)
		snprintf(hex + 2 * i, 3, "%02x", signer[i]);
	snprintf(name, sizeof(name), "%.*s %s %.*s %d", origin_len,
	    (const char *)origin, lsa_type_word(head[1]), id_len,
	    (const char *)id, head[2]);
	label(&full, name, seq, hex);
	book_add(world->book, hash_text(full.text));
}

static struct seen *
ledger_get(struct ledger *ledger, uint64_t key)
{
	size_t i = ledger->seen.n;
	struct seen new = { .key = key };

	while (i > 0 && ledger->seen.v[i - 1].key > key)
		i--;
	if (i > 0 && ledger->seen.v[i - 1].key == key)
		return &ledger->seen.v[i - 1];
	vec_push(&ledger->seen, new);
	memmove(ledger->seen.v + i + 1, ledger->seen.v + i,
	    (ledger->seen.n - 1 - i) * sizeof(new));
	ledger->seen.v[i] = new;
	return &ledger->seen.v[i];
}

/* Whether who signed it then is revoked now: its numbers begin anew. */
static bool
is_revoked(struct ledger *ledger, uint64_t key)
{
	uint64_t word = ledger_get(ledger, key)->word;

	return word != 0 && ledger_get(ledger, word)->seq != 0;
}

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

static void
lsa_judge(struct world *world, struct node *node, const json_t *line)
{
	bool purge = json_is_true(json_object_get(line, "purge"));
	uint64_t seq = number_of(line, "epoch") << 32 |
	               number_of(line, "counter"),
		 h;
	struct book *book = world->book;
	struct seen *seen;
	struct label full;
	char name[700], word[80];
	bool revoked;
	size_t at;

	snprintf(name, sizeof(name), "%s %s %s", text_of(line, "origin"),
	    text_of(line, "type"), text_of(line, "id"));
	snprintf(word, sizeof(word), " revocation %s", text_of(line, "signer"));
	revoked = is_revoked(node->ledger, hash_text(name));
	seen = ledger_get(node->ledger, hash_text(name));
	/* What lost its place in an insider's share is taken when it has one
	 * again, as it is elsewhere. */
	revoked |= world->insider != NULL && strcmp(world->insider->conf.server,
						 text_of(line, "origin")) == 0;
	if (seq < seen->seq && !revoked)
		world_fail(world, "%s: the sequence of %s goes down",
		    node->name, name);
	if (seq == seen->seq && !revoked && seen->purge && !purge)
		world_fail(world, "%s: %s comes back from its purge",
		    node->name, name);
	seen->seq = seq;
	seen->purge = purge;
	seen->word = hash_text(word);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), " %d",
	    purge ? 1 : 0);
	label(&full, name, seq, text_of(line, "signer"));
	h = hash_text(full.text);
	at = place(book, h);
	if (!world->older &&
	    (at == book->entries.n || book->entries.v[at] != h))
		world_fail(world, "%s: nobody signed %s", node->name, name);
}

/* Who is forgotten: no LSA of that key and epoch is beside it. */
static void
forget_judge(struct world *world, struct node *node, json_t *const *lines,
    size_t n, const json_t *forget)
{
	uint64_t epoch = number_of(json_object_get(forget, "body"), "epoch");

	for (size_t i = 0; i < n; i++)
		if (strcmp(text_of(lines[i], "type"), "forget") != 0 &&
		    strcmp(text_of(lines[i], "origin"),
			text_of(forget, "origin")) == 0 &&
		    strcmp(text_of(lines[i], "signer"),
			text_of(forget, "id")) == 0 &&
		    number_of(lines[i], "epoch") <= epoch &&
		    !json_is_true(json_object_get(lines[i], "purge")))
			world_fail(world, "%s: %s is back though forgotten",
			    node->name, text_of(forget, "origin"));
}

/* A whole view costs: the more the larger the net is. */
#define FOLLOW_MOST 20
#define FOLLOW_EACH 50

static void
rule_follow(struct world *world, struct node *node)
{
	bool large = world->large || world->n > FOLLOW_MOST;

	if ((world->how & WORLD_FOLLOWS) == 0 ||
	    (large && world->steps % FOLLOW_EACH != 0))
		return;
	if (!engine_follows(node->engine))
		world_fail(world, "%s: its view is not that of its database",
		    node->name);
}

void
rule_step(struct world *world, struct node *node)
{
	VEC(json_t *) lines = { 0 };
	const char *text;

	rule_follow(world, node);
	if (!node->changed || world->failed != NULL || world->large)
		return;
	node->changed = false;
	if (node->ledger == NULL)
		node->ledger = mem_new(sizeof(struct ledger), 0, 0);
	text = world_ask(world, node, "db");
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *line = json_loadb(text, n, 0, NULL);

		if (line == NULL)
			world_fail(world, "%s: db answers no JSON: %.*s",
			    node->name, (int)n, text);
		else
			vec_push(&lines, line);
		text += n + (text[n] == '\n');
	}
	for (size_t i = 0; i < lines.n; i++) {
		lsa_judge(world, node, lines.v[i]);
		if (strcmp(text_of(lines.v[i], "type"), "forget") == 0)
			forget_judge(world, node, lines.v, lines.n, lines.v[i]);
	}
	for (size_t i = 0; i < lines.n; i++)
		json_decref(lines.v[i]);
	vec_done(&lines);
}

/* Whether the server's configuration lets it send mail there. */
static bool
may_send(const struct node *node, const struct node *to)
{
	const struct setup *conf = node->in_force;

	if (strcmp(conf->group, to->conf.group) == 0)
		return true;
	for (size_t i = 0; i < conf->nconnectors; i++)
		for (size_t k = 0; k < conf->connectors[i].nbridgeheads; k++)
			if (strcmp(conf->connectors[i].bridgeheads[k].name,
				to->conf.server) == 0)
				return true;
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

void
rule_table(struct world *world, struct node *node, const struct mta_table *next)
{
	const struct mta_table *now = &node->table;

	if (now->n > 0 && next->n == 0)
		world_fail(world, "%s: an empty table", node->name);
	if (next->generation < now->generation)
		world_fail(world, "%s: generation %llu after %llu", node->name,
		    (unsigned long long)next->generation,
		    (unsigned long long)now->generation);
	for (size_t i = 0; i < now->n; i++)
		if (!has_left(&now->routes[i]) &&
		    mta_table_find(next, now->routes[i].pattern) == NULL)
			world_fail(world, "%s: %s vanishes from its table",
			    node->name, now->routes[i].pattern);
}

/* What was asked before it ran short may still be answered, or not. */
#define ASKED_MS 6000

void
rule_blame(
    struct world *world, const struct node *node, const struct event *event)
{
	bool probes = event->kind == EVENT_LINK_STATE ||
	              event->kind == EVENT_MAIL_STATE ||
	              event->kind == EVENT_MTA_STATE;

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

/* It may know already that it is to forget them. */
static bool
is_buried(struct world *world, const char *origin)
{
	struct node *node = world_find(world, origin);

	return node != NULL && (node->gone || node->stolen);
}

/* A forged word that its server has not heard yet: he goes on saying what it
 * hides. */
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
	known = is_known(own, n, lsa);
	for (size_t i = 0; i < n; i++)
		json_decref(own[i]);
	mem_free(own);
	return !known;
}

static void
followed(struct world *world, struct node *node, struct node *silent)
{
	json_t **ours = mem_new(0, LINES_MAX, sizeof(*ours));
	json_t **theirs = mem_new(0, LINES_MAX, sizeof(*theirs));
	size_t n = lines_of(world_ask(world, node, "db"), ours, LINES_MAX);
	size_t m = lines_of(world_ask(world, silent, "db"), theirs, LINES_MAX);

	for (size_t i = 0; i < n; i++)
		if (strcmp(text_of(ours[i], "type"), "identity") != 0 &&
		    strcmp(text_of(ours[i], "origin"), silent->conf.server) !=
			0 &&
		    !is_buried(world, text_of(ours[i], "origin")) &&
		    !is_known(theirs, m, ours[i]) && !is_forged(world, ours[i]))
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

/* The life that its last session was with. */
static bool
is_same_life(struct world *world, struct node *node, uint64_t since_s)
{
	json_t *status;
	uint64_t uptime;

	if (!world_runs(node))
		return false;
	status = json_loads(
	    world_ask(world, node, "status"), JSON_DISABLE_EOF_CHECK, NULL);
	uptime = number_of(status, "uptime_s");
	json_decref(status);
	return uptime > since_s + 1;
}

void
rule_followed(struct world *world)
{
	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];
		json_t *peers[WORLD_NODES];
		size_t n = world_runs(node)
		               ? lines_of(world_ask(world, node, "peers"),
				     peers, WORLD_NODES)
		               : 0;

		for (size_t k = 0; k < n; k++) {
			const char *name = text_of(peers[k], "peer");
			struct node *other = NULL;

			for (size_t j = 0; j < world->n; j++)
				if (strcmp(world->nodes[j].conf.server, name) ==
				    0)
					other = &world->nodes[j];
			if (other != NULL &&
			    json_is_true(json_object_get(peers[k], "silent")) &&
			    !world->lines[i][other - world->nodes].older &&
			    !world->slipped[i][other - world->nodes] &&
			    is_same_life(
				world, other, number_of(peers[k], "since_s")))
				followed(world, node, other);
			json_decref(peers[k]);
		}
	}
}
