#include "t/sim/post.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "core/lsa/match.h"
#include "core/wire/report.h"
#include "t/sim/disk.h"
#include "t/sim/post_parts.h"

#define CACHE_MS 30000 /* the queue manager keeps an answer so long */
#define DEAD_MS 5000   /* until a silent hop is given up */

static struct post *
post_get(struct world *world)
{
	if (world->post != NULL)
		return world->post;
	world->post = mem_new(sizeof(*world->post), 0, 0);
	world->post->world = world;
	for (size_t i = 0; i < world->n; i++)
		milter_table(&world->post->offices[i].milter, &world->nodes[i]);
	return world->post;
}

static struct office *
office_of(struct post *post, const struct node *node)
{
	return &post->offices[node - post->world->nodes];
}

static void
letter_free(struct letter *letter)
{
	vec_done(&letter->to);
	vec_done(&letter->received);
	buf_done(&letter->marks);
	mem_free(letter);
}

void
post_free(struct post *post)
{
	if (post == NULL)
		return;
	for (size_t i = 0; i < WORLD_NODES; i++) {
		struct office *office = &post->offices[i];

		milter_done(&office->milter);
		for (size_t k = 0; k < office->past.n; k++)
			mta_table_done(&office->past.v[k].table);
		vec_done(&office->past);
	}
	for (size_t i = 0; i < post->letters.n; i++)
		letter_free(post->letters.v[i]);
	vec_done(&post->letters);
	vec_done(&post->visited);
	vec_done(&post->delivered);
	mem_free(post);
}

/* --- tables ------------------------------------------------------------------ */

const struct route *
post_lookup(const struct mta_table *table, const char *address)
{
	struct match match = match_over(address, "");
	const struct route *route = NULL;
	const char *pattern;

	while (route == NULL && (pattern = match_next(&match)) != NULL)
		route = mta_table_find(table, pattern);
	return route;
}

/* What it delivers itself its own configuration says, not our table. */
static bool
is_own(const struct node *node, const char *address)
{
	const struct setup *conf = &node->conf;
	struct match match = match_over(address, "");
	const char *pattern;

	while ((pattern = match_next(&match)) != NULL)
		for (size_t i = 0; i < conf->nspaces; i++)
			if (conf->spaces[i].way == NULL &&
			    strcmp(conf->spaces[i].pattern, pattern) == 0)
				return true;
	return false;
}

static void
past_drop(struct office *office, struct mono now)
{
	size_t left = 0;

	for (size_t i = 0; i < office->past.n; i++)
		if (mono_since(office->past.v[i].until, now) < CACHE_MS)
			office->past.v[left++] = office->past.v[i];
		else
			mta_table_done(&office->past.v[i].table);
	office->past.n = left;
}

void
post_table(struct world *world, struct node *node, struct mta_table *was)
{
	struct office *office;

	if (world->post == NULL) {
		mta_table_done(was);
		return;
	}
	office = office_of(world->post, node);
	milter_table(&office->milter, node);
	past_drop(office, world->now);
	vec_push(&office->past, ((struct was){ world->now, *was }));
}

static bool
has_all(const struct mta_table *table, const struct letter *letter)
{
	for (size_t i = 0; i < letter->to.n; i++)
		if (post_lookup(table, letter->to.v[i]) == NULL)
			return false;
	return true;
}

/* Of now, or of a moment not long ago: who asks for a new domain asks for the
 * first time. */
static const struct mta_table *
table_for(struct post *post, const struct letter *letter)
{
	struct office *office = office_of(post, letter->at);
	struct rng *rng = &post->world->rng;
	uint64_t ago;

	if (rng_below(rng, 4) > 0)
		return &letter->at->table;
	ago = rng_below(rng, CACHE_MS);
	for (size_t i = 0; i < office->past.n; i++)
		if (mono_since(office->past.v[i].until, post->world->now) <
			ago &&
		    has_all(&office->past.v[i].table, letter))
			return &office->past.v[i].table;
	return &letter->at->table;
}

/* --- queues -------------------------------------------------------------------- */

static void
letter_plan(struct post *post, struct letter *letter, uint64_t ms)
{
	struct happening *h = happening_new(letter->at, HAPPENS_LETTER);

	h->letter = letter;
	h->serial = ++letter->attempt;
	world_later(post->world, ms, h);
}

/* To be tried again when Postfix would. */
static void
letter_defer(struct post *post, struct letter *letter)
{
	uint64_t age = mono_since(letter->came, post->world->now);

	age = age < POST_AGAIN_MS  ? POST_AGAIN_MS
	      : age > POST_MOST_MS ? POST_MOST_MS
	                           : age;
	letter_plan(
	    post, letter, age + rng_below(&post->world->rng, POST_AGAIN_MS));
}

static struct letter *
letter_copy(struct post *post, const struct letter *of)
{
	struct letter *letter = mem_new(sizeof(*letter), 0, 0);

	letter->number = of->number;
	letter->size = of->size;
	letter->sender = of->sender;
	letter->at = of->at;
	letter->came = post->world->now;
	letter->unmarked = of->unmarked;
	letter->misled = of->misled;
	buf_bytes(&letter->marks, of->marks.p, of->marks.n);
	for (size_t i = 0; i < of->received.n; i++)
		vec_push(&letter->received, of->received.v[i]);
	return letter;
}

/* Into the queue of the host where it is. */
static void
letter_queue(struct post *post, struct letter *letter, uint64_t queue_id)
{
	vec_push(&letter->received, queue_id);
	vec_push(&post->letters, letter);
	letter_plan(post, letter, 50 + rng_below(&post->world->rng, 500));
}

void
post_retry(struct world *world, const struct node *node, const char *pattern)
{
	struct post *post = world->post;

	for (size_t i = 0; post != NULL && i < post->letters.n; i++) {
		struct letter *letter = post->letters.v[i];
		bool meets = false;

		for (size_t k = 0; k < letter->to.n; k++) {
			const struct route *route =
			    post_lookup(&node->table, letter->to.v[k]);

			meets |= route != NULL &&
			         strcmp(route->pattern, pattern) == 0;
		}
		if (!letter->ended && letter->at == node && meets)
			letter_plan(
			    post, letter, 100 + rng_below(&world->rng, 500));
	}
}

/* As lsrd-maillog tells it. */
static void
tell(struct post *post, struct node *node, const struct node *hop,
    enum report_count what)
{
	struct report report = { .kind = REPORT_EVIDENCE,
		.hop = hop->conf.announced.smtp[0] };
	struct happening *h;

	if (node->engine == NULL)
		return;
	report.count[what] = 1;
	h = happening_new(node, HAPPENS_INPUT);
	h->in.kind = IN_REPORT;
	report_encode(&h->bytes, &report);
	world_later(post->world, 1000, h);
}

/* --- an attempt ------------------------------------------------------------------ */

/* Recipients that nobody knows where it has come to bounce; false: none is
 * left. */
static bool
known_keep(struct post *post, struct letter *letter, const struct node *from)
{
	size_t left = 0;

	for (size_t i = 0; i < letter->to.n; i++)
		if (post_lookup(&letter->at->table, letter->to.v[i]) != NULL ||
		    is_own(letter->at, letter->to.v[i]))
			letter->to.v[left++] = letter->to.v[i];
		else
			post_bounced(post, from, letter->at, letter->to.v[i]);
	letter->to.n = left;
	return left > 0;
}

/* Its MTA takes mail from there for any destination: by servers.cidr, which has
 * the peers and bridgeheads of its configuration. Who is found by `any`, or let in by
 * his certificate, is not among them: an LSA opens no relay (io/servers.h). */
static bool
admits(const struct node *hop, const struct node *from)
{
	const struct setup *conf =
	    hop->in_force != NULL ? hop->in_force : &hop->conf;
	const char *name = from->conf.server;

	for (size_t i = 0; i < conf->npeers; i++)
		if (strcmp(conf->peers[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < conf->nconnectors; i++)
		for (size_t k = 0; k < conf->connectors[i].nbridgeheads; k++)
			if (strcmp(conf->connectors[i].bridgeheads[k].name,
				name) == 0)
				return true;
	return false;
}

/* A stranger to it hears 454, "Relay access denied", of what is not its own
 * organization's (defer_unauth_destination). */
static bool
denies_relay(
    const struct node *hop, const struct node *from, char *const *to, size_t n)
{
	bool denies = false;

	for (size_t i = 0; i < n && !denies; i++)
		denies = post_lookup(&hop->table, to[i]) == NULL &&
		         !is_own(hop, to[i]);
	return denies && !admits(hop, from);
}

/* A transaction of these recipients with the hop; true: it has them. */
static bool
offer(struct post *post, const struct letter *letter, char *const *to, size_t n,
    struct node *hop)
{
	enum milter_answer answer;
	struct letter *there;

	if (!world_mail(post->world, letter->at, hop)) {
		tell(post, letter->at, hop, REPORT_FAILED);
		return false;
	}
	if (hop->busy || hop->takes_none || hop->denies ||
	    denies_relay(hop, letter->at, to, n)) {
		tell(post, letter->at, hop, REPORT_REPLIES);
		return false;
	}
	there = letter_copy(post, letter);
	there->at = hop;
	for (size_t i = 0; i < n; i++)
		vec_push(&there->to, to[i]);
	if (!known_keep(post, there, letter->at)) {
		letter_free(there);
		return true;
	}
	answer = milter_judge(
	    &office_of(post, hop)->milter, hop, there, ++post->queue_id);
	if (answer != MILTER_TAKES) {
		letter_free(there);
		return answer == MILTER_NEVER; /* its marks are gone */
	}
	tell(post, letter->at, hop, REPORT_OK);
	letter_queue(post, there, post->queue_id);
	post_visited(post, there);
	return true;
}

static bool
same_hops(const struct route *a, const struct route *b)
{
	if (a->kind != ROUTE_REMOTE || b->kind != ROUTE_REMOTE ||
	    a->nhops != b->nhops)
		return false;
	for (size_t i = 0; i < a->nhops; i++)
		if (!addr_equal(&a->hop[i].addr, &b->hop[i].addr))
			return false;
	return true;
}

/* Those who share a list go together; true: somebody has them. */
static bool
send(struct post *post, const struct letter *letter, char *const *to, size_t n,
    const struct route *route)
{
	bool taken;

	for (size_t i = 0; i < route->nhops; i++) {
		struct node *hop = world_at(post->world, &route->hop[i].addr);

		if (hop == NULL || hop == letter->at)
			continue;
		post->misled = post_misled(post->world,
		    world_find(post->world, route->hop[i].name), hop);
		taken = offer(post, letter, to, n, hop);
		post->misled = false;
		if (taken)
			return true;
	}
	return false;
}

/* Where the milter has said where it goes, by FILTER. */
static bool
send_via(struct post *post, const struct letter *letter)
{
	for (size_t i = 0; i < letter->nvia; i++) {
		struct node *hop = world_at(post->world, &letter->via[i]);

		if (hop != NULL && hop != letter->at &&
		    offer(post, letter, letter->to.v, letter->to.n, hop))
			return true;
	}
	return false;
}

/* The first recipient, and all who go the same way: moved to the front. */
static size_t
group_take(const struct mta_table *table, char **to, size_t n)
{
	const struct route *first = post_lookup(table, to[0]);
	size_t group = 1;

	for (size_t i = 1; i < n && first != NULL; i++) {
		const struct route *route = post_lookup(table, to[i]);
		char *one = to[i];

		if (route == NULL || !same_hops(first, route))
			continue;
		to[i] = to[group];
		to[group++] = one;
	}
	return group;
}

/* True: these are off this queue. */
static bool
group_try(struct post *post, const struct letter *letter,
    const struct mta_table *table, size_t at, size_t n)
{
	char *const *to = letter->to.v + at;
	const struct route *route = post_lookup(table, *to);

	if (route == NULL && is_own(letter->at, *to)) {
		post_delivered(post, letter, *to);
		return true;
	}
	if (route == NULL) {
		post_bounced(post, letter->at, letter->at, *to);
		return true;
	}
	if (route->kind == ROUTE_HOLD)
		return false;
	if (route->kind == ROUTE_REMOTE)
		return send(post, letter, to, n, route);
	post_delivered(post, letter, *to);
	return true;
}

static void
attempt(struct post *post, struct letter *letter)
{
	const struct mta_table *table = table_for(post, letter);
	size_t left = 0;

	if (letter->nvia > 0) {
		if (send_via(post, letter))
			letter->ended = true;
		else
			letter_defer(post, letter);
		return;
	}
	for (size_t i = 0, n; i < letter->to.n; i += n) {
		n = group_take(table, letter->to.v + i, letter->to.n - i);
		if (group_try(post, letter, table, i, n))
			continue;
		memmove(letter->to.v + left, letter->to.v + i,
		    n * sizeof(*letter->to.v));
		left += n;
	}
	letter->to.n = left;
	letter->ended = left == 0;
	if (!letter->ended)
		letter_defer(post, letter);
}

void
post_happens(struct world *world, struct happening *h)
{
	struct letter *letter = h->letter;

	if (!letter->ended && letter->attempt == h->serial) {
		if (letter->at->host_up && letter->at->mail_up)
			attempt(world->post, letter);
		else
			letter_plan(world->post, letter, 60000);
	}
	happening_free(h);
}

/* --- from the first host to the last ------------------------------------------------ */

static char *
address_in(struct post *post, const char *pattern, size_t n)
{
	char text[300];

	if (n > 0 && memchr(pattern, '@', n) != NULL)
		snprintf(text, sizeof(text), "%.*s", (int)n, pattern);
	else
		snprintf(text, sizeof(text), "u@%s%.*s",
		    *pattern == '.' ? "below" : "", (int)n, pattern);
	return world_text(post->world, text);
}

static bool
is_to(const struct letter *letter, const char *address)
{
	for (size_t i = 0; i < letter->to.n; i++)
		if (strcmp(letter->to.v[i], address) == 0)
			return true;
	return false;
}

static void
letter_begin(struct post *post, const struct post_order *order)
{
	struct node *from = order->from;
	struct letter new = { .number = ++post->number,
		.at = from,
		.size = order->size,
		.sender = order->sender };
	struct letter *letter = letter_copy(post, &new);
	const char *patterns = order->patterns;

	while (*patterns != '\0') {
		size_t n = strcspn(patterns, ",");
		char *to = address_in(post, patterns, n);

		if (post_lookup(&from->table, to) != NULL && !is_to(letter, to))
			vec_push(&letter->to, to);
		patterns += n + (patterns[n] == ',');
	}
	/* What the host does not take is its client's still. */
	if (letter->to.n == 0 || !from->host_up || !from->mail_up ||
	    milter_judge(&office_of(post, from)->milter, from, letter,
		++post->queue_id) != MILTER_TAKES) {
		letter_free(letter);
		return;
	}
	letter_queue(post, letter, post->queue_id);
	post_visited(post, letter);
}

void
post_send(struct world *world, const struct post_order *order)
{
	struct post *post = post_get(world);

	for (uint32_t n = 0; n < order->n; n++)
		letter_begin(post, order);
}

uint64_t
post_count(const struct world *world)
{
	return world->post == NULL ? 0 : world->post->number;
}
