#include "t/sim/mail/mail.h"

#include <string.h>

#include "base/mem.h"
#include "t/sim/agenda.h"

#define BACKOFF_MIN (300 * SECOND)
#define BACKOFF_MAX (4000 * SECOND)
#define QUEUE_RUN (300 * SECOND)
#define LIFETIME (5 * DAY)
#define RETRY_EVERY (10 * SECOND) /* lsrd's rounds after a publish */
#define EVENTS_MAX 200000

/* One message on its way. */
struct post {
	struct world *w;
	struct tally *tally;
	struct agenda agenda;
	int64_t sent;
	unsigned born[ADDRESSES], delivered[ADDRESSES], ended[ADDRESSES];
	int64_t last; /* delivery */
	bool bounced;
	bool turned; /* back by a milter */
};

struct copy *
copy_new(const struct copy *of)
{
	struct copy *c = mem_new(sizeof(*c), 0, 0);

	if (of == NULL)
		return c;
	*c = *of;
	memset(&c->marks, 0, sizeof(c->marks));
	memset(&c->past, 0, sizeof(c->past));
	memset(&c->fields, 0, sizeof(c->fields));
	if (of->marks.n > 0)
		buf_bytes(&c->marks, of->marks.p, of->marks.n);
	for (size_t i = 0; i < of->past.n; i++)
		vec_push(&c->past, of->past.v[i]);
	for (size_t i = 0; i < of->fields.n; i++)
		vec_push(&c->fields, of->fields.v[i]);
	c->again = c->retried = 0;
	return c;
}

void
copy_free(struct copy *copy)
{
	buf_done(&copy->marks);
	vec_done(&copy->past);
	vec_done(&copy->fields);
	mem_free(copy);
}

static int64_t
chance(struct post *p, int64_t most)
{
	return (int64_t)rng_below(&p->w->rng, (uint64_t)most + 1);
}

static void
plan(struct post *p, int64_t at, struct copy *copy)
{
	agenda_add(&p->agenda, (struct mono){ (uint64_t)at }, copy);
}

static void
count(unsigned *counters, uint32_t recipients)
{
	for (size_t a = 0; a < ADDRESSES; a++)
		counters[a] += recipients >> a & 1;
}

static void
bounce(struct post *p, uint32_t recipients, int64_t t, uint64_t *counter)
{
	count(p->ended, recipients);
	*counter += (uint64_t)__builtin_popcount(recipients);
	if (counter == &p->tally->bounced && !p->bounced) {
		p->bounced = true;
		p->tally->bounced_messages++;
		if (t - p->sent < p->tally->bounce_first)
			p->tally->bounce_first = t - p->sent;
	}
}

/* --- in the queue ------------------------------------------------------------ */

/* Aliases of cleanup(8): others in the place of a recipient, in one queue
 * file, each once. */
static void
rewrite(struct post *p, struct copy *copy)
{
	for (size_t a = 0; a < p->w->naddresses; a++) {
		const struct address *address = &p->w->address[a];
		uint32_t bit = (uint32_t)1 << a;

		if (!(copy->recipients & bit) || address->alias == 0 ||
		    address->local || address->home != copy->server)
			continue;
		p->ended[a]++;
		count(p->born, address->alias & ~copy->recipients);
		copy->recipients = (copy->recipients & ~bit) | address->alias;
	}
}

/* Queued: its first attempt follows. */
static void
queue(struct post *p, struct copy *copy, int64_t t)
{
	rewrite(p, copy);
	plan(p, t + 50 + chance(p, 500), copy);
}

/* A transaction; its copy goes wherever the answer says. */
static enum answer
offer(struct post *p, const struct copy *copy, uint32_t recipients, size_t to,
    int64_t t)
{
	struct copy *there = copy_new(copy);
	enum answer answer;

	there->recipients = recipients;
	if (p->w->server[copy->server].strips)
		buf_reset(&there->marks);
	answer = hop_arrive(p->w, there, to, t, p->tally);
	p->turned |= answer == REFUSED;
	if (answer == ACCEPTED) {
		queue(p, there, t);
		if (p->w->lost_replies && chance(p, 999) == 0) {
			p->tally->replies_lost++;
			count(p->born, recipients);
			answer = REFUSED; /* as far as the client knows */
		}
	} else
		copy_free(there);
	return answer;
}

/* --- one attempt ---------------------------------------------------------------- */

/* Delivers what is at home here; aliases that make a message of their own
 * (local(8)) put a field Received on it and go past the milter. */
static void
deliver(struct post *p, struct copy *copy, int64_t t)
{
	for (size_t a = 0; a < p->w->naddresses; a++) {
		const struct address *address = &p->w->address[a];
		uint32_t bit = (uint32_t)1 << a;
		struct copy *next;

		if (!(copy->recipients & bit) || address->home != copy->server)
			continue;
		copy->recipients &= ~bit;
		p->ended[a]++;
		if (address->alias == 0) {
			p->delivered[a]++;
			p->tally->delivered++;
			p->last = t > p->last ? t : p->last;
			continue;
		}
		next = copy_new(copy);
		next->recipients = address->alias;
		vec_push(&next->fields, ++p->w->serial);
		next->arrived = t;
		count(p->born, address->alias);
		queue(p, next, t);
	}
}

/* Tries the members of a list in turn; what it does not get rid of stays. */
static int64_t
send(struct post *p, struct copy *copy, uint32_t recipients,
    const struct hops *hops, int64_t t)
{
	const struct server *s = p->w->server;

	for (size_t i = 0; i < hops->n; i++) {
		size_t to = hops->v[i];
		int64_t until;
		enum answer answer = REFUSED;

		p->tally->attempts++;
		if (is_down(&s[to], t, &until))
			t += chance(p, 1) ? 5 * SECOND : 5;
		else if (!in_span(
			     s[to].refuses.v, s[to].refuses.n, t, &until) &&
			 chance(p, 199) > 0)
			answer = offer(p, copy, recipients, to, t);
		t += 30 + chance(p, 300);
		if (answer == REFUSED)
			continue;
		copy->recipients &= ~recipients;
		if (answer == TOO_MANY_HOPS)
			bounce(p, recipients, t, &p->tally->bounced);
		break;
	}
	return t;
}

/*
 * By which table of the past an attempt goes, and how long the message then
 * stays in the active queue: mostly none. The queue manager may keep an
 * answer for 30 s; a busy next hop lets mail wait with the route it has.
 */
static int64_t
attempt(struct post *p, struct copy *copy, int64_t t)
{
	int64_t old = chance(p, 6) ? 0 : chance(p, 30 * SECOND);
	int64_t wait = chance(p, 99) ? 0 : chance(p, 10 * MINUTE);
	struct hops hops[ADDRESSES];
	uint32_t left;

	deliver(p, copy, t);
	for (size_t a = 0; a < p->w->naddresses; a++)
		hops[a] = *route_at(
		    p->w, copy->server, p->w->address[a].home, t - old);
	left = copy->recipients;
	for (size_t a = 0; a < p->w->naddresses; a++) {
		uint32_t group = 0;

		if ((left >> a & 1) == 0)
			continue;
		for (size_t b = a; b < p->w->naddresses; b++)
			if ((left >> b & 1) == 1 &&
			    memcmp(&hops[a], &hops[b], sizeof(hops[a])) == 0)
				group |= (uint32_t)1 << b;
		left &= ~group;
		t = send(p, copy, group, &hops[a], t + wait);
		wait = 0;
	}
	return t;
}

/* The next attempt that a publish asks for, and the second one after it. */
static int64_t
publish_asks(struct post *p, struct copy *copy, int64_t t)
{
	int64_t at = INT64_MAX;

	for (size_t a = 0; a < p->w->naddresses; a++) {
		int64_t moves;

		if ((copy->recipients >> a & 1) == 0)
			continue;
		moves =
		    route_moves(p->w, copy->server, p->w->address[a].home, t);
		at = moves < at ? moves : at;
	}
	if (at != INT64_MAX) {
		at += 100 + chance(p, 500);
		if (copy->retried > 0 && at < copy->retried + RETRY_EVERY)
			at = copy->retried + RETRY_EVERY;
	}
	return at;
}

/* Deferred: when it is tried again, by Postfix's rule or by lsrd's. */
static void
defer(struct post *p, struct copy *copy, int64_t t)
{
	int64_t age = t - copy->arrived, next, asked;

	if (age > LIFETIME) {
		bounce(p, copy->recipients, t, &p->tally->expired);
		copy_free(copy);
		return;
	}
	next = t + chance(p, QUEUE_RUN) +
	       (age < BACKOFF_MIN      ? BACKOFF_MIN
		   : age > BACKOFF_MAX ? BACKOFF_MAX
				       : age);
	asked = publish_asks(p, copy, t);
	if (copy->again > t && copy->again < next)
		next = copy->again;
	if (asked < next) {
		next = asked;
		copy->retried = asked;
		copy->again = asked + 31 * SECOND;
	}
	plan(p, next, copy);
}

static void
event(struct post *p, struct copy *copy, int64_t t)
{
	int64_t until;

	if (is_down(&p->w->server[copy->server], t, &until)) {
		plan(p, until + chance(p, MINUTE), copy);
		return;
	}
	t = attempt(p, copy, t);
	if (copy->recipients == 0)
		copy_free(copy);
	else
		defer(p, copy, t);
}

/* --- from the first hop to the last ---------------------------------------------- */

static void
submit(struct post *p)
{
	struct world *w = p->w;
	struct copy *copy = copy_new(NULL);
	int64_t until, most = w->converged < 30 * HOUR ? w->converged : DAY;
	size_t n = 1 + rng_below(&w->rng, chance(p, 3) ? 2 : 8);

	for (size_t i = 0; i < n; i++)
		copy->recipients |= (uint32_t)1
		                    << rng_below(&w->rng, w->naddresses);
	p->sent = chance(p, most + most / 8 + MINUTE);
	copy->server = rng_below(&w->rng, w->n);
	if (is_down(&w->server[copy->server], p->sent, &until))
		p->sent = until;
	count(p->born, copy->recipients);
	p->tally->messages++;
	p->tally->recipients += (uint64_t)__builtin_popcount(copy->recipients);
	hop_arrive(w, copy, copy->server, p->sent, p->tally);
	queue(p, copy, p->sent);
}

/* Every recipient that came to be has ended, and once. */
static void
settle(struct post *p, bool endless)
{
	struct tally *tally = p->tally;
	unsigned doubles = 0;

	for (size_t a = 0; a < p->w->naddresses; a++) {
		if (p->ended[a] < p->born[a] && !endless)
			tally->lost += p->born[a] - p->ended[a];
		if (p->ended[a] > p->born[a])
			doubles += p->ended[a] - p->born[a];
	}
	tally->doubled += doubles;
	tally->turned += p->turned;
	if (!p->turned || p->sent >= p->w->repaired || p->last < p->w->repaired)
		return;
	tally->waiting++;
	tally->late += p->last - p->w->repaired > 10 * MINUTE;
	if (p->last - p->w->repaired > tally->latest)
		tally->latest = p->last - p->w->repaired;
}

void
post_message(struct world *w, uint64_t serial, struct tally *tally)
{
	struct post p = { .w = w, .tally = tally };
	unsigned events = 0;

	hop_message(serial);
	submit(&p);
	while (p.agenda.heap.n > 0 && events++ < EVENTS_MAX) {
		int64_t t = (int64_t)agenda_next(&p.agenda).ms;

		event(&p, agenda_take(&p.agenda), t);
	}
	tally->endless += p.agenda.heap.n > 0;
	settle(&p, p.agenda.heap.n > 0);
	while (p.agenda.heap.n > 0)
		copy_free(agenda_take(&p.agenda));
	agenda_done(&p.agenda);
}
