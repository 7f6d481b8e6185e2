/*
 * link.c - mail services, probed and used: evidence in, condition out.
 *
 *                two probes fail, or one that a lost session asked for,
 *                or real mail is refused again and again
 *          up  -------------------------------------------------------> down
 *              <-------------------------------------------------------
 *                three probes in a row succeed, and there was no failure
 *                for as long as the damping demands
 *
 * Down fast, up slow: each time it goes down again it must be well for longer
 * (damp.h). After mail was refused probes alone prove little: so it is a
 * minute at least, and what comes back is on trial. (DESIGN section 10)
 */

#include <string.h>

#include "core/node.h"

#define FAILS_DOWN 2
#define OKS_UP 3
/* While down, so that three successes are soon together. */
#define PROBE_DOWN_MS 2000

/* The least between two, whoever asks for them. */
#define PROBE_LEAST_MS 1000

/* Messages refused in a row until it counts as down. One recipient's 450 says
 * nothing; so many messages, with none delivered in between, do. */
#define REFUSALS_DOWN 5
/* For who comes back after that: fewer are enough. */
#define REFUSALS_TRIAL 3

/* So many in a row, and what was read of the queue last is forgotten. */
#define READINGS_MISSED 10

/* At most six times an hour down and up, which is twelve LSAs. One outage in
 * a quarter of an hour is nothing to speak of. */
static const struct damp_rule by_probes = {
	.free = 1, .first_ms = 20000, .most_ms = 600000, .calm_ms = 900000
};

/* Each trial costs real mail a detour. */
static const struct damp_rule by_mail = {
	.free = 0, .first_ms = 60000, .most_ms = 1200000, .calm_ms = 1800000
};

struct link_key {
	const char *name;
	const struct addr *addr;
};

static struct link *
entry(struct tree_node *n)
{
	return n == NULL ? NULL : tree_entry(n, struct link, node);
}

static int
order(const void *key, const struct tree_node *node)
{
	const struct link_key *k = key;
	const struct link *l = tree_entry(node, const struct link, node);
	int c = strcmp(k->name, l->name);

	return c != 0 ? c : addr_order(k->addr, &l->addr);
}

struct link *
link_first(struct engine *e)
{
	return entry(tree_first(&e->links));
}

struct link *
link_next(struct link *link)
{
	return entry(tree_next(&link->node));
}

const char *
link_word(enum link_state state)
{
	static const char *const words[] = { "unknown", "up", "down" };

	return words[state];
}

struct link *
link_find(struct engine *e, const char *name, unsigned use)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (l->use & use && strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

const struct link *
link_bridgehead(struct engine *e, const struct setup_bridgehead *b)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (!(l->use & LINK_CONNECTOR) || strcmp(l->name, b->name) != 0)
			continue;
		if (b->smtp.family == 0 || addr_equal(&b->smtp, &l->addr))
			return l;
	}
	return NULL;
}

enum link_state
link_mail(struct engine *e, const char *name)
{
	enum link_state state = LINK_UNKNOWN;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (l->use & LINK_SPACE || strcmp(l->name, name) != 0)
			continue;
		if (l->state == LINK_DOWN)
			return LINK_DOWN;
		if (l->state == LINK_UP)
			state = LINK_UP;
	}
	return state;
}

static void
link_free(struct engine *e, struct link *l)
{
	tree_remove(&e->links, &l->node);
	mem_free(l->name);
	mem_free(l);
}

static void
want(struct engine *e, const char *name, const struct addr *addr,
    enum link_use use)
{
	struct link_key key = { name, addr };
	struct link *l;

	if (addr->family == 0)
		return;
	l = entry(tree_find(&e->links, &key, order));
	if (l == NULL) {
		l = mem_new(sizeof(*l), 0, 0);
		l->who = ++e->links_made;
		l->name = mem_str(name);
		l->addr = *addr;
		l->next = l->since = e->now;
		l->since_wall = e->wall;
		key.name = l->name;
		tree_insert(&e->links, &l->node, &key, order);
	}
	l->use |= use;
}

static void
want_server(struct engine *e, const char *name, enum link_use use)
{
	struct addr addrs[LIMIT_ADDRESSES];

	if (dial_addresses(e, name, true, addrs) > 0)
		want(e, name, &addrs[0], use);
}

static void
want_connectors(struct engine *e)
{
	for (size_t i = 0; i < e->setup->nconnectors; i++) {
		const struct setup_connector *c = &e->setup->connectors[i];

		for (size_t k = 0; k < c->nbridgeheads; k++) {
			const struct setup_bridgehead *b = &c->bridgeheads[k];

			if (b->smtp.family != 0)
				want(e, b->name, &b->smtp, LINK_CONNECTOR);
			else
				want_server(e, b->name, LINK_CONNECTOR);
		}
	}
}

static void
want_members(struct engine *e)
{
	struct names members = { 0 }, chosen = { 0 };

	dial_members(e, &members);
	dial_chosen(e, &members, &chosen);
	for (size_t i = 0; i < chosen.list.n; i++)
		want_server(e, chosen.list.v[i], LINK_MEMBER);
	vec_done(&members.list);
	vec_done(&chosen.list);
}

/* A silent neighbour whose mail service nobody else's link probes. */
static void
want_silent(struct engine *e)
{
	for (struct tree_node *n = tree_first(&e->nbrs); n; n = tree_next(n)) {
		struct nbr *nbr = tree_entry(n, struct nbr, node);
		struct link *l;

		if (!nbr->silent)
			continue;
		l = link_find(e, nbr->name, LINK_CONNECTOR | LINK_MEMBER);
		if (l != NULL)
			l->use |= LINK_SILENT;
		else
			want_server(e, nbr->name, LINK_SILENT);
	}
}

void
link_refresh(struct engine *e)
{
	struct link *next;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		l->use = 0;
	want_connectors(e);
	want_members(e);
	want_silent(e);
	if (e->setup->nsmtp > 0)
		want(e, e->setup->server, &e->setup->smtp[0], LINK_SELF);
	for (size_t i = 0; i < e->setup->nspaces; i++)
		want(e, e->setup->spaces[i].pattern, &e->setup->spaces[i].probe,
		    LINK_SPACE);
	for (struct link *l = link_first(e); l != NULL; l = next) {
		next = link_next(l);
		if (l->use == 0)
			link_free(e, l);
	}
}

static void
state_event(struct engine *e, const struct link *l, enum link_state to)
{
	struct event event = { .kind = EVENT_LINK_STATE,
		.peer = l->name,
		.from = link_word(l->state),
		.to = link_word(to),
		.reason =
		    l->refused && to == LINK_DOWN ? "mail-refused" : NULL };

	if (l->use & LINK_SELF)
		event.kind = EVENT_MTA_STATE;
	else if (l->use & LINK_SPACE)
		event.kind = EVENT_SPACE_STATE;
	else if (!(l->use & LINK_CONNECTOR))
		event.kind = EVENT_MAIL_STATE;
	if (event.kind == EVENT_SPACE_STATE)
		event.name = l->name;
	fx_event(e, event);
}

static void
state_set(struct engine *e, struct link *l, enum link_state to)
{
	struct mono soon = mono_after(e->now, PROBE_DOWN_MS);
	bool was_up = l->state == LINK_UP;

	if (l->state == to)
		return;
	state_event(e, l, to);
	l->state = to;
	l->since = e->now;
	l->since_wall = e->wall;
	if (to == LINK_DOWN) {
		l->next = mono_min(l->next, soon);
		if (l->refused)
			damp_failed(&l->mail_damp, &by_mail, e->now);
		else if (was_up) /* what has just started has not failed */
			damp_failed(&l->damp, &by_probes, e->now);
	} else {
		l->refusals = l->refused ? REFUSALS_DOWN - REFUSALS_TRIAL : 0;
		l->refused = false;
	}
	origin_look(e);
	steer_changed(e);
	if (to == LINK_DOWN && !(l->use & LINK_SPACE))
		adjacent_mail_down(e, l->name);
}

static void
failed(struct engine *e, struct link *l)
{
	bool asked = l->urgent;

	l->running = l->urgent = false;
	l->oks = 0;
	l->fails++;
	if (l->fails >= FAILS_DOWN || asked || l->state == LINK_UNKNOWN)
		state_set(e, l, LINK_DOWN);
	else /* make sure, soon */
		l->next = mono_min(l->next, mono_after(e->now, PROBE_LEAST_MS));
}

uint64_t
link_hold(const struct link *l)
{
	uint64_t ms = damp_hold(&l->damp, &by_probes);
	uint64_t mail_ms = damp_hold(&l->mail_damp, &by_mail);

	return l->refused && ms < mail_ms ? mail_ms : ms;
}

static void
answered(struct engine *e, struct link *l)
{
	l->running = l->urgent = false;
	l->fails = 0;
	if (l->oks++ == 0)
		l->well = e->now;
	if (l->state == LINK_UNKNOWN)
		state_set(e, l, LINK_UP);
	else if (l->oks >= OKS_UP &&
		 mono_since(l->well, e->now) >= link_hold(l))
		state_set(e, l, LINK_UP);
}

/* Mail was refused, or delivered, there. */
static void
mail_told(struct engine *e, struct link *l, const struct report *r)
{
	l->delivered += r->count[REPORT_OK];
	l->turned += r->count[REPORT_TURNED];
	/* No connection: the probe decides, but now. */
	if (r->count[REPORT_FAILED] > 0)
		l->next =
		    mono_min(l->next, mono_after(l->probed, PROBE_LEAST_MS));
	if (r->count[REPORT_OK] > 0) {
		l->refusals = 0;
		l->refused = false;
		return;
	}
	if (r->count[REPORT_TURNED] == 0)
		return;
	l->refusals += r->count[REPORT_TURNED];
	l->oks = 0;
	if (l->refusals < REFUSALS_DOWN)
		return;
	l->refused = true;
	if (l->state == LINK_UP)
		state_set(e, l, LINK_DOWN);
}

static void
level_look(struct engine *e, struct link *l)
{
	static const char *const words[] = { "0", "1", "2", "3" };
	struct level_rule rule = { e->setup->congestion_messages,
		e->setup->congestion_ms };
	uint8_t from = l->level.now;

	l->read = e->now;
	if (!level_read(&l->level, &rule, l->late, e->now))
		return;
	fx_event(e, (struct event){ .kind = EVENT_CONGESTION,
			.peer = l->name,
			.from = words[from],
			.to = words[l->level.now],
			.value = l->late,
			.total = l->waiting });
	origin_look(e);
	steer_changed(e);
}

/* So much waits for it in our MTA's queue. */
static void
queue_told(struct engine *e, struct link *l, const struct report *r)
{
	l->waiting = r->count[REPORT_WAITING];
	l->late = r->count[REPORT_LATE];
	if (l->use & LINK_CONNECTOR)
		level_look(e, l);
}

/* Nobody reads the queue any more: that is no congestion. */
static void
level_tick(struct engine *e, struct link *l)
{
	struct mono stale =
	    mono_after(l->read, READINGS_MISSED * e->setup->congestion_ms);

	if (l->level.now == 0)
		return;
	if (mono_due(stale, e->now)) {
		l->waiting = l->late = 0;
		level_look(e, l);
	} else {
		fx_wake(e, stale);
	}
}

void
link_report(struct engine *e, const struct report *r)
{
	struct addr hop = r->hop;

	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (!(l->use & (LINK_CONNECTOR | LINK_MEMBER | LINK_SILENT)))
			continue;
		if (r->hop.port == 0)
			hop.port = l->addr.port;
		if (!addr_equal(&hop, &l->addr))
			continue;
		if (r->kind == REPORT_QUEUE)
			queue_told(e, l, r);
		else
			mail_told(e, l, r);
	}
}

void
link_verdict(struct engine *e, uint32_t who, int verdict)
{
	struct link *l = link_first(e);

	while (l != NULL && l->who != who)
		l = link_next(l);
	if (l == NULL || !l->running)
		return; /* given up meanwhile */
	switch ((enum probe_verdict)verdict) {
	case PROBE_CONNECTED:
		l->connected = true;
		break;
	case PROBE_OK:
		answered(e, l);
		break;
	case PROBE_FAILED:
		failed(e, l);
		break;
	}
}

static void
probe(struct engine *e, struct link *l)
{
	uint64_t ms = l->state == LINK_UP ? e->setup->probe_ms : PROBE_DOWN_MS;

	if (ms > e->setup->probe_ms)
		ms = e->setup->probe_ms;
	/* Jitter of a fifth, so that servers do not probe in step. */
	ms = ms * 9 / 10 + rng_below(&e->rng, ms / 5 + 1);
	l->next = mono_after(e->now, ms);
	l->probed = e->now;
	l->running = true;
	l->connected = false;
	fx_add(e, (struct effect){ .kind = FX_PROBE,
		      .who = l->who,
		      .name = fx_keep(e, l->name, strlen(l->name)),
		      .addrs = fx_keep(e, &l->addr, sizeof(l->addr)),
		      .naddrs = 1 });
}

void
link_urgent(struct engine *e, const char *name)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (l->use & LINK_SPACE || strcmp(l->name, name) != 0)
			continue;
		if (l->urgent && l->running)
			continue;
		l->urgent = true;
		probe(e, l);
	}
}

void
link_deadline(struct engine *e, const char *name)
{
	struct link *next;

	for (struct link *l = link_first(e); l != NULL; l = next) {
		next = link_next(l);
		if (strcmp(l->name, name) == 0 && l->urgent && l->running &&
		    !l->connected)
			failed(e, l);
	}
}

void
link_tick(struct engine *e)
{
	if (e->peers_due) {
		e->peers_due = false;
		link_refresh(e);
		dial_refresh(e);
	}
	for (struct link *l = link_first(e); l != NULL; l = link_next(l)) {
		if (mono_due(l->next, e->now) && !l->running)
			probe(e, l);
		if (!l->running)
			fx_wake(e, l->next);
		level_tick(e, l);
	}
}

bool
link_connectors_probed(struct engine *e)
{
	for (struct link *l = link_first(e); l != NULL; l = link_next(l))
		if (l->use & LINK_CONNECTOR && l->state == LINK_UNKNOWN)
			return false;
	return true;
}

void
link_done(struct engine *e)
{
	while (e->links.root != NULL)
		link_free(e, entry(e->links.root));
}
