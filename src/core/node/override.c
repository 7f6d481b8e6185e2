#include "core/node/override.h"

#include <string.h>

#include "base/rc.h"
#include "base/str.h"
#include "core/lsa/lsa.h"

#define VERSION_OVERRIDES 1

const char *
override_word(enum override_kind kind)
{
	static const char *const words[] = { [OVERRIDE_DRAIN] = "drain",
		[OVERRIDE_COST] = "cost",
		[OVERRIDE_PIN] = "pin",
		[OVERRIDE_FREEZE] = "freeze" };

	return words[kind];
}

static int
override_order(const struct override *a, enum override_kind kind,
    const char *name, const char *hop)
{
	int c = (int)a->kind - (int)kind;

	if (c == 0)
		c = strcmp(a->name, name);
	return c != 0 ? c : strcmp(a->hop, hop);
}

struct override *
override_find(const struct overrides *o, enum override_kind kind,
    const char *name, const char *hop)
{
	for (size_t i = 0; i < o->list.n; i++)
		if (override_order(&o->list.v[i], kind, name, hop) == 0)
			return &o->list.v[i];
	return NULL;
}

const struct override *
override_freeze(const struct overrides *o)
{
	return override_find(o, OVERRIDE_FREEZE, "", "");
}

void
override_free(struct override *one)
{
	mem_free(one->name);
	mem_free(one->hop);
	mem_free(one->why.reason);
	mem_free(one->why.who);
}

void
override_drop(struct overrides *o, struct override *which)
{
	size_t at = (size_t)(which - o->list.v);

	override_free(which);
	o->list.n--;
	memmove(which, which + 1, (o->list.n - at) * sizeof(*which));
}

void
override_put(struct overrides *o, struct override fresh)
{
	struct override *was =
	    override_find(o, fresh.kind, fresh.name, fresh.hop);
	size_t at = 0;

	if (was != NULL)
		override_drop(o, was);
	vec_push(&o->list, fresh);
	while (override_order(
		   &o->list.v[at], fresh.kind, fresh.name, fresh.hop) < 0)
		at++;
	memmove(&o->list.v[at + 1], &o->list.v[at],
	    (o->list.n - 1 - at) * sizeof(fresh));
	o->list.v[at] = fresh;
}

bool
override_is_pinned(const struct overrides *o, const char *pattern)
{
	for (size_t i = 0; i < o->list.n; i++)
		if (o->list.v[i].kind == OVERRIDE_PIN &&
		    strcmp(o->list.v[i].name, pattern) == 0)
			return true;
	return false;
}

static bool
override_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
override_same(const struct override *a, const struct override *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->hop, b->hop) == 0 && a->cost == b->cost &&
	       a->for_s == b->for_s &&
	       (a->for_s > 0 || a->why.until == b->why.until) &&
	       override_same_text(a->why.reason, b->why.reason);
}

/* A clock that runs a little fast or slow is no news. */
#define APART_S 60

bool
override_calendar(struct overrides *o, struct mono now, uint64_t wall)
{
	bool other = false;

	for (size_t i = 0; i < o->list.n; i++) {
		struct override *one = &o->list.v[i];
		uint64_t until = wall + mono_since(now, one->end) / 1000;

		if (one->end.ms == MONO_NEVER.ms ||
		    (until < one->why.until + APART_S &&
			one->why.until < until + APART_S))
			continue;
		/* It began when the calendar that is right now would have said:
		 * its length tells a later life what may be left of it. */
		one->why.since += until - one->why.until;
		one->why.until = until;
		other = true;
	}
	return other;
}

static void
override_text_put(struct buf *out, const char *s)
{
	size_t n = s == NULL ? 0 : strlen(s);

	buf_u16(out, (uint16_t)n);
	buf_bytes(out, s, n);
}

void
override_encode(const struct overrides *o, const char *server, struct buf *out)
{
	buf_u8(out, VERSION_OVERRIDES);
	override_text_put(out, server);
	buf_u16(out, (uint16_t)o->list.n);
	for (size_t i = 0; i < o->list.n; i++) {
		const struct override *one = &o->list.v[i];

		buf_u8(out, (uint8_t)one->kind);
		override_text_put(out, one->name);
		override_text_put(out, one->hop);
		buf_u32(out, one->cost);
		buf_u32(out, one->for_s);
		buf_u64(out, one->why.since);
		buf_u64(out, one->why.until);
		override_text_put(out, one->why.who);
		override_text_put(out, one->why.reason);
	}
}

static char *
override_text_get(struct cur *in)
{
	struct cur text = cur_sub(in, cur_u16(in));

	return mem_dup(text.p, in->bad ? 0 : text.left);
}

static bool
is_none_or(const char *s, bool (*good)(const char *))
{
	return s[0] == '\0' || good(s);
}

/* By the grammar of its kind: nothing else enters from a file. */
static bool
override_is_good(const struct override *one)
{
	bool pin = one->kind == OVERRIDE_PIN;

	return one->kind >= OVERRIDE_DRAIN && one->kind <= OVERRIDE_FREEZE &&
	       is_none_or(one->name, pin ? str_is_pattern : str_is_word) &&
	       is_none_or(one->hop, str_is_host) &&
	       is_none_or(one->why.who, lsa_is_who) &&
	       lsa_is_reason(one->why.reason) && one->why.since < INT64_MAX &&
	       one->why.until < INT64_MAX &&
	       (one->kind != OVERRIDE_COST ||
		   (one->cost > 0 && one->cost <= LIMIT_COST_MAX)) &&
	       (one->kind == OVERRIDE_DRAIN || one->why.until != 0);
}

static char *
none_if_empty(char *s)
{
	if (s[0] != '\0')
		return s;
	mem_free(s);
	return NULL;
}

/* What is left of it, by the calendar, and never more than there was. */
static struct mono
end_of(const struct override *one, struct mono now, uint64_t wall)
{
	uint64_t until = one->why.until;
	uint64_t left = until > wall ? until - wall : 0;
	uint64_t whole = until > one->why.since ? until - one->why.since : 0;

	if (until == 0)
		return MONO_NEVER;
	return mono_after(now, (left < whole ? left : whole) * 1000);
}

static bool
override_get(struct cur *in, struct override *one)
{
	*one = (struct override){ .kind = cur_u8(in) };
	one->name = override_text_get(in);
	one->hop = override_text_get(in);
	one->cost = cur_u32(in);
	one->for_s = cur_u32(in);
	one->why.since = cur_u64(in);
	one->why.until = cur_u64(in);
	one->why.who = override_text_get(in);
	one->why.reason = override_text_get(in);
	one->why.on = true;
	if (in->bad || !override_is_good(one)) {
		override_free(one);
		return false;
	}
	one->why.who = none_if_empty(one->why.who);
	one->why.reason = none_if_empty(one->why.reason);
	return true;
}

static int
list_get(struct overrides *o, struct cur *in, struct mono now, uint64_t wall)
{
	uint16_t n = cur_u16(in);

	if (n > LIMIT_OVERRIDES)
		return RC_LIMIT;
	for (uint16_t i = 0; i < n; i++) {
		struct override one;

		if (!override_get(in, &one))
			return RC_FORMAT;
		one.end = end_of(&one, now, wall);
		override_put(o, one);
	}
	return in->bad || in->left > 0 ? RC_FORMAT : RC_OK;
}

int
override_decode(struct overrides *o, const char *server, struct cur in,
    struct mono now, uint64_t wall)
{
	uint8_t version = cur_u8(&in);
	char *whose = override_text_get(&in);
	int rc = RC_OK;

	if (in.bad)
		rc = RC_SHORT;
	else if (version != VERSION_OVERRIDES)
		rc = RC_VERSION;
	else if (strcmp(whose, server) != 0)
		rc = RC_NAME;
	mem_free(whose);
	if (rc == RC_OK)
		rc = list_get(o, &in, now, wall);
	while (rc != RC_OK && o->list.n > 0)
		override_drop(o, &o->list.v[0]);
	return rc;
}

static void
connector_over(struct setup_connector *c, const struct override *one)
{
	if (one->kind == OVERRIDE_DRAIN && one->hop[0] == '\0') {
		c->drain = true;
		c->drained = &one->why;
	}
	for (size_t i = 0; i < c->nbridgeheads; i++) {
		struct setup_bridgehead *b = &c->bridgeheads[i];

		if (one->kind == OVERRIDE_COST)
			b->cost = one->cost;
		else if (strcmp(b->name, one->hop) == 0)
			b->drained = &one->why;
	}
}

static void
one_over(struct setup *setup, const struct override *one)
{
	if (one->name[0] == '\0')
		setup->drain = one->why;
	for (size_t i = 0; i < setup->nconnectors; i++)
		if (strcmp(setup->connectors[i].name, one->name) == 0)
			connector_over(&setup->connectors[i], one);
}

/* With connectors of its own; the rest is lent. */
static struct setup *
setup_copy(const struct setup *given)
{
	struct setup *copy = mem_dup(given, sizeof(*given));

	copy->connectors = mem_dup(
	    given->connectors, given->nconnectors * sizeof(*given->connectors));
	for (size_t i = 0; i < given->nconnectors; i++) {
		struct setup_connector *c = &copy->connectors[i];

		c->bridgeheads = mem_dup(
		    c->bridgeheads, c->nbridgeheads * sizeof(*c->bridgeheads));
	}
	return copy;
}

struct setup *
override_setup(const struct overrides *o, const struct setup *given)
{
	struct setup *over = NULL;

	for (size_t i = 0; i < o->list.n; i++) {
		const struct override *one = &o->list.v[i];

		if (one->kind > OVERRIDE_COST)
			break;
		if (over == NULL)
			over = setup_copy(given);
		one_over(over, one);
	}
	return over;
}

void
override_setup_free(struct setup *setup)
{
	if (setup == NULL)
		return;
	for (size_t i = 0; i < setup->nconnectors; i++)
		mem_free(setup->connectors[i].bridgeheads);
	mem_free(setup->connectors);
	mem_free(setup);
}

void
override_done(struct overrides *o)
{
	for (size_t i = 0; i < o->list.n; i++)
		override_free(&o->list.v[i]);
	vec_done(&o->list);
	override_setup_free(o->over);
	o->over = NULL;
}

void
override_show(struct json *j, const struct setup_drain *why)
{
	if (why->reason != NULL)
		json_str(j, "reason", why->reason);
	if (why->who != NULL)
		json_str(j, "by", why->who);
	if (why->since != 0)
		json_uint(j, "since", why->since);
	if (why->until != 0)
		json_uint(j, "until", why->until);
}
