/*
 * claim.c - the sentences of a scene that say what must hold (scene.h).
 */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rc.h"
#include "core/trace/mtable.h"
#include "t/sim/disk.h"
#include "t/sim/host.h"
#include "t/sim/scene.h"
#include "t/sim/truth.h"

/*
 * What the server shows of a route: it may be newer than the table, where
 * nothing changes that an MTA does not see. NULL when lsrd does not run.
 */
static json_t *
shown(struct scene *scene, struct node *node, const char *pattern)
{
	const char *text = world_ask(scene->world, node, "routes");

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *line = json_loadb(text, n, 0, NULL);
		const char *have =
		    json_string_value(json_object_get(line, "pattern"));

		if (have != NULL && strcmp(have, pattern) == 0)
			return line;
		json_decref(line);
		text += n + (text[n] == '\n');
	}
	return NULL;
}

static const char *
kind_word(const struct route *route, const json_t *show)
{
	if (route == NULL)
		return "none";
	if (route->kind == ROUTE_REMOTE &&
	    (json_is_true(json_object_get(show, "last_resort")) ||
		(show == NULL && route->last_resort)))
		return "last-resort";
	return route_kind_word(route->kind);
}

/* Names of next hops without alternates, as the host names of the scene. */
static void
via_text(const struct route *route, char out[200])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < route->nhops && n < 180; i++)
		if (!route->hop[i].alternate)
			n += (size_t)snprintf(out + n, 200 - n, "%s%.*s",
			    n > 0 ? "," : "",
			    (int)strcspn(route->hop[i].name, "."),
			    route->hop[i].name);
}

/* Two lists name the same, in whatever order. */
static bool
same_names(const char *a, const char *b)
{
	size_t left = 0;
	char one[80];

	if (strlen(a) != strlen(b))
		return false;
	for (; *a != '\0'; a += left + (a[left] == ',')) {
		const char *at;

		left = strcspn(a, ",");
		snprintf(one, sizeof(one), "%.*s", (int)left, a);
		at = strstr(b, one);
		if (at == NULL || (at > b && at[-1] != ',') ||
		    (at[left] != '\0' && at[left] != ','))
			return false;
	}
	return true;
}

static void
number_is(struct scene *scene, const struct node *node, const char *key,
    const json_t *show)
{
	const char *want = scene_option(scene, key);
	uint64_t have =
	    (uint64_t)json_integer_value(json_object_get(show, key));

	if (want != NULL && strtoull(want, NULL, 10) != have)
		scene_fail(scene, "%s: %s of %s is %llu and not %s", node->name,
		    key, scene->word[2], (unsigned long long)have, want);
}

static void
route_is(struct scene *scene, struct node *node)
{
	const struct route *route =
	    mta_table_find(&node->table, scene->word[2]);
	const char *via = scene_option(scene, "via");
	const char *reason = scene_option(scene, "reason");
	json_t *show = shown(scene, node, scene->word[2]);
	const char *kind = kind_word(route, show);
	char have[200] = "";

	if (route != NULL)
		via_text(route, have);
	if (strcmp(kind, scene->word[3]) != 0)
		scene_fail(scene, "%s: %s is %s %s and not %s", node->name,
		    scene->word[2], kind, have, scene->word[3]);
	number_is(scene, node, "cost", show);
	number_is(scene, node, "hops", show);
	if (via != NULL && !same_names(have, via))
		scene_fail(scene, "%s: %s goes by %s and not %s", node->name,
		    scene->word[2], have, via);
	if (reason != NULL && (route == NULL || route->reason == NULL ||
				  strstr(route->reason, reason) == NULL))
		scene_fail(scene, "%s: %s is not held with %s", node->name,
		    scene->word[2], reason);
	json_decref(show);
}

static void
hops_are(struct scene *scene, struct node *node)
{
	const struct route *route =
	    mta_table_find(&node->table, scene->word[2]);
	char have[LIMIT_NEXT_HOPS + 1];
	size_t n = 0;

	for (; route != NULL && n < route->nhops; n++)
		have[n] = (char)('0' + route->hop[n].addr.family);
	have[n] = '\0';
	if (strcmp(have, scene->word[3]) != 0)
		scene_fail(scene, "%s: %s goes by addresses of %s", node->name,
		    scene->word[2], have);
}

static void
is_hops(struct scene *scene)
{
	scene_each(scene, scene->word[1], hops_are);
}

static void
is_route(struct scene *scene)
{
	scene_each(scene, scene->word[1], route_is);
}

static void
flows(struct scene *scene, struct node *node)
{
	bool want = strcmp(scene->word[0], "flows") == 0;
	struct node *where;

	if (truth_flows(scene->world, node, scene->word[2], &where) != want)
		scene_fail(scene, "mail from %s for %s %s %s", node->name,
		    scene->word[2], want ? "stops at" : "is not stopped at",
		    where->name);
}

static void
is_flow(struct scene *scene)
{
	scene_each(scene, scene->word[1], flows);
}

static json_t *
status_of(struct scene *scene, struct node *node)
{
	const char *text = world_ask(scene->world, node, "status");
	json_t *status = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);

	if (status == NULL)
		scene_fail(scene, "%s tells no status: %s", node->name, text);
	return status;
}

static void
status_is(struct scene *scene, struct node *node)
{
	json_t *status = status_of(scene, node);
	json_t *value = json_object_get(status, scene->word[2]);
	char *have = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	char want[200];

	snprintf(want, sizeof(want), json_is_string(value) ? "\"%s\"" : "%s",
	    scene->word[3]);
	if (have == NULL || strcmp(have, want) != 0)
		scene_fail(scene, "%s: %s is %s and not %s", node->name,
		    scene->word[2], have == NULL ? "missing" : have, want);
	free(have);
	json_decref(status);
}

static void
is_status(struct scene *scene)
{
	scene_each(scene, scene->word[1], status_is);
}

static void
away_is(struct scene *scene, struct node *node)
{
	json_t *status = status_of(scene, node);
	json_t *away = json_object_get(status, "away"), *one;
	char have[400] = "";
	size_t i, n = 0;

	json_array_foreach(away, i, one)
	{
		const char *name =
		    json_string_value(json_object_get(one, "server"));

		if (name != NULL && n < 300)
			n += (size_t)snprintf(have + n, sizeof(have) - n,
			    "%s%.*s", n > 0 ? "," : "", (int)strcspn(name, "."),
			    name);
	}
	if (!same_names(n == 0 ? "none" : have, scene->word[2]))
		scene_fail(scene, "%s: away are %s and not %s", node->name,
		    n == 0 ? "none" : have, scene->word[2]);
	json_decref(status);
}

static void
is_away(struct scene *scene)
{
	scene_each(scene, scene->word[1], away_is);
}

static bool
has_mark(const struct node *node, const uint8_t public_key[CRYPTO_PUBLIC])
{
	struct mtable_annex annex;
	struct cur in;

	if (mtable_annex_decode(node->besides.p, node->besides.n, &annex) !=
	    RC_OK)
		return false;
	in = annex.keys;
	for (uint32_t i = 0; i < annex.nkeys; i++) {
		const uint8_t *p =
		    cur_bytes(&in, CRYPTO_DIGEST + CRYPTO_PUBLIC);

		cur_bytes(&in, cur_u8(&in));
		if (!in.bad &&
		    memcmp(p + CRYPTO_DIGEST, public_key, CRYPTO_PUBLIC) == 0)
			return true;
	}
	return false;
}

/* Which mark keys of a host the milter beside another one would know. */
static void
marks_are(struct scene *scene, struct node *node)
{
	struct node *of = scene_host(scene, scene->word[2]);
	uint8_t key[CRYPTO_PUBLIC];
	char have[64] = "", want[64] = "";

	for (uint32_t i = 1; of != NULL && i <= of->marks; i++) {
		world_mark(of, i, key);
		if (has_mark(node, key))
			snprintf(have + strlen(have),
			    sizeof(have) - strlen(have), " %u", i);
	}
	for (size_t i = 3; i < scene->n; i++)
		if (strcmp(scene->word[i], "none") != 0)
			snprintf(want + strlen(want),
			    sizeof(want) - strlen(want), " %.8s",
			    scene->word[i]);
	if (strcmp(have, want) != 0)
		scene_fail(scene, "%s: has%s of the mark keys of %s, not%s",
		    node->name, have, scene->word[2], want);
}

static void
is_marks(struct scene *scene)
{
	scene_each(scene, scene->word[1], marks_are);
}

/* Any LSA of this type and origin that lives, or only purges, or none. */
static void
db_is(struct scene *scene, struct node *node)
{
	struct node *origin = scene_host(scene, scene->word[2]);
	const char *text = world_ask(scene->world, node, "db");
	const char *have = "none";

	while (origin != NULL && *text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *line = json_loadb(text, n, 0, NULL);
		const char *who =
		    json_string_value(json_object_get(line, "origin"));
		const char *type =
		    json_string_value(json_object_get(line, "type"));

		if (who != NULL && type != NULL &&
		    strcmp(who, origin->conf.server) == 0 &&
		    strcmp(type, scene->word[3]) == 0 &&
		    strcmp(have, "live") != 0)
			have = json_is_true(json_object_get(line, "purge"))
			           ? "purged"
			           : "live";
		json_decref(line);
		text += n + (text[n] == '\n');
	}
	if (strcmp(have, scene->word[4]) != 0)
		scene_fail(scene, "%s: %s of %s is %s and not %s", node->name,
		    scene->word[3], scene->word[2], have, scene->word[4]);
}

/* So many bridgeheads of its own connector, by what its database has. */
static void
is_leading(struct scene *scene)
{
	struct node *node = scene_host(scene, scene->word[1]);
	const char *text =
	    node == NULL ? "" : world_ask(scene->world, node, "db");
	size_t have = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *line = json_loadb(text, n, 0, NULL);
		const char *who = "", *id = "";

		json_unpack(line, "{s:s, s:s}", "origin", &who, "id", &id);
		if (strcmp(who, node->conf.server) == 0 &&
		    strcmp(id, scene->word[2]) == 0)
			have = json_array_size(json_object_get(
			    json_object_get(line, "body"), "bridgeheads"));
		json_decref(line);
		text += n + (text[n] == '\n');
	}
	if (node != NULL && have != strtoull(scene->word[3], NULL, 10))
		scene_fail(scene, "%s: %s names %zu bridgeheads, not %s",
		    node->name, scene->word[2], have, scene->word[3]);
}

static void
is_db(struct scene *scene)
{
	scene_each(scene, scene->word[1], db_is);
}

static void
do_mark(struct scene *scene)
{
	for (size_t i = 0; i < scene->world->n; i++) {
		struct node *node = &scene->world->nodes[i];

		scene->marked[i] = node->signed_;
		scene->probed[i] = node->probed;
		memcpy(scene->events[i], node->events, sizeof(node->events));
	}
}

/* Between the two numbers, or at most so often. */
static void
probed_is(struct scene *scene, struct node *node)
{
	uint64_t n = node->probed - scene->probed[node - scene->world->nodes];
	uint64_t most = strtoull(scene->word[scene->n - 1], NULL, 10);
	uint64_t least = scene->n > 3 ? strtoull(scene->word[2], NULL, 10) : 0;

	if (n < least || n > most)
		scene_fail(scene, "%s: was probed %llu times", node->name,
		    (unsigned long long)n);
}

static void
is_probed(struct scene *scene)
{
	scene_each(scene, scene->word[1], probed_is);
}

static void
signed_is(struct scene *scene, struct node *node)
{
	uint64_t n = node->signed_ - scene->marked[node - scene->world->nodes];

	if (n > strtoull(scene->word[2], NULL, 10))
		scene_fail(scene, "%s has signed %llu LSAs, more than %s",
		    node->name, (unsigned long long)n, scene->word[2]);
}

static void
is_signed(struct scene *scene)
{
	scene_each(scene, scene->word[1], signed_is);
}

/* `any` only begins to count. */
static void
retried_is(struct scene *scene, struct node *node)
{
	const char *want = scene->word[2];

	if (strcmp(want, "any") != 0 &&
	    node->retries != strtoull(want, NULL, 10))
		scene_fail(scene, "%s has asked for %llu retries, not %s",
		    node->name, (unsigned long long)node->retries, want);
	node->retries = 0;
}

static void
is_retried(struct scene *scene)
{
	scene_each(scene, scene->word[1], retried_is);
}

static void
event_is(struct scene *scene, struct node *node)
{
	static const struct {
		const char *word;
		enum event_kind kind;
	} words[] = {
		{ "address", EVENT_ADDRESS },
		{ "alone", EVENT_ALONE },
		{ "unclaimed", EVENT_UNCLAIMED },
		{ "list-denied", EVENT_LIST_DENIED },
		{ "list-unread", EVENT_LIST_OLDER },
		{ "share", EVENT_SHARE },
		{ "behind", EVENT_BEHIND },
		{ "key", EVENT_KEY },
		{ "mta-asks", EVENT_MTA_ASKS },
		{ "override", EVENT_OVERRIDE },
		{ "fight", EVENT_FIGHT },
		{ "clone", EVENT_CLONE },
		{ "key-misused", EVENT_BREACH },
		{ "nbr-state", EVENT_NBR_STATE },
		{ "large-packets-lost", EVENT_LARGE_LOST },
		{ "confirm", EVENT_CONFIRM },
		{ "forgotten", EVENT_FORGOTTEN },
		{ "revoked", EVENT_REVOKED },
		{ "own-key-revoked", EVENT_OWN_REVOKED },
		{ "session-refused", EVENT_SESSION_REFUSED },
		{ "lsa-refused", EVENT_LSA_REFUSED },
		{ "mail-state", EVENT_MAIL_STATE },
		{ "link-state", EVENT_LINK_STATE },
		{ "mta-state", EVENT_MTA_STATE },
		{ "shortage", EVENT_SHORTAGE },
		{ "congestion", EVENT_CONGESTION },
		{ "route-refused", EVENT_ROUTE_REFUSED },
	};
	const char *want = scene->word[3]; /* yes, no, or at most so many */
	char *end;
	uint64_t most = strtoull(want, &end, 10);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		enum event_kind kind = words[i].kind;
		uint64_t n = node->events[kind] -
		             scene->events[node - scene->world->nodes][kind];

		if (strcmp(words[i].word, scene->word[2]) != 0)
			continue;
		if (*end == '\0' ? n > most : (n > 0) != (*want == 'y'))
			scene_fail(scene, "%s: %llu events %s", node->name,
			    (unsigned long long)n, words[i].word);
		return;
	}
	scene_fail(scene, "no event %s", scene->word[2]);
}

static void
is_event(struct scene *scene)
{
	scene_each(scene, scene->word[1], event_is);
}

static void
waiting_is(struct scene *scene, struct node *node)
{
	size_t n = traffic_waiting(scene_traffic(scene), node);

	if (n > strtoull(scene->word[2], NULL, 10))
		scene_fail(scene, "%zu messages wait at %s", n, node->name);
}

static void
is_waiting(struct scene *scene)
{
	scene_each(scene, scene->word[1], waiting_is);
}

static void
is_arrived(struct scene *scene)
{
	uint64_t n = traffic_arrived(scene_traffic(scene), scene->word[1]);

	if (n < strtoull(scene->word[2], NULL, 10))
		scene_fail(scene, "%llu messages for %s have arrived",
		    (unsigned long long)n, scene->word[1]);
}

static void
do_watch(struct scene *scene)
{
	scene->watch_holds |= strcmp(scene->word[1], "holds") == 0;
	scene->watch_flows |= strcmp(scene->word[1], "flows") == 0;
	if (strcmp(scene->word[1], "views") == 0)
		scene->world->how |= WORLD_FOLLOWS;
}

static void
do_unwatch(struct scene *scene)
{
	scene->watch_holds = scene->watch_flows = false;
}

const struct scene_verb scene_claims[] = {
	{ "watch", 1, 1, do_watch },
	{ "unwatch", 0, 0, do_unwatch },
	{ "waiting", 2, 2, is_waiting },
	{ "arrived", 2, 2, is_arrived },
	{ "hops", 3, 3, is_hops },
	{ "route", 3, 7, is_route },
	{ "flows", 2, 2, is_flow },
	{ "stuck", 2, 2, is_flow },
	{ "status", 3, 3, is_status },
	{ "away", 2, 2, is_away },
	{ "db", 4, 4, is_db },
	{ "leads", 3, 3, is_leading },
	{ "marks", 3, 6, is_marks },
	{ "mark", 0, 0, do_mark },
	{ "signed", 2, 2, is_signed },
	{ "probed", 2, 3, is_probed },
	{ "retried", 2, 2, is_retried },
	{ "event", 3, 3, is_event },
	{ NULL, 0, 0, NULL },
};
