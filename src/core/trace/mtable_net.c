#include "core/trace/mtable_net.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc64.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "core/lsa/way.h"

enum { PRESENT = 1, TRANSIT = 2 };
enum { LOCAL = 1, FALLBACK = 2, RELAY = 4, DOWN = 8 };

bool
mtable_net_limits(const struct net *net)
{
	for (size_t i = 0; i < net->steps.n; i++)
		if (net->steps.v[i].policy != NULL)
			return true;
	return false;
}

/* --- to octets ------------------------------------------------------------ */

static void
table_net_put_text(struct buf *out, const char *s)
{
	size_t n = s == NULL ? 0 : strlen(s);

	buf_u16(out, (uint16_t)n);
	buf_bytes(out, s, n);
}

static void
table_net_put_texts(struct buf *out, char *const *list, size_t n)
{
	buf_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		table_net_put_text(out, list[i]);
}

static void
put_policy(struct buf *out, const struct policy *p)
{
	buf_u64(out, p->max_size);
	buf_u8(out, p->priorities);
	buf_u64(out, p->large_size);
	table_net_put_text(out, p->schedule);
	table_net_put_text(out, p->large_schedule);
	table_net_put_texts(out, p->allow, p->nallow);
	table_net_put_texts(out, p->deny, p->ndeny);
}

/* Each policy once for the steps that have it in a row. */
struct policies {
	VEC(const struct policy *) list;
};

static uint32_t
table_net_number(struct policies *all, const struct policy *p)
{
	if (p == NULL)
		return 0;
	if (all->list.n == 0 || all->list.v[all->list.n - 1] != p)
		vec_push(&all->list, p);
	return (uint32_t)all->list.n;
}

static void
put_servers(struct buf *out, const struct mtable_net *t)
{
	for (size_t i = 0; i < t->net.servers.n; i++) {
		const struct net_server *s = &t->net.servers.v[i];

		buf_u8(out, (uint8_t)strlen(s->name));
		buf_text(out, s->name);
		buf_u32(out, s->group);
		buf_u8(out, (uint8_t)((s->present ? PRESENT : 0) |
				      (s->transit ? TRANSIT : 0)));
		buf_u64(out, t->widest.v[i]);
	}
}

static void
put_steps(struct buf *out, const struct net *net, struct policies *all)
{
	for (size_t i = 0; i < net->steps.n; i++) {
		const struct net_step *s = &net->steps.v[i];

		buf_u32(out, s->from);
		buf_u32(out, s->to);
		buf_u32(out, s->cost);
		buf_u8(out, (uint8_t)s->hops);
		buf_u32(out, table_net_number(all, s->policy));
	}
}

static void
put_claims(struct buf *out, const struct net *net)
{
	for (size_t i = 0; i < net->claims.n; i++) {
		const struct net_claim *c = &net->claims.v[i];

		table_net_put_text(out, c->pattern);
		buf_u32(out, c->server);
		buf_u32(out, c->cost);
		buf_u8(out,
		    (uint8_t)((c->local ? LOCAL : 0) |
			      (c->fallback ? FALLBACK : 0) |
			      (c->relay ? RELAY : 0) | (c->down ? DOWN : 0)));
	}
}

static void
put_own(struct buf *out, const struct mtable_net *t, struct policies *all)
{
	for (size_t i = 0; i < t->own.n; i++) {
		const struct mtable_step *s = &t->own.v[i];

		buf_u32(out, s->to);
		buf_u32(out, s->cost);
		buf_u32(out, table_net_number(all, s->policy));
		addr_encode(out, &s->addr);
	}
}

static bool
net_has_by(const struct mtable_net *t)
{
	for (size_t i = 0; i < t->own.n; i++)
		if (t->own.v[i].by != NULL)
			return true;
	return false;
}

static void
put_bys(struct buf *out, const struct mtable_net *t)
{
	for (size_t i = 0; net_has_by(t) && i < t->own.n; i++)
		table_net_put_text(out, t->own.v[i].by);
}

static void
put_refusals(struct buf *out, const struct mtable_net *t)
{
	if (t->refusals.n == 0 && !net_has_by(t))
		return;
	buf_u32(out, (uint32_t)t->refusals.n);
	for (size_t i = 0; i < t->refusals.n; i++) {
		table_net_put_text(out, t->refusals.v[i].pattern);
		addr_encode(out, &t->refusals.v[i].hop);
	}
}

void
mtable_net_encode(struct buf *out, const struct mtable_net *t)
{
	struct buf steps = { 0 }, own = { 0 };
	struct policies all = { 0 };

	put_steps(&steps, &t->net, &all);
	put_own(&own, t, &all);
	buf_u32(out, t->self);
	buf_u32(out, (uint32_t)t->net.servers.n);
	buf_u32(out, t->net.parts);
	buf_u32(out, (uint32_t)all.list.n);
	buf_u32(out, (uint32_t)t->net.steps.n);
	buf_u32(out, (uint32_t)t->net.claims.n);
	buf_u32(out, (uint32_t)t->own.n);
	put_servers(out, t);
	for (size_t i = 0; i < all.list.n; i++)
		put_policy(out, all.list.v[i]);
	buf_bytes(out, steps.p, steps.n);
	put_claims(out, &t->net);
	buf_bytes(out, own.p, own.n);
	put_refusals(out, t);
	put_bys(out, t);
	vec_done(&all.list);
	buf_done(&steps);
	buf_done(&own);
}

/* --- from octets ---------------------------------------------------------- */

typedef bool grammar(const char *s);

/* n octets as a string of the caller's; NULL when it is none. */
static char *
get_octets(struct cur *in, size_t n, grammar *good)
{
	const uint8_t *p = cur_bytes(in, n);
	char *s;

	if (p == NULL || (n > 0 && memchr(p, 0, n) != NULL))
		return NULL;
	s = mem_dup(n == 0 ? (const void *)"" : p, n);
	if (good(s))
		return s;
	mem_free(s);
	return NULL;
}

/* Kept in t->texts; NULL when it is none. */
static const char *
get_text(struct mtable_net *t, struct cur *in, size_t n, grammar *good)
{
	char *s = get_octets(in, n, good);

	if (s != NULL)
		vec_push(&t->texts, s);
	return s;
}

static bool
table_net_is_schedule(const char *s)
{
	return policy_schedule_check(s) == RC_OK;
}

static bool
table_net_is_sender(const char *s)
{
	return strcmp(s, "<>") == 0 || str_is_pattern(s);
}

/* An empty one is NULL. */
static int
get_schedule(struct cur *in, char **out)
{
	size_t n = cur_u16(in);

	if (n == 0)
		return RC_OK;
	*out = get_octets(in, n, table_net_is_schedule);
	return *out == NULL ? RC_FORMAT : RC_OK;
}

static int
get_senders(struct cur *in, char ***list, size_t *n)
{
	size_t want = cur_u16(in);

	if (in->bad || want > LIMIT_SENDERS)
		return RC_LIMIT;
	*list = want == 0 ? NULL : mem_new(0, want, sizeof(**list));
	while (*n < want) {
		char *s = get_octets(in, cur_u16(in), table_net_is_sender);

		if (s == NULL)
			return RC_NAME;
		(*list)[(*n)++] = s;
	}
	return RC_OK;
}

static int
get_policy(struct cur *in, struct policy *p)
{
	int rc;

	p->max_size = cur_u64(in);
	p->priorities = cur_u8(in);
	p->large_size = cur_u64(in);
	rc = get_schedule(in, &p->schedule);
	if (rc == RC_OK)
		rc = get_schedule(in, &p->large_schedule);
	if (rc == RC_OK)
		rc = get_senders(in, &p->allow, &p->nallow);
	if (rc == RC_OK)
		rc = get_senders(in, &p->deny, &p->ndeny);
	return rc;
}

static int
get_servers(struct mtable_net *t, struct cur *in, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct net_server s = { 0 };
		uint64_t widest;
		uint8_t flags;

		s.name = get_text(t, in, cur_u8(in), str_is_host);
		s.group = cur_u32(in);
		flags = cur_u8(in);
		widest = cur_u64(in);
		if (s.name == NULL || in->bad)
			return RC_NAME;
		if (i > 0 && strcmp(t->net.servers.v[i - 1].name, s.name) >= 0)
			return RC_RANGE;
		s.present = (flags & PRESENT) != 0;
		s.transit = (flags & TRANSIT) != 0;
		vec_push(&t->net.servers, s);
		vec_push(&t->widest, widest);
	}
	return RC_OK;
}

static int
get_policies(struct mtable_net *t, struct cur *in, uint32_t n)
{
	int rc = RC_OK;

	t->policies = n == 0 ? NULL : mem_new(0, n, sizeof(*t->policies));
	while (t->npolicies < n && rc == RC_OK)
		rc = get_policy(in, &t->policies[t->npolicies++]);
	return rc;
}

/* False when there is none with that number. */
static bool
policy_at(
    const struct mtable_net *t, uint32_t number, const struct policy **out)
{
	if (number > t->npolicies)
		return false;
	*out = number == 0 ? NULL : &t->policies[number - 1];
	return true;
}

static int
get_steps(struct mtable_net *t, struct cur *in, uint32_t n)
{
	uint32_t nodes = (uint32_t)t->net.servers.n + t->net.parts;

	for (uint32_t i = 0; i < n; i++) {
		struct net_step s = { .from = cur_u32(in) };

		s.to = cur_u32(in);
		s.cost = cur_u32(in);
		s.hops = cur_u8(in);
		if (!policy_at(t, cur_u32(in), &s.policy) || in->bad ||
		    s.from >= nodes || s.to >= nodes || s.hops > 1 ||
		    s.cost > LIMIT_COST_MAX * 8)
			return RC_RANGE;
		vec_push(&t->net.steps, s);
	}
	return RC_OK;
}

static int
get_claims(struct mtable_net *t, struct cur *in, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct net_claim c = { 0 };
		uint8_t flags;

		c.pattern = get_text(t, in, cur_u16(in), str_is_pattern);
		c.server = cur_u32(in);
		c.cost = cur_u32(in);
		flags = cur_u8(in);
		if (c.pattern == NULL || in->bad)
			return RC_NAME;
		if (c.server >= t->net.servers.n || c.cost > LIMIT_COST_MAX ||
		    (i > 0 &&
			strcmp(t->net.claims.v[i - 1].pattern, c.pattern) > 0))
			return RC_RANGE;
		c.local = (flags & LOCAL) != 0;
		c.fallback = (flags & FALLBACK) != 0;
		c.relay = (flags & RELAY) != 0;
		c.down = (flags & DOWN) != 0;
		vec_push(&t->net.claims, c);
	}
	return RC_OK;
}

static bool
table_net_get_addr(struct cur *in, struct addr *out)
{
	addr_decode(in, out);
	return !in->bad && addr_is_hop(out, true);
}

static int
get_refusals(struct mtable_net *t, struct cur *in)
{
	uint32_t n = in->left > 0 ? cur_u32(in) : 0;

	for (uint32_t i = 0; i < n; i++) {
		struct mtable_refusal one = {
			.pattern = get_text(t, in, cur_u16(in), str_is_pattern)
		};

		if (one.pattern == NULL || !table_net_get_addr(in, &one.hop))
			return RC_RANGE;
		vec_push(&t->refusals, one);
	}
	return in->bad ? RC_SHORT : RC_OK;
}

static bool
table_net_is_by(const char *s)
{
	return way_by(s) == RC_OK;
}

static int
get_bys(struct mtable_net *t, struct cur *in)
{
	bool any = in->left > 0;

	for (size_t i = 0; any && i < t->own.n; i++) {
		size_t n = cur_u16(in);

		if (n > 0)
			t->own.v[i].by = get_text(t, in, n, table_net_is_by);
		if (in->bad || (n > 0 && t->own.v[i].by == NULL))
			return RC_NAME;
	}
	return RC_OK;
}

static int
get_own(struct mtable_net *t, struct cur *in, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct mtable_step s = { .to = cur_u32(in) };

		s.cost = cur_u32(in);
		if (!policy_at(t, cur_u32(in), &s.policy) ||
		    !table_net_get_addr(in, &s.addr) ||
		    s.to >= t->net.servers.n)
			return RC_RANGE;
		vec_push(&t->own, s);
	}
	return RC_OK;
}

static int
get_all(struct mtable_net *t, struct cur in)
{
	uint32_t servers, policies, steps, claims, own;
	int rc;

	t->self = cur_u32(&in);
	servers = cur_u32(&in);
	t->net.parts = cur_u32(&in);
	policies = cur_u32(&in);
	steps = cur_u32(&in);
	claims = cur_u32(&in);
	own = cur_u32(&in);
	/* A part has two members, each an octet at least of the octets. */
	if (in.bad || t->self >= servers || servers > in.left ||
	    t->net.parts > servers || policies > in.left)
		return RC_RANGE;
	rc = get_servers(t, &in, servers);
	if (rc == RC_OK && !t->net.servers.v[t->self].present)
		rc = RC_RANGE;
	if (rc == RC_OK)
		rc = get_policies(t, &in, policies);
	if (rc == RC_OK)
		rc = get_steps(t, &in, steps);
	if (rc == RC_OK)
		rc = get_claims(t, &in, claims);
	if (rc == RC_OK)
		rc = get_own(t, &in, own);
	if (rc == RC_OK)
		rc = get_refusals(t, &in);
	if (rc == RC_OK)
		rc = get_bys(t, &in);
	if (rc == RC_OK && in.left > 0)
		rc = RC_LONG;
	return rc;
}

int
mtable_net_decode(struct cur in, struct mtable_net *out)
{
	int rc;

	*out = (struct mtable_net){ 0 };
	rc = get_all(out, in);
	if (rc != RC_OK)
		mtable_net_done(out);
	return rc;
}

/* --- limits alone ----------------------------------------------------------- */

static void
skip_texts(struct cur *in)
{
	size_t n = cur_u16(in);

	for (size_t i = 0; i < n && !in->bad; i++)
		cur_bytes(in, cur_u16(in));
}

/* The octets of one policy. */
static struct cur
policy_octets(struct cur *in)
{
	struct cur all = *in;

	cur_bytes(in, 8 + 1 + 8);
	cur_bytes(in, cur_u16(in));
	cur_bytes(in, cur_u16(in));
	skip_texts(in);
	skip_texts(in);
	all.left -= in->left;
	return all;
}

static int
sum_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
mtable_limits_read(struct mtable_limits *l, struct cur in)
{
	uint32_t servers, policies;
	size_t kept = 0;

	l->sums.n = 0;
	cur_u32(&in); /* our number */
	servers = cur_u32(&in);
	cur_u32(&in); /* parts */
	policies = cur_u32(&in);
	cur_bytes(&in, 12); /* of steps, of claims, of own steps */
	for (uint32_t i = 0; i < servers && !in.bad; i++) {
		cur_bytes(&in, cur_u8(&in));
		cur_bytes(&in, 4 + 1 + 8);
	}
	for (uint32_t i = 0; i < policies && !in.bad; i++) {
		struct cur one = policy_octets(&in);

		if (!in.bad)
			vec_push(&l->sums, crc64(one.p, one.left));
	}
	if (in.bad)
		l->sums.n = 0;
	if (l->sums.n > 1)
		qsort(l->sums.v, l->sums.n, sizeof(*l->sums.v), sum_order);
	for (size_t i = 0; i < l->sums.n; i++)
		if (kept == 0 || l->sums.v[kept - 1] != l->sums.v[i])
			l->sums.v[kept++] = l->sums.v[i];
	l->sums.n = kept;
}

bool
mtable_limits_within(
    const struct mtable_limits *l, const struct mtable_limits *those)
{
	for (size_t i = 0; i < l->sums.n; i++)
		if (those->sums.n == 0 ||
		    bsearch(&l->sums.v[i], those->sums.v, those->sums.n,
			sizeof(*those->sums.v), sum_order) == NULL)
			return false;
	return true;
}

bool
mtable_net_refuses(
    const struct mtable_net *t, const char *pattern, const struct addr *hop)
{
	for (size_t i = 0; i < t->refusals.n; i++)
		if (addr_equal(&t->refusals.v[i].hop, hop) &&
		    strcmp(t->refusals.v[i].pattern, pattern) == 0)
			return true;
	return false;
}

void
mtable_net_done(struct mtable_net *t)
{
	net_done(&t->net);
	vec_done(&t->own);
	vec_done(&t->refusals);
	vec_done(&t->widest);
	for (size_t i = 0; i < t->npolicies; i++)
		policy_done(&t->policies[i]);
	mem_free(t->policies);
	for (size_t i = 0; i < t->texts.n; i++)
		mem_free(t->texts.v[i]);
	vec_done(&t->texts);
	*t = (struct mtable_net){ 0 };
}
