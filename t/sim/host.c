#include "t/sim/host.h"

#include <string.h>

#include "base/check.h"
#include "base/rc.h"
#include "core/lsa/lsa.h"
#include "core/wire/msg.h"
#include "t/sim/cable.h"
#include "t/sim/disk.h"
#include "t/sim/post.h"
#include "t/sim/probe.h"
#include "t/sim/rule.h"
#include "t/sim/truth_heard.h"

#define SPINS 1000
#define READ_MS 5      /* of the MTA's configuration */
#define AGAIN_MS 10000 /* as io/mta_io.h has it */

void
host_signed(void *ctx, const uint8_t *p, size_t n)
{
	struct node *node = ctx;

	node->signed_++;
	rule_signed(node->world, p, n);
	truth_claimed(node, p, n);
	if (p[1] != LSA_SERVER)
		return;
	if (node->first.n == 0)
		buf_bytes(&node->first, p, n);
	buf_reset(&node->last);
	buf_bytes(&node->last, p, n);
}

void
host_init(struct node *node, char *server, char *group)
{
	uint8_t authority[CRYPTO_PUBLIC];
	struct setup *conf = &node->conf;

	conf->organization = conf->server = server;
	conf->group = group;
	cheap_seal_authority(authority, conf->authority.id);
	memcpy(conf->authority.key, authority, sizeof(authority));
	conf->announced.smtp[0] = conf->announced.listen[0] = node->addr;
	conf->announced.smtp[0].port = 25;
	conf->announced.listen[0].port = 691;
	conf->announced.nsmtp = conf->announced.nlisten = 1;
	conf->announced.reads = MSG_VERSION;
	conf->times.keepalive_ms = 500;
	conf->times.dead_ms = 1400;
	conf->times.probe_ms = 5000;
	conf->times.digest_ms = 180000;
	conf->confirm_percent = 100;
	conf->mta.retry = true;
	conf->congestion.ms = 30000;
	conf->congestion.messages = 20;
	mta_init(&node->mta);
	node->mta.asks = node->mta.asks_default = MTA_YES;
	node->may.name = server;
	node->may.group = group;
	node->cheap.signed_ = host_signed;
	node->cheap.ctx = node;
	node->crypto = cheap_seal_new(&node->cheap);
}

static void *
array_dup(const void *p, size_t n, size_t each)
{
	void *copy = mem_new(0, n + 1, each);

	if (n > 0)
		memcpy(copy, p, n * each);
	return copy;
}

/* The lists that are the host's own. */
static void
conf_copy(struct setup *to, const struct setup *of)
{
	*to = *of;
	to->cert.now = array_dup(of->cert.now, of->cert.now_len, 1);
	to->peers = array_dup(of->peers, of->npeers, sizeof(*to->peers));
	to->spaces = array_dup(of->spaces, of->nspaces, sizeof(*to->spaces));
	to->connectors =
	    array_dup(of->connectors, of->nconnectors, sizeof(*to->connectors));
	for (size_t i = 0; i < to->nconnectors; i++) {
		struct setup_connector *c = &to->connectors[i];

		c->bridgeheads = array_dup(
		    c->bridgeheads, c->nbridgeheads, sizeof(*c->bridgeheads));
	}
}

/* Arrays are copied, texts are the world's. */
static struct setup *
setup_copy(const struct setup *conf)
{
	struct setup *s = mem_new(sizeof(*s), 0, 0);

	conf_copy(s, conf);
	return s;
}

static void
setup_free(struct setup *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->nconnectors; i++)
		mem_free(s->connectors[i].bridgeheads);
	claims_free(s->claims);
	mem_free(s->cert.now);
	mem_free(s->peers);
	mem_free(s->connectors);
	mem_free(s->spaces);
	mem_free(s);
}

void
host_free(struct node *node)
{
	engine_free(node->engine);
	setup_free(node->in_force);
	for (size_t i = 0; i < node->backlog.n; i++)
		happening_free(node->backlog.v[i]);
	vec_done(&node->backlog);
	vec_done(&node->probes);
	vec_done(&node->allow);
	vec_done(&node->claimed);
	disk_done(node);
	buf_done(&node->reply);
	mem_free(node->more);
	buf_done(&node->besides);
	buf_done(&node->first);
	buf_done(&node->last);
	for (size_t i = 0; i < node->conf.nconnectors; i++)
		mem_free(node->conf.connectors[i].bridgeheads);
	mem_free(node->conf.cert.now);
	mem_free(node->conf.peers);
	mem_free(node->conf.connectors);
	mem_free(node->conf.spaces);
	mem_free(node->may.spaces);
	mem_free(node->may.relays);
	mem_free(node->may.connectors);
}

static void
names_copy(char ***list, size_t n)
{
	*list = array_dup(*list, n, sizeof(**list));
}

void
host_twin(struct world *world, const char *name, struct node *of)
{
	struct node *twin = world_add(world, name, of->conf.group);

	/* What the other's claims bring goes to the first, known there or not. */
	of->rolled_back = true;
	twin->twin = world->twins = true;
	twin->addr = of->addr;
	twin->key = of->key;
	twin->marks = of->marks;
	conf_copy(&twin->conf, &of->conf);
	twin->may = of->may;
	names_copy(&twin->may.spaces, twin->may.nspaces);
	names_copy(&twin->may.relays, twin->may.nrelays);
	names_copy(&twin->may.connectors, twin->may.nconnectors);
	disk_clone(twin, of);
}

/* The trace: every input and every effect, in order. */
static void
note(struct world *world, uint64_t v)
{
	world->trace = (world->trace ^ v) * 0x100000001b3u;
	world->trace ^= world->trace >> 29;
}

static void
note_bytes(struct world *world, const uint8_t *p, size_t n)
{
	uint64_t eight;

	note(world, n);
	for (; n >= sizeof(eight); p += sizeof(eight), n -= sizeof(eight)) {
		memcpy(&eight, p, sizeof(eight));
		note(world, eight);
	}
	for (size_t i = 0; i < n; i++)
		world->trace = (world->trace ^ p[i]) * 0x100000001b3u;
}

static void
fx_save(struct world *world, struct node *node, const struct effect *fx)
{
	struct happening *h = happening_new(node, HAPPENS_SAVE);

	h->what = fx->what;
	h->in.kind = IN_SAVED;
	h->in.who = fx->who;
	if (fx->what == SAVE_STATE)
		disk_state(node, fx);
	else
		buf_bytes(&h->bytes, fx->bytes, fx->len);
	note_bytes(world, h->bytes.p, h->bytes.n);
	if (node->stopping && disk_saved(world, node, h)) {
		happening_free(h);
		return;
	}
	if (node->stopping)
		return;
	/* What is written at once is written in order. */
	world_later(world,
	    fx->what == SAVE_OVERRIDES ? 1 : 1 + rng_below(&world->rng, 10), h);
}

static void
fx_routes(struct world *world, struct node *node, const struct effect *fx)
{
	const struct rib *rib = fx->rib;
	bool again = node->annex_life == node->life &&
	             node->annex.generation == rib->generation;
	uint64_t epoch = node->annex.epoch;
	struct happening *h;

	rule_annex(world, node, fx);
	/* The table is published, or is going to be; under another epoch it is
	 * another version for the milter. */
	if (again && epoch == node->annex.epoch)
		return;
	h = happening_new(node, HAPPENS_PUBLISH);
	h->table.serial = ++world->serial;
	h->table.generation = rib->generation;
	h->table.epoch = node->annex.epoch;
	h->table.n = rib->n;
	mta_table_room(&h->table, rib->n);
	for (size_t i = 0; i < rib->n; i++)
		route_copy(&h->table.routes[i], &rib->routes[i]);
	rule_routes(world, node, &h->table);
	world_later(world, 1 + rng_below(&world->rng, 20), h);
}

static void
fx_event(struct world *world, struct node *node, const struct event *event)
{
	CHECK(event->kind < EVENT_KINDS);
	node->events[event->kind] += !event->early;
	node->given_up += event->reason != NULL &&
	                  strcmp(event->reason, "slow-exchange") == 0;
	rule_blame(world, node, event);
	if (event->kind == EVENT_NBR_STATE && strcmp(event->to, "full") == 0)
		rule_met(world, node, event->peer);
	if (event->kind == EVENT_LSA_INSTALLED ||
	    event->kind == EVENT_LSA_PURGED || event->kind == EVENT_RESTORED)
		node->changed = true;
	world_note(world,
	    "%-5s event %d peer=%s origin=%s name=%s from=%s to=%s reason=%s "
	    "value=%llu",
	    node->name, event->kind, event->peer ? event->peer : "-",
	    event->origin ? event->origin : "-",
	    event->name ? event->name : "-", event->from ? event->from : "-",
	    event->to ? event->to : "-", event->reason ? event->reason : "-",
	    (unsigned long long)event->value);
}

static void
fx_allow(struct node *node, const struct effect *fx)
{
	node->allow.n = 0;
	for (size_t i = 0; i < fx->naddrs; i++)
		vec_push(&node->allow, fx->addrs[i]);
}

/* As of a keep-alive or a probe: what it sees is as before. */
static bool
is_calm(enum effect_kind kind)
{
	return kind == FX_SEND || kind == FX_PROBE || kind == FX_REPLY;
}

/* What may come every second, and mostly changes nothing. */
static bool
is_routine(enum input_kind kind)
{
	return kind == IN_TICK || kind == IN_BYTES || kind == IN_DRAINED ||
	       kind == IN_PROBE || kind == IN_REPORT || kind == IN_QUERY;
}

static void
carry_out(struct world *world, struct node *node, const struct effect *fx)
{
	note(world, (uint64_t)fx->kind << 32 | fx->who);
	note_bytes(world, fx->bytes, fx->bytes == NULL ? 0 : fx->len);
	node->acted |= !is_calm(fx->kind);
	switch (fx->kind) {
	case FX_DIAL:
		cable_dial(world, node, fx);
		break;
	case FX_SEND:
		cable_send(world, node, fx);
		break;
	case FX_CLOSE:
		cable_close(world, node, fx->who);
		break;
	case FX_PROBE:
		probe_fx(world, node, fx);
		break;
	case FX_SAVE:
		fx_save(world, node, fx);
		break;
	case FX_ROUTES:
		fx_routes(world, node, fx);
		break;
	case FX_RETRY:
		node->retries++;
		post_retry(world, node, fx->name);
		break;
	case FX_ALLOW:
		fx_allow(node, fx);
		break;
	case FX_REPLY:
		buf_bytes(&node->reply, fx->bytes, fx->len);
		node->more = mem_str(fx->name);
		break;
	case FX_TRIED:
		break;
	case FX_WAITING:
		node->held = true;
		break;
	case FX_EVENT:
		fx_event(world, node, fx->event);
		break;
	case FX_HISTORY:
		break;
	}
}

void
host_input(struct world *world, struct node *node, struct input *in)
{
	struct effects fx;

	in->now = world->now;
	in->wall = world_wall(world, node);
	note(world, world->now.ms << 8 | (uint64_t)in->kind);
	note(world, (uint64_t)(node - world->nodes) << 32 | in->who);
	note_bytes(world, in->bytes, in->bytes == NULL ? 0 : in->len);
	if (in->kind != IN_TICK && in->kind != IN_DRAINED)
		world_note(world, "%-5s input %d who=%u len=%zu %s", node->name,
		    in->kind, in->who, in->len, in->name ? in->name : "");
	node->acted |= !is_routine(in->kind);
	world->steps++;
	fx = engine_step(node->engine, in);
	for (size_t i = 0; i < fx.n; i++)
		carry_out(world, node, &fx.list[i]);
	node->wake = fx.wake;
	if (in->kind != IN_QUERY)
		rule_step(world, node);
}

void
host_tick(struct world *world, struct node *node)
{
	struct input in = { .kind = IN_TICK };

	if (node->ticked.ms == world->now.ms) {
		if (++node->spins > SPINS)
			world_fail(world, "%s wakes without end", node->name);
	} else {
		node->spins = 0;
	}
	node->ticked = world->now;
	host_input(world, node, &in);
}

void
host_read_mta(struct world *world, struct node *node, uint64_t ms)
{
	struct happening *h = happening_new(node, HAPPENS_INPUT);

	h->in.kind = IN_MTA;
	h->in.mta = &node->mta;
	h->serial = node->mta_serial = ++world->serial;
	world_later(world, ms, h);
}

/* True if there is nothing to be told; else the next reading is begun. */
static bool
no_reading(struct world *world, struct node *node, const struct happening *h)
{
	if (h->in.kind != IN_MTA)
		return false;
	if (h->serial != node->mta_serial || node->mta_hangs)
		return true;
	if (node->mta.asks != MTA_YES || node->mta.asks_default != MTA_YES)
		host_read_mta(world, node, AGAIN_MS);
	return false;
}

void
host_happens(struct world *world, struct happening *h)
{
	struct node *node = h->node;

	if (h->kind == HAPPENS_SAVE && !disk_saved(world, node, h))
		return;
	if (h->kind == HAPPENS_PUBLISH && !disk_published(world, node, h))
		return;
	if (h->kind == HAPPENS_QUEUE && !disk_queue(world, node, h))
		return;
	h->kind = HAPPENS_INPUT;
	if (node->engine != NULL && h->life == node->life && node->hung) {
		vec_push(&node->backlog, h);
		return;
	}
	if (node->engine != NULL && h->life == node->life &&
	    !probe_is_stale(node, h) && !no_reading(world, node, h)) {
		h->in.name = h->name;
		h->in.bytes = h->bytes.p;
		h->in.len = h->bytes.n;
		host_input(world, node, &h->in);
	}
	happening_free(h);
}

static void
certify(struct node *node)
{
	struct setup *conf = &node->conf;
	struct buf cert = { 0 };

	cheap_seal_key(conf->server, node->key, node->cheap.public_key);
	cheap_seal_certify(&cert, &node->may, node->key);
	mem_free(conf->cert.now);
	conf->cert.now = cert.p;
	conf->cert.now_len = cert.n;
}

void
world_configure(struct world *world, struct node *node)
{
	struct setup *old = node->in_force;
	struct input in = { .kind = IN_CONF };
	int rc;

	certify(node);
	node->in_force = setup_copy(&node->conf);
	rc = node->crypto.vouch(node->crypto.ctx, node->in_force->cert.now,
	    node->in_force->cert.now_len, &node->in_force->claims);
	CHECK(rc == RC_OK);
	in.setup = node->in_force;
	node->held = false;
	if (node->engine != NULL)
		host_input(world, node, &in);
	if (node->held) {
		setup_free(node->in_force);
		node->in_force = old;
	} else {
		setup_free(old);
	}
}

void
host_try(struct world *world, struct node *node)
{
	struct setup *setup;
	struct input in = { .kind = IN_CONF, .value = 3 };
	int rc;

	if (!world_runs(node))
		return;
	setup = setup_copy(&node->conf);
	setup->nspaces -= setup->nspaces > 0;
	for (size_t i = 0; i < setup->nconnectors; i++)
		setup->connectors[i].nbridgeheads = 0;
	rc = node->crypto.vouch(node->crypto.ctx, setup->cert.now,
	    setup->cert.now_len, &setup->claims);
	CHECK(rc == RC_OK);
	in.setup = setup;
	host_input(world, node, &in);
	setup_free(setup);
}

static void
restore(struct world *world, struct node *node, enum save_what what)
{
	struct input in = { .kind = IN_RESTORE, .who = what };

	in.bytes = node->disk[what].p;
	in.len = node->disk[what].p == NULL ? 0 : node->disk[what].n;
	host_input(world, node, &in);
}

void
world_start(struct world *world, struct node *node, enum world_disk disk)
{
	CHECK(node->engine == NULL);
	node->host_up = true;
	node->hung = node->stopped = node->gone = false;
	node->allow.n = 0;
	node->life++;
	disk_found(node, disk);
	node->engine = engine_new(rng_next(&world->rng), &node->crypto);
	world_configure(world, node);
	restore(world, node, SAVE_EPOCH);
	restore(world, node, SAVE_OVERRIDES);
	disk_restore_table(world, node);
	disk_restore_state(world, node);
	host_read_mta(world, node, READ_MS);
}

void
world_kill(struct world *world, struct node *node)
{
	if (node->engine == NULL)
		return;
	cable_end(world, node);
	engine_free(node->engine);
	node->engine = NULL;
	node->wake = MONO_NEVER;
	node->hung = false;
	node->life++;
	for (size_t i = 0; i < node->backlog.n; i++)
		happening_free(node->backlog.v[i]);
	node->backlog.n = 0;
	node->all_saved = false;
	rule_ended(node);
}

/* What it says before it ends is carried out; the publisher ends after it. */
void
world_stop(struct world *world, struct node *node)
{
	struct input in = { .kind = IN_STOP };
	bool saved;

	if (node->engine == NULL)
		return;
	node->stopping = true;
	host_input(world, node, &in);
	node->stopping = false;
	node->stopped = true;
	saved = disk_stop(node);
	world_kill(world, node);
	node->all_saved = saved;
}

void
world_crash(struct world *world, struct node *node)
{
	node->host_up = false;
	world_kill(world, node);
}

void
world_hang(struct world *world, struct node *node)
{
	(void)world;
	node->hung = node->engine != NULL;
}

void
world_resume(struct world *world, struct node *node)
{
	node->hung = false;
	for (size_t i = 0; i < node->backlog.n; i++)
		agenda_add(&world->agenda, world->now, node->backlog.v[i]);
	node->backlog.n = 0;
	if (node->wake.ms < world->now.ms)
		node->wake = world->now;
	/* What was answered before it ran short is heard only now. */
	node->short_since = world->now;
}

const char *
world_ask(struct world *world, struct node *node, const char *question)
{
	char *more = mem_str(question);

	buf_reset(&node->reply);
	while (more != NULL && world_runs(node)) {
		struct input in = { .kind = IN_QUERY,
			.who = 1,
			.bytes = (const uint8_t *)more,
			.len = strlen(more) };

		host_input(world, node, &in);
		mem_free(more);
		more = node->more;
		node->more = NULL;
	}
	mem_free(more);
	buf_u8(&node->reply, 0);
	node->reply.n--;
	return (const char *)node->reply.p;
}
