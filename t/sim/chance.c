#include "t/sim/chance.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "t/sim/cable.h"
#include "t/sim/plan.h"
#include "t/sim/rule.h"
#include "t/sim/truth.h"
#include "t/sim/world.h"

#define FAULTS_MAX 12
#define SLOW_EACH 8       /* so many seeds: a slow line and a large database */
#define SETTLE_MS 660000u /* longer than the longest damping */
#define DIGEST_MS 180000u /* between two comparisons, and an hour for some */

static uint64_t
below(struct world *world, uint64_t n)
{
	return rng_below(&world->rng, n);
}

static struct node *
any(struct world *world)
{
	return &world->nodes[below(world, world->n)];
}

static void
spaces_add(struct world *world, struct node *node)
{
	struct setup_space space = { .relay = true };
	char text[64];

	snprintf(text, sizeof(text), "%s.example", node->name);
	space.pattern = world_text(world, text);
	plan_space(node, &space);
	if (below(world, 2) == 0) { /* several serve this one */
		space.pattern = world_text(world, "shared.example");
		space.cost = (uint32_t)below(world, 30);
		plan_space(node, &space);
	}
}

static void
link_groups(struct world *world, struct node *a, struct node *b)
{
	uint32_t cost = 1 + (uint32_t)below(world, 100);
	char name[80];

	snprintf(name, sizeof(name), "%s-%s", a->name, b->name);
	plan_connector(a, name, b->conf.group);
	plan_bridgehead(a, name, b, cost);
	if (below(world, 3) > 0) /* costs may differ by direction */
		cost = 1 + (uint32_t)below(world, 100);
	snprintf(name, sizeof(name), "%s-%s", b->name, a->name);
	plan_connector(b, name, a->conf.group);
	plan_bridgehead(b, name, a, cost);
	plan_peers(a, b);
}

static bool
linked(const struct node *a, const struct node *b)
{
	for (size_t i = 0; i < a->conf.npeers; i++)
		if (strcmp(a->conf.peers[i].name, b->conf.server) == 0)
			return true;
	return strcmp(a->conf.group, b->conf.group) == 0;
}

/* Two to five groups of one to three servers, connected, and some more. */
static void
organization_draw(struct world *world)
{
	size_t groups = 2 + below(world, 4), first[5] = { 0 };

	for (size_t g = 0; g < groups; g++) {
		size_t members = 1 + below(world, 3);
		char name[48], group[24];

		first[g] = world->n;
		snprintf(group, sizeof(group), "g%zu", g);
		for (size_t i = 0; i < members; i++) {
			snprintf(name, sizeof(name), "g%zus%zu", g, i);
			spaces_add(world, plan_host(world, name, group));
		}
		if (g > 0)
			link_groups(world, &world->nodes[first[g]],
			    &world->nodes[below(world, first[g])]);
	}
	for (size_t extra = below(world, 4); extra > 0; extra--) {
		struct node *a = any(world), *b = any(world);

		if (!linked(a, b))
			link_groups(world, a, b);
	}
}

static void
fault_path(struct world *world)
{
	struct node *a = any(world), *b = any(world);
	enum path path = below(world, 2) == 0 ? PATH_REFUSED : PATH_SILENT;
	uint64_t which = below(world, 3);

	if (a == b)
		return;
	world_note(world, "fault: %s to %s, %s, path %d", a->name, b->name,
	    which == 0   ? "peer"
	    : which == 1 ? "mail"
			 : "both",
	    path);
	if (which != 1)
		cable_path(world, a, b, path);
	if (which != 0) {
		world->mail_path[a - world->nodes][b - world->nodes] =
		    (uint8_t)path;
		if (below(world, 2) == 0)
			world->mail_path[b - world->nodes][a - world->nodes] =
			    (uint8_t)path;
	}
}

/* Something new to say: a pattern, or another cost of it. */
static void
fault_news(struct world *world, struct node *node)
{
	struct setup_space space = { .relay = true,
		.cost = (uint32_t)below(world, 1000) };

	space.pattern = world_text(world, "shared.example");
	plan_space(node, &space);
	if (node->engine != NULL)
		world_configure(world, node);
}

/* A slow line, or one on which large packets vanish: of those in use. */
static void
fault_line(struct world *world)
{
	struct node *a = any(world), *b = any(world);
	struct line line = world->lines[a - world->nodes][b - world->nodes];
	bool slow = below(world, 2) == 0;

	if (a == b || !linked(a, b))
		return;
	if (slow)
		line.rate = 2000 + (uint32_t)below(world, 20000);
	else
		line.fits = 60 + (uint32_t)below(world, 200);
	world_note(world, "fault: line %s to %s, rate=%u fits=%u", a->name,
	    b->name, line.rate, line.fits);
	cable_line(world, a, b, &line);
	if (!slow)
		fault_news(world, a);
}

/* Some have not been upgraded yet. */
static void
older_draw(struct world *world)
{
	struct line older = { .older = true };

	for (size_t i = 0; i < world->n; i++)
		for (size_t j = 0; j < i; j++)
			if (below(world, 4) == 0)
				cable_line(world, &world->nodes[i],
				    &world->nodes[j], &older);
}

static void
fault_host(struct world *world)
{
	static const char *const words[] = { "kill", "crash", "hang",
		"mail down", "drain", "start" };
	struct node *node = any(world);
	uint64_t which = below(world, 6);

	world_note(world, "fault: %s of %s", words[which], node->name);
	switch (which) {
	case 0:
		world_kill(world, node);
		break;
	case 1:
		world_crash(world, node);
		break;
	case 2:
		world_hang(world, node);
		break;
	case 3:
		node->mail_up = false;
		break;
	case 4:
		if (node->engine != NULL) {
			node->conf.drain.on = !node->conf.drain.on;
			world_configure(world, node);
		}
		break;
	default:
		if (node->engine == NULL && !node->gone && !node->stolen)
			world_start(world, node,
			    (enum world_disk)below(world, DISK_EPOCH_ONLY + 1));
		break;
	}
}

/* Somebody passes on what the host's key signed, or nobody's. */
static void
fault_word(struct world *world)
{
	static const char *const kinds[] = { "last", "leap", "counter", "old",
		"broken" };
	struct plan_forgery f = { .peer = any(world),
		.to = any(world),
		.whom = any(world),
		.kind = kinds[below(world, 5)] };

	if (f.whom->last.n == 0 || !cable_joins(world, f.peer, f.to))
		return;
	world_note(world, "fault: %s says to %s of %s: %s", f.peer->name,
	    f.to->name, f.whom->name, f.kind);
	plan_forge(world, &f);
}

/* Descriptors run out, or come back. */
static void
fault_shortage(struct world *world)
{
	struct node *node = any(world);

	node->shortage = node->shortage == NULL ? "no-descriptors" : NULL;
	node->short_since = world->now;
	world_note(world, "fault: %s has %s descriptors", node->name,
	    node->shortage == NULL ? "" : "no");
}

/* Whether its database has that host's server LSA as a purge. */
static bool
has_purge(struct world *world, struct node *node, const struct node *whom)
{
	const char *text = world_ask(world, node, "db");
	bool has = false;

	while (!has && *text != '\0') {
		size_t n = strcspn(text, "\n");
		json_t *line = json_loadb(text, n, 0, NULL);
		const char *origin = "", *type = "";
		int purge = 0;

		json_unpack(line, "{s?s, s?s, s?b}", "origin", &origin, "type",
		    &type, "purge", &purge);
		has = purge != 0 && strcmp(type, "server") == 0 &&
		      strcmp(origin, whom->conf.server) == 0;
		json_decref(line);
		text += n + (text[n] == '\n');
	}
	return has;
}

static bool
is_plain(struct world *world, struct node *a, struct node *b)
{
	const struct line *line =
	    &world->lines[a - world->nodes][b - world->nodes];

	return world_runs(a) && world_runs(b) && cable_joins(world, a, b) &&
	       world_peer_path(world, a, b) == PATH_OPEN && line->rate == 0 &&
	       line->fits == 0;
}

/*
 * `a` never had what it is thought to have said to `b`, and will not compare
 * of its own accord for an hour: it comes by the other's comparison, which
 * has to ask for its own.
 */
static void
compared(struct world *world, const struct plan_forgery *f)
{
	struct node *a = f->peer, *b = f->to;

	plan_forge(world, f);
	world_run(world, DIGEST_MS + 10000);
	if (!is_plain(world, a, b) || !has_purge(world, b, f->whom))
		return;
	world_run(world, 20000); /* a session may have begun just now */
	if (is_plain(world, a, b) && has_purge(world, b, f->whom) &&
	    !has_purge(world, a, f->whom))
		world_fail(world, "%s never has what %s has of %s", a->name,
		    b->name, f->whom->name);
}

static void
fault_lost(struct world *world)
{
	struct plan_forgery f = { .peer = any(world),
		.to = any(world),
		.whom = any(world),
		.kind = "purge" };
	struct node *a = f.peer, *b = f.to, *x = f.whom;

	if (x == a || x == b || x->last.n == 0 || x->gone || x->stolen ||
	    a == b || !is_plain(world, a, b))
		return;
	for (size_t i = 0; i < world->n; i++)
		if (&world->nodes[i] != a &&
		    world->nodes[i].conf.times.digest_ms != DIGEST_MS)
			return; /* that one waits for others already */
	world_note(world, "fault: %s has no purge of %s, and %s has", a->name,
	    x->name, b->name);
	world_crash(world, x);
	a->conf.times.digest_ms = 20 * DIGEST_MS;
	world_configure(world, a);
	world_run(world, 60000);
	if (is_plain(world, a, b))
		compared(world, &f);
}

static void
claim_new(struct world *world, struct node *node)
{
	struct setup_space space = { .relay = true };
	char text[64];

	snprintf(
	    text, sizeof(text), "new%u.example", (unsigned)below(world, 1000));
	space.pattern = world_text(world, text);
	plan_space(node, &space);
	if (node->engine != NULL)
		world_configure(world, node);
}

/* Half of those it has besides its own name's. */
static void
unclaim(struct world *world, struct node *node)
{
	for (size_t i = node->conf.nspaces; i > 0; i--) {
		const char *pattern = node->conf.spaces[i - 1].pattern;

		if (strncmp(pattern, node->name, strlen(node->name)) != 0 &&
		    below(world, 2) == 0)
			plan_unspace(node, pattern);
	}
	if (node->engine != NULL)
		world_configure(world, node);
}

static void
end_somehow(struct world *world, struct node *node)
{
	uint64_t which = below(world, 3);

	if (which == 0)
		world_stop(world, node);
	else if (which == 1)
		world_kill(world, node);
	else
		world_crash(world, node);
}

/* Never seen again; its claims are given up, or its key was stolen. */
static void
bury(struct world *world, struct node *node)
{
	struct node *at = any(world);

	if (node->gone || node->stolen || at == node || !world_runs(at) ||
	    world->n < 4)
		return;
	world_crash(world, node);
	world_run(world, 1000 + below(world, 5000));
	if (!world_runs(at) || world->failed != NULL)
		return;
	if (below(world, 3) == 0)
		plan_revoke(world, node, at);
	else
		plan_forget(world, node, at);
}

/*
 * What becomes of a claim in the seconds around a restart: what is saved, what
 * is published and what is known are of different ages then.
 */
static void
fault_restart(struct world *world)
{
	struct node *l = any(world), *x = any(world);
	uint64_t which = below(world, 5);

	if (l == x || l->engine == NULL || l->gone || l->stolen)
		return;
	world_note(world, "fault: restart of %s, %s, %d", l->name, x->name,
	    (int)which);
	l->disk_full = below(world, 4) == 0;
	l->disk_no_room = l->disk_full && below(world, 2) == 0;
	if (which <= 1)
		claim_new(world, x);
	else if (which == 2)
		unclaim(world, x);
	world_run(world, 1 + below(world, 4000));
	end_somehow(world, l);
	world_run(world, 1 + below(world, 4000));
	if (which == 0 || which == 3)
		unclaim(world, x);
	else if (which == 4)
		bury(world, x);
	for (size_t i = 0; i < world->n && below(world, 2) == 0; i++)
		if (&world->nodes[i] != l)
			cable_path(world, l, &world->nodes[i], PATH_REFUSED);
	l->disk_full = l->disk_no_room = false;
	if (l->engine == NULL && world->failed == NULL)
		world_start(world, l, DISK_KEPT);
}

static void
heal(struct world *world)
{
	memset(world->mail_path, PATH_OPEN, sizeof(world->mail_path));
	for (size_t i = 0; i < world->n; i++) {
		struct node *node = &world->nodes[i];

		for (size_t j = 0; j < i; j++) {
			struct line line = { .older =
						 world->lines[i][j].older };

			if (world->peer_path[i][j] != PATH_OPEN)
				cable_path(
				    world, node, &world->nodes[j], PATH_OPEN);
			cable_line(world, node, &world->nodes[j], &line);
		}
		if (node->gone || node->stolen)
			continue;
		node->host_up = node->mail_up = true;
		node->shortage = NULL;
		if (node->hung)
			world_resume(world, node);
		if (node->engine == NULL)
			world_start(world, node, DISK_KEPT);
	}
}

/* All is healed, and what must be so then. */
static void
healed(struct world *world)
{
	world_note(world, "all is healed");
	heal(world);
	world_run(world, SETTLE_MS);
	if (world->failed == NULL)
		truth_check(world);
}

/* An organization, faults; and some have a bad line after that. */
static void
faults_play(struct world *world)
{
	organization_draw(world);
	if (below(world, 2) == 0)
		older_draw(world);
	for (size_t i = 0; i < world->n; i++)
		world_start(world, &world->nodes[i], DISK_KEPT);
	world_run(world, 20000 + below(world, 20000));
	world_age_disks(world);
	for (uint64_t n = 1 + below(world, FAULTS_MAX); n > 0; n--) {
		static void (*const faults[])(struct world *) = { fault_path,
			fault_path, fault_host, fault_host, fault_word,
			fault_shortage, fault_line, fault_lost, fault_restart,
			fault_restart };

		faults[below(world, 10)](world);
		world_run(world, 1 + below(world, 20000));
		rule_followed(world);
	}
	healed(world);
	if (world->failed == NULL && line_play(world))
		healed(world);
}

struct chance_result
chance_play(uint64_t seed, enum world_how how)
{
	struct world *world = world_new(seed);
	struct chance_result result;

	world->how = how;
	if (seed % SLOW_EACH == 0)
		slow_play(world);
	else
		faults_play(world);
	world_dump(world);
	result.failed = mem_str(world->failed);
	result.trace = world->trace;
	result.steps = world->steps;
	world_free(world);
	return result;
}
