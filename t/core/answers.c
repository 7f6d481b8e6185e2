#include "t/core/answers.h"

#include <string.h>

#include "base/mem.h"
#include "core/node/nbrs.h"
#include "core/node/service.h"
#include "core/view/refusal.h"
#include "core/wire/msg.h"
#include "t/core/cheap.h"

#define WALL 1800000000u

static char far[] = "far", one[] = "one", two[] = "two", none[] = "none";
static char c_name[] = FAR, d_name[] = "d.x.org", e_name[] = "e.x.org";
static char gw[] = "gw.example", own[] = "own.example",
	    way[] = "smtp:[gw.x.org]";
static char *spaces[] = { gw, own };

/* One bridgehead by a transport, asked by LMTP; one with two addresses; and one
 * whose address nobody knows. */
static struct setup_bridgehead to_one[] = { { .name = c_name,
    .smtp = { { 4, { 192, 0, 2, 3 }, 25 } },
    .nsmtp = 1,
    .cost = 10,
    .by = "relay",
    .asks.kind = ASKS_LMTP } };
static struct setup_bridgehead to_two[] = { { .name = d_name,
    .smtp = { { 4, { 192, 0, 2, 4 }, 25 }, { 4, { 192, 0, 2, 5 }, 25 } },
    .nsmtp = 2,
    .cost = 20 } };
static struct setup_bridgehead to_none[] = { { .name = e_name, .cost = 30 } };
static struct setup_connector connectors[] = {
	{ .name = none,
	    .group = far,
	    .bridgeheads = to_none,
	    .nbridgeheads = 1 },
	{ .name = one, .group = far, .bridgeheads = to_one, .nbridgeheads = 1 },
	{ .name = two, .group = far, .bridgeheads = to_two, .nbridgeheads = 1 },
};
static struct setup_space ways[] = { { .pattern = gw,
					 .cost = 1,
					 .way = way,
					 .probe = { 4, { 192, 0, 2, 9 }, 25 },
					 .relay = true },
	{ .pattern = own, .cost = 1 } };

static uint8_t cert[] = SELF " g x.org - a";

/* As it stands above, whatever another case has made of it. */
static void
answers_conf(struct insider *f)
{
	for (size_t i = 0; i < 3; i++)
		connectors[i].drain = false;
	connectors[2].bridgeheads = to_two;
	ways[0].probe.family = 4;
	ways[1].listed = false;
	to_one[0].asks = (struct asks){ .kind = ASKS_LMTP };
	f->setup.connectors = connectors;
	f->setup.nconnectors = 3;
	f->setup.spaces = ways;
	f->setup.nspaces = 2;
	f->setup.announced.smtp[0] = (struct addr){ 4, { 192, 0, 2, 1 }, 25 };
	f->setup.announced.nsmtp = 1;
	f->setup.congestion.messages = 20;
	f->setup.congestion.ms = 30000;
	f->setup.cert.now = cert;
	f->setup.cert.now_len = sizeof(cert) - 1;
	f->claims.group = f->setup.group;
	cheap_key('a', f->claims.key);
	f->claims.spaces = spaces;
	f->claims.nspaces = 2;
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
}

void
answers_begin(struct insider *f)
{
	struct mta mta;

	insider_begin(f);
	answers_conf(f);
	mta_init(&mta);
	mta.read = true;
	mta.asks = mta.asks_default = MTA_YES;
	insider_step(f, (struct input){ .kind = IN_MTA, .mta = &mta });
	mta_done(&mta);
	insider_step(f, (struct input){ .kind = IN_SAVED,
			    .who = f->engine->origin.epoch.save });
	while (f->engine->table.rib == NULL) {
		insider_ticks(f, 1000);
		while (f->nopen > 0)
			insider_step(f, (struct input){ .kind = IN_PROBE,
					    .who = f->open[--f->nopen],
					    .verdict = PROBE_OK });
	}
	insider_step(f, (struct input){ .kind = IN_PUBLISHED,
			    .value = f->engine->table.rib->generation });
	insider_ticks(f, 1000);
}

/* All of it, as text. */
char *
answers_text(struct insider *f, const char *question)
{
	char *next = mem_str(question);
	struct buf out = { 0 };

	while (next != NULL) {
		struct effects fx =
		    engine_step(f->engine, &(struct input){ .kind = IN_QUERY,
					       .now.ms = f->ms,
					       .wall = WALL,
					       .bytes = (const uint8_t *)next,
					       .len = strlen(next) });

		mem_free(next);
		next = NULL;
		for (size_t i = 0; i < fx.n; i++)
			if (fx.list[i].kind == FX_REPLY) {
				buf_bytes(
				    &out, fx.list[i].bytes, fx.list[i].len);
				if (fx.list[i].name != NULL)
					next = mem_str(fx.list[i].name);
			}
	}
	return buf_string(&out);
}

/* --- what is another ------------------------------------------------------ */

static struct service *
answers_service(struct insider *f, const char *name)
{
	return service_of(f->engine, name);
}

void
answers_down(struct insider *f)
{
	answers_service(f, FAR)->state = SERVICE_DOWN;
	answers_service(f, FAR)->why = "refused";
}

void
answers_down_unsaid(struct insider *f)
{
	answers_service(f, FAR)->state = SERVICE_DOWN;
}

void
answers_barred(struct insider *f)
{
	answers_down(f);
	answers_service(f, FAR)->barred = true;
}

void
answers_mail_refused(struct insider *f)
{
	answers_down(f);
	answers_service(f, FAR)->mail.refused = true;
}

void
answers_error(struct insider *f)
{
	answers_service(f, FAR)->error =
	    (struct service_error){ "bad-greeting", mem_str(""), 7 };
}

void
answers_error_said(struct insider *f)
{
	answers_service(f, FAR)->error =
	    (struct service_error){ "bad-greeting", mem_str("554 no"), 7 };
}

void
answers_member(struct insider *f)
{
	answers_service(f, SELF)->use = SERVICE_MEMBER;
}

void
answers_silent(struct insider *f)
{
	answers_service(f, SELF)->use = SERVICE_SILENT;
}

void
answers_second_busy(struct insider *f)
{
	struct service *s = service_next_of(answers_service(f, "d.x.org"));

	s->mail.oldest_s = 40;
	s->mail.congestion.now = 2;
	s->mail.waiting = 5;
	s->mail.read.ms = f->ms;
}

void
answers_two_uses(struct insider *f)
{
	struct service *s = answers_service(f, "d.x.org");

	s->use = SERVICE_SILENT;
	s->mail.waiting = 5;
}

void
answers_no_address(struct insider *f)
{
	ways[0].probe.family = 0;
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
}

void
answers_drained(struct insider *f)
{
	connectors[1].drain = true;
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
}

/* Another connector leads to the same, and may be used. */
void
answers_drained_beside(struct insider *f)
{
	connectors[2].bridgeheads = to_one;
	answers_drained(f);
}

void
answers_drained_unknown(struct insider *f)
{
	connectors[0].drain = true;
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
}

/* A route that leads to c.x.org, as it is in the table, or is on its way out. */
void
answers_led_to(struct insider *f)
{
	struct route *r = &f->engine->table.rib->routes[0];

	r->hop[0] = (struct route_hop){ .addr = to_one[0].smtp[0] };
	r->nhops = 1;
	connectors[1].drain = true;
}

void
answers_led_to_besides(struct insider *f)
{
	answers_led_to(f);
	f->engine->table.rib->routes[0].hop[0].alternate = true;
}

void
answers_unpublished(struct insider *f)
{
	connectors[1].drain = true;
	f->engine->table.published = 0;
	f->engine->table.late.sent_at.ms = f->ms - 500;
	f->engine->table.late.since = f->engine->table.late.sent_at;
}

void
answers_refusal(struct insider *f)
{
	struct refusal_told told = { "gw.example", FAR, to_one[0].smtp[0], 0,
		{ f->ms } };

	while (refusal_add(&f->engine->evidence.refusals, &told) == NULL)
		;
	told.hop.ip[3] = 77;
	refusal_add(&f->engine->evidence.refusals, &told);
}

void
answers_program(struct insider *f)
{
	f->setup.announced.program = "9.8.7";
}

void
answers_authorities(struct insider *f)
{
	f->setup.authority.end = 1900000000;
	f->setup.authority.second.given = true;
	cheap_key('y', f->setup.authority.second.id);
}

void
answers_bare(struct insider *f)
{
	f->setup.claims = NULL;
	f->engine->asked.mta.queue_directory[0] = '\0';
}

void
answers_leaving(struct insider *f)
{
	struct rib *rib = f->engine->table.rib;

	rib->routes[0].leaves = 1800000400;
	rib->routes[1].leaves = 1800000300;
}

void
answers_left(struct insider *f)
{
	answers_leaving(f);
	f->engine->table.rib->routes[1].over = true;
}

/* Made and not sent yet: nothing is late. */
void
answers_unsent(struct insider *f)
{
	f->engine->table.published = 0;
	f->engine->table.late.sent_at.ms = 0;
}

void
answers_no_table(struct insider *f)
{
	rib_free(f->engine->table.rib);
	f->engine->table.rib = NULL;
}

void
answers_tried(struct insider *f)
{
	f->setup.standing.tried_until = 1800003600;
	f->setup.standing.kept = true;
}

void
answers_waiting(struct insider *f)
{
	static char reason[] = "no path";
	struct route *r = &f->engine->table.rib->routes[0];

	r->kind = ROUTE_HOLD;
	r->reason = mem_str(reason);
	insider_step(f, (struct input){ .kind = IN_HELD,
			    .name = r->pattern,
			    .value = WALL - 60,
			    .bytes = (const uint8_t *)"4Bxyz",
			    .len = 5 });
}

/* Its clock was ahead when the message came. */
void
answers_waiting_early(struct insider *f)
{
	answers_waiting(f);
	f->engine->table.held.came = WALL + 60;
}

void
answers_waiting_unnamed(struct insider *f)
{
	static const uint8_t id[HELD_ID];

	answers_waiting(f);
	insider_step(f, (struct input){ .kind = IN_HELD,
			    .name = "gw.example",
			    .value = WALL - 60,
			    .bytes = id,
			    .len = sizeof(id) });
}

/* It has a way by now, or no route at all. */
void
answers_waited(struct insider *f)
{
	insider_step(
	    f, (struct input){
		   .kind = IN_HELD, .name = "gw.example", .value = WALL - 60 });
}

void
answers_waited_nowhere(struct insider *f)
{
	insider_step(
	    f, (struct input){
		   .kind = IN_HELD, .name = "no.example", .value = WALL - 60 });
}

void
answers_told_revoked(struct insider *f)
{
	struct nbr *nbr = nbrs_find(f->engine, PEER);

	nbr->told = "revoked-key";
}

/* Two say so. */
void
answers_told_revoked_twice(struct insider *f)
{
	answers_told_revoked(f);
	insider_join(f, 2);
	nbrs_find(f->engine, "d.x.org")->told = "revoked-key";
}

void
answers_told_else(struct insider *f)
{
	nbrs_find(f->engine, PEER)->told = "too-many-faults";
}

void
answers_returning(struct insider *f)
{
	f->engine->phase = PHASE_RETURNING;
}

void
answers_returning_unprobed(struct insider *f)
{
	answers_returning(f);
	answers_service(f, FAR)->state = SERVICE_UNKNOWN;
	answers_service(f, FAR)->probe.tried = false;
}

void
answers_alone(struct insider *f)
{
	insider_step(f, (struct input){ .kind = IN_CLOSED, .who = 1 });
}

void
answers_booting(struct insider *f)
{
	f->engine->phase = PHASE_BOOT;
}

void
answers_round_trip(struct insider *f)
{
	nbrs_find(f->engine, PEER)->session->pulse.round_trip_us = 250;
}

void
answers_peer_half(struct insider *f)
{
	insider_step(f, (struct input){ .kind = IN_OPEN,
			    .who = 7,
			    .name = "h.x.org",
			    .bytes = (const uint8_t *)"h.x.org g x.org - h",
			    .len = 19 });
}

/* Its last hop is an alternate, and goes by a transport. */
void
answers_alternate(struct insider *f)
{
	struct route *r = &f->engine->table.rib->routes[0];

	r->kind = ROUTE_REMOTE;
	r->hop[0] = (struct route_hop){
		.name = c_name, .addr = to_one[0].smtp[0], .by = one
	};
	r->hop[1] = (struct route_hop){
		.name = d_name, .addr = to_two[0].smtp[0], .alternate = true
	};
	r->nhops = 2;
	mem_free(r->server);
	r->server = mem_str(c_name);
}

/* Held for what two claimed, of which one is known. */
void
answers_claims(struct insider *f)
{
	struct route *r = &f->engine->table.rib->routes[0];

	r->kind = ROUTE_HOLD;
	r->reason = mem_str("no path");
	route_claims_done(r);
	r->claims = mem_new(0, 2, sizeof(*r->claims));
	r->nclaims = 2;
	r->claims[0] = (struct route_claim){ .server = mem_str("q.x.org"),
		.known = true,
		.seq = UINT64_C(3) << 32 };
	r->claims[1] = (struct route_claim){ .server = mem_str("p.x.org") };
}

void
answers_last_resort(struct insider *f)
{
	answers_alternate(f);
	f->engine->table.rib->routes[0].last_resort = true;
}

/* By nobody's claim of now. */
void
answers_revoked(struct insider *f)
{
	f->engine->table.rib->routes[0].revoked = true;
}

/* One of ours stands in the list; and one of the peer's is down. */
void
answers_listed(struct insider *f)
{
	ways[1].listed = true;
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
}

/* Coming back, and no session is full. */
void
answers_returning_alone(struct insider *f)
{
	answers_returning(f);
	f->engine->phase = PHASE_RETURNING;
	nbrs_find(f->engine, PEER)->session->state = SESSION_SYNC;
}

/* So that seconds are many. */
void
answers_later(struct insider *f)
{
	f->ms += 5000000;
}

/* Our certificate lets us lead to its group. */
void
answers_may_lead(struct insider *f)
{
	static char *groups[] = { far };

	f->claims.connectors = groups;
	f->claims.nconnectors = 1;
	insider_ticks(f, 1000);
}

/* By lsrd.conf, all of it. */
void
answers_drained_whole(struct insider *f)
{
	f->setup.drain.on = true;
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
}

/* A command asks for it. */
void
answers_command(struct insider *f)
{
	to_one[0].asks = (struct asks){ .kind = ASKS_COMMAND, .name = "modem" };
	insider_step(f, (struct input){ .kind = IN_CONF, .setup = &f->setup });
}
