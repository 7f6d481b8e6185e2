#include "t/sim/mail/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "t/core/cheap.h"

/* What does not change: the keys, and which message it is. */
static struct {
	bool made;
	uint8_t key[2][SERVERS][CRYPTO_DIGEST]; /* before the roll, after it */
	uint8_t secret[2][SERVERS][CRYPTO_DIGEST];
	char letter[2][SERVERS];
	uint8_t message[CRYPTO_DIGEST];
} fixed;

/* One server that judges a transaction. */
struct judge {
	struct world *w;
	size_t server;
	uint32_t recipients;
	int64_t t;
	const struct copy *copy;
};

static void
fixed_make(void)
{
	for (size_t i = 0; i < 2; i++)
		for (size_t s = 0; s < SERVERS; s++) {
			char *letter = &fixed.letter[i][s];
			struct crypto crypto = cheap_seal(letter);

			*letter = (char)("Aa"[i] + (char)s);
			cheap_key(*letter, fixed.key[i][s]);
			mark_secret(&crypto, fixed.secret[i][s]);
		}
	fixed.made = true;
}

void
hop_message(uint64_t message)
{
	struct crypto crypto = cheap_seal("A");
	char id[40];
	int n =
	    snprintf(id, sizeof(id), "<%llu@sim>", (unsigned long long)message);

	if (!fixed.made)
		fixed_make();
	mark_message(id, (size_t)n, &crypto, fixed.message);
}

/* The number of the server that a key is of, and whether it is the new one. */
static bool
key_whose(const uint8_t key[CRYPTO_DIGEST], size_t *server, size_t *rolled)
{
	for (*rolled = 0; *rolled < 2; ++*rolled)
		for (*server = 0; *server < SERVERS; ++*server)
			if (memcmp(key, fixed.key[*rolled][*server],
				CRYPTO_DIGEST) == 0)
				return true;
	return false;
}

static bool
find(void *ctx, const uint8_t key[CRYPTO_DIGEST],
    uint8_t public_key[CRYPTO_PUBLIC])
{
	const struct judge *j = ctx;
	const struct server *me = &j->w->server[j->server], *of;
	size_t server, rolled;

	CHECK(key_whose(key, &server, &rolled));
	cheap_public(fixed.letter[rolled][server], public_key);
	if (server == j->server)
		return true;
	of = &j->w->server[server];
	if (rolled && j->t < of->roll + 5 * SECOND)
		return false; /* not published here yet */
	return j->t >= j->w->converged || (me->knows >> server & 1) == 1;
}

static bool
next_hop(void *ctx, const uint8_t key[CRYPTO_DIGEST])
{
	const struct judge *j = ctx;
	size_t server, rolled;

	CHECK(key_whose(key, &server, &rolled));
	for (size_t a = 0; a < j->w->naddresses; a++) {
		const struct hops *h;

		if ((j->recipients >> a & 1) == 0)
			continue;
		h = route_at(j->w, j->server, j->w->address[a].home,
		    milter_at(&j->w->server[j->server], j->t));
		for (size_t i = 0; i < h->n; i++)
			if (h->v[i] == server)
				return true;
	}
	return false;
}

static bool
passed(void *ctx, const char *queue_id)
{
	const struct judge *j = ctx;
	uint64_t id = strtoull(queue_id, NULL, 16);

	for (size_t i = 0; i < j->copy->fields.n; i++)
		if (j->copy->fields.v[i] == id)
			return true;
	return false;
}

static uint64_t
wall(const struct server *s, int64_t t)
{
	return (
	    uint64_t)(EPOCH + t + s->clock + (t >= s->step_at ? s->step : 0));
}

static void
recipients_digest(
    const struct judge *j, size_t rolled, uint8_t out[MARK_RECIPIENTS])
{
	struct crypto crypto = cheap_seal("A");
	const char *list[ADDRESSES];
	size_t n = 0;

	for (size_t a = 0; a < j->w->naddresses; a++)
		if (j->recipients >> a & 1)
			list[n++] = j->w->address[a].text;
	mark_recipients(list, n, fixed.secret[rolled][j->server], &crypto, out);
}

/* As the milter's table says. */
static bool
since(void *ctx, size_t i, struct mtable_version *out)
{
	const struct judge *j = ctx;
	const struct server *s = &j->w->server[j->server];
	int64_t t = milter_at(s, j->t);

	for (size_t a = 0; a < j->w->naddresses; a++)
		if ((j->recipients >> a & 1) == 1 && i-- == 0) {
			*out = j->w->whole ? version_at(s, t)
			                   : unchanged_at(j->w, j->server,
						 j->w->address[a].home, t);
			return true;
		}
	return false;
}

static void
present_make(struct mark_present *p, struct judge *j, const struct copy *copy)
{
	const struct server *s = &j->w->server[j->server];
	bool rolled = s->rolled && j->t >= s->roll;

	memset(p, 0, sizeof(*p));
	p->time_ms = wall(s, j->t);
	p->nself = rolled ? 2 : 1;
	for (size_t i = 0; i < p->nself; i++) {
		size_t key = i == 0 ? rolled : 0;

		memcpy(
		    p->self[i].key, fixed.key[key][j->server], CRYPTO_DIGEST);
		recipients_digest(j, key, p->self[i].recipients);
	}
	p->received = (unsigned)copy->fields.n + 1;
	p->hop_limit = j->w->hop_limit;
	memcpy(p->message, fixed.message, CRYPTO_DIGEST);
	p->memory = s->memory;
	p->ctx = j;
	p->since = since;
	p->next_hop = next_hop;
	p->passed = passed;
}

static void
trace_read(struct mark_trace *trace, const struct buf *marks)
{
	for (size_t at = 0; at < marks->n;) {
		const char *text = (const char *)marks->p + at;

		mark_trace_add(trace, text, strlen(text));
		at += strlen(text) + 1;
	}
}

/* Puts our visit before those that stand. */
static void
visit_add(const struct judge *j, const struct mark_present *p,
    const struct mark_trace *trace, struct buf *marks)
{
	struct server *s = &j->w->server[j->server];
	bool rolled = s->rolled && j->t >= s->roll;
	struct crypto crypto = cheap_seal(&fixed.letter[rolled][j->server]);
	const struct visit *newest = mark_trace_newest(trace);
	int64_t seen = milter_at(s, j->t), before = j->t - MARK_BEFORE_MS;
	struct visit v = { .now = version_at(s, seen),
		.before = version_at(s, before < seen ? before : seen),
		.time_ms = p->time_ms,
		.first = newest == NULL };
	char queue_id[24];

	memcpy(v.key, p->self[0].key, CRYPTO_DIGEST);
	memcpy(v.recipients, p->self[0].recipients, MARK_RECIPIENTS);
	mark_sign(&v, newest, fixed.message, &crypto);
	buf_reset(marks);
	mark_encode(&v, marks);
	buf_u8(marks, '\0');
	for (size_t i = 0; i < trace->fields.n; i++) {
		if (!trace->fields.v[i].stands)
			continue;
		mark_encode(&trace->fields.v[i].visit, marks);
		buf_u8(marks, '\0');
	}
	if (p->received < MARK_REMEMBER_RECEIVED)
		return;
	if (s->memory == NULL)
		s->memory = mark_memory_new();
	snprintf(queue_id, sizeof(queue_id), "%llX",
	    (unsigned long long)j->w->serial + 1);
	mark_memory_add(s->memory, &v, fixed.message, queue_id);
}

/* How often this very copy was here with these recipients, of late. */
static unsigned
times_here(const struct copy *copy, const struct judge *j, int64_t age)
{
	unsigned n = 0;

	for (size_t i = 0; i < copy->past.n; i++)
		n += copy->past.v[i].server == j->server &&
		     copy->past.v[i].recipients == j->recipients &&
		     j->t - copy->past.v[i].t < age;
	return n;
}

static bool
is_same_way(const struct judge *j, size_t home, int64_t t, int64_t u)
{
	const struct hops *then = route_at(j->w, j->server, home, t);
	const struct hops *now = route_at(j->w, j->server, home, u);

	return memcmp(then, now, sizeof(*now)) == 0;
}

/* Whether it has been here with these recipients and gone, each of them, by the
 * route that the milter's table has now. */
static bool
went_so(const struct copy *copy, const struct judge *j)
{
	const struct world *w = j->w;
	const struct server *s = &w->server[j->server];

	for (size_t i = 0; i < copy->past.n; i++) {
		const struct past *p = &copy->past.v[i];
		bool same =
		    p->server == j->server && p->recipients == j->recipients;

		for (size_t a = 0; a < w->naddresses && same; a++)
			if (j->recipients >> a & 1)
				same = is_same_way(j, w->address[a].home,
				    milter_at(s, p->t), milter_at(s, j->t));
		if (same)
			return true;
	}
	return false;
}

static void
tell(const struct judge *j, const struct copy *copy, const char *what)
{
	struct mtable_version v = version_at(&j->w->server[j->server], j->t);

	if (j->w->tells)
		printf("# %12.3f s: %zu at %zu, recipients %x, fields %u, "
		       "table %llu.%llu: %s\n",
		    (double)j->t / SECOND, copy->server, j->server,
		    j->recipients, (unsigned)copy->fields.n + 1,
		    (unsigned long long)v.epoch,
		    (unsigned long long)v.generation, what);
}

/* `own`: it comes from this host's own content filter. */
static enum mark_verdict
milter(struct judge *j, struct copy *copy, struct tally *tally, bool own)
{
	struct crypto crypto = cheap_seal("A");
	struct mark_keys keys = { j, find };
	struct mark_trace trace = { 0 };
	struct mark_present present;
	enum mark_verdict verdict;

	trace_read(&trace, &copy->marks);
	mark_trace_verify(&trace, fixed.message, &keys, &crypto);
	present_make(&present, j, copy);
	if (own)
		mark_trace_return(&trace, &present);
	verdict = mark_judge(&trace, &present);
	if (verdict == MARK_PASSES)
		visit_add(j, &present, &trace, &copy->marks);
	else if (times_here(copy, j, INT64_MAX) == 0)
		tally->wrongly++;
	else if (verdict != MARK_OFTEN && !went_so(copy, j))
		tally->moved++;
	tally->verdict[verdict]++;
	tell(j, copy, mark_word(verdict));
	mark_trace_done(&trace);
	return verdict;
}

/* Through the milter; where there is a content filter, once more after it. */
static bool
passes(struct judge *j, struct copy *copy, struct tally *tally)
{
	const struct server *s = &j->w->server[j->server];

	if (s->plain)
		return true;
	if (milter(j, copy, tally, false) != MARK_PASSES)
		return false;
	if (!s->filters)
		return true;
	vec_push(&copy->fields, ++j->w->serial);
	return milter(j, copy, tally, true) == MARK_PASSES;
}

enum answer
hop_arrive(struct world *w, struct copy *copy, size_t server, int64_t t,
    struct tally *tally)
{
	struct judge j = { w, server, copy->recipients, t, copy };
	struct past here = { (uint8_t)server, copy->recipients, t };
	unsigned times;

	if (copy->fields.n + 1 > tally->received)
		tally->received = (unsigned)copy->fields.n + 1;
	if (copy->fields.n + 1 > w->hop_limit)
		return TOO_MANY_HOPS;
	if (!passes(&j, copy, tally))
		return REFUSED;
	tally->hops++;
	vec_push(&copy->past, here);
	vec_push(&copy->fields, ++w->serial);
	times = times_here(copy, &j, INT64_MAX);
	if (times > tally->visits)
		tally->visits = times;
	times = times_here(copy, &j, 15 * MINUTE);
	if (w->keeps && !w->server[server].plain && times > tally->quick)
		tally->quick = times;
	copy->server = server;
	copy->arrived = t;
	return ACCEPTED;
}
