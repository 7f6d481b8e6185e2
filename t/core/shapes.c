#include "t/core/shapes.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

static const char *const shapes_patterns[SHAPES_PATTERNS] = { "*", ".x.org",
	"a.x.org", "b.x.org", "u@a.x.org", "c.org", "d.org", "z@d.org" };

static uint32_t
below(struct shapes *s, uint32_t n)
{
	return (uint32_t)rng_below(&s->rng, n);
}

static bool
once_in(struct shapes *s, uint32_t n)
{
	return below(s, n) == 0;
}

/* --- what is said ------------------------------------------------------------- */

static void
say_out(struct shapes *s, struct buf *out)
{
	char *text = buf_string(out);

	world_say(s->world, text);
	mem_free(text);
}

/* Without the server itself. */
static void
set_put(const struct shapes *s, struct buf *out, const char *word,
    const bool *set, uint32_t self)
{
	const char *between = word;

	for (uint32_t i = 0; i < s->n; i++) {
		if (!set[i] || i == self)
			continue;
		buf_printf(out, "%ss%03u.x", between, i);
		between = ",";
	}
}

static void
server_say(struct shapes *s, uint32_t i)
{
	static const char *const states[] = { "", "", "", " drain",
		" starting" };
	struct shapes_server *v = &s->servers[i];
	struct buf out = { 0 };

	if (!v->said)
		return;
	v->place += once_in(s, 8); /* most words are from where it was */
	buf_printf(&out, "server s%03u.x g%u at 10.%u.%u.%u:25", i, v->group,
	    1 + v->place % 200, 1 + i / 200, 1 + i % 200);
	set_put(s, &out, " nbr ", v->nbr, i);
	set_put(s, &out, " up ", v->up, i);
	set_put(s, &out, " down ", v->down, i);
	buf_text(&out, states[v->state]);
	say_out(s, &out);
}

static void
way_purge(struct shapes *s, uint32_t i, uint32_t k)
{
	char origin[16], id[16];

	snprintf(origin, sizeof(origin), "s%03u.x", i);
	snprintf(id, sizeof(id), "c%u", k);
	world_install(
	    s->world, &(struct lsa_key){ origin, id, LSA_CONNECTOR }, NULL);
}

static void
way_say(struct shapes *s, uint32_t i, uint32_t k)
{
	const struct shapes_way *w = &s->servers[i].ways[k];
	struct buf out = { 0 };

	if (!w->said)
		return;
	buf_printf(&out, "connector c%u s%03u.x g%u", k, i,
	    s->servers[w->to[0]].group);
	for (uint32_t b = 0; b < w->n; b++)
		buf_printf(&out, " s%03u.x=%u%s", w->to[b], w->cost[b],
		    w->up[b] ? "+" : "-");
	if (w->congestion > 0)
		buf_printf(&out, " cong %u", w->congestion);
	if (w->limits > 0)
		buf_printf(&out, " size %u", w->limits * 1000);
	buf_text(&out, w->drain ? " drain" : "");
	say_out(s, &out);
}

static void
claim_say(struct shapes *s, uint32_t i, uint32_t p)
{
	const struct shapes_claim *c = &s->servers[i].claims[p];
	struct buf out = { 0 };

	buf_printf(
	    &out, "%s %s", c->said ? "space" : "purge", shapes_patterns[p]);
	if (s->n > SHAPES_MOST && p >= SHAPES_SHARED)
		buf_printf(&out, ".s%03u", i);
	buf_printf(&out, " s%03u.x", i);
	if (c->said)
		buf_printf(&out, " cost %u%s%s%s%s", c->cost,
		    c->local ? " local" : "", c->fallback ? " fallback" : "",
		    c->relay ? " relay" : "", c->down ? " down" : "");
	say_out(s, &out);
}

/* --- a net -------------------------------------------------------------------- */

static void
way_add(struct shapes *s, uint32_t i, uint32_t to)
{
	for (uint32_t k = 0; k < SHAPES_WAYS; k++) {
		struct shapes_way *w = &s->servers[i].ways[k];

		if (w->n == SHAPES_WAYS || (w->n > 0 && w->to[w->n - 1] >= to))
			continue;
		if (w->n > 0 && !once_in(s, 2))
			continue;
		w->said = true;
		w->to[w->n] = to;
		w->cost[w->n] = 1 + below(s, 9);
		w->up[w->n++] = !once_in(s, 10);
		return;
	}
}

static void
joined(struct shapes *s, uint32_t i, uint32_t k)
{
	struct shapes_server *a = &s->servers[i], *b = &s->servers[k];

	if (i == k)
		return;
	a->nbr[k] = b->nbr[i] = true;
	if (a->group == b->group) {
		a->up[k] = b->up[i] = true;
		return;
	}
	way_add(s, i, k);
	way_add(s, k, i);
}

static void
join_all(struct shapes *s, enum shape shape)
{
	for (uint32_t i = 1; i < s->n; i++) {
		if (shape == SHAPE_TREE)
			joined(s, i, below(s, i));
		else if (shape == SHAPE_HUB)
			joined(s, i, s->n == 2 ? 0 : 1);
		else if (shape == SHAPE_GRID && i % 4 != 0)
			joined(s, i, i - 1);
		else if (shape != SHAPE_PARTS || once_in(s, 2))
			joined(s, i, i - 1);
		if (shape == SHAPE_GRID && i >= 4)
			joined(s, i, i - 4);
		if (shape == SHAPE_RING && once_in(s, 3))
			joined(s, i, below(s, s->n));
	}
	if (shape >= SHAPE_RING && shape != SHAPE_PARTS)
		joined(s, 0, s->n - 1);
	if (shape == SHAPE_HUB)
		joined(s, 0, 1);
}

static uint32_t
group_for(struct shapes *s, enum shape shape, uint32_t i)
{
	if (shape == SHAPE_GROUP)
		return 0;
	if (shape == SHAPE_QUARREL)
		return i / 5;
	return once_in(s, 3) ? i / 2 : i;
}

static void
server_begin(struct shapes *s, enum shape shape, uint32_t i)
{
	struct shapes_server *v = &s->servers[i];

	v->said = !once_in(s, 12);
	if (shape == SHAPE_HUB && i == 1)
		v->said = !once_in(s, 3);
	v->group = group_for(s, shape, i);
	v->state = once_in(s, 4) ? below(s, 5) : 0;
	for (uint32_t p = 0; p < SHAPES_PATTERNS; p++) {
		struct shapes_claim *c = &v->claims[p];

		c->said = once_in(s, 5);
		c->cost = below(s, 3);
		c->local = once_in(s, 4);
		c->fallback = once_in(s, 3);
		c->relay = once_in(s, 2);
		c->down = once_in(s, 8);
	}
}

static void
quarrel(struct shapes *s, struct shapes_server *v)
{
	uint64_t draw = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		if (i % 32 == 0)
			draw = rng_next(&s->rng);
		v->down[i] = (draw >> i % 32 & 1) != 0;
	}
}

void
shapes_begin(
    struct shapes *s, struct world *world, const struct shapes_how *how)
{
	enum shape shape = how->shape;
	char self[32];

	memset(s, 0, sizeof(*s));
	s->rng.state = how->seed;
	s->world = world;
	s->n = how->n;
	if (s->n == 0)
		s->n = 2 + below(s, once_in(s, 4) ? SHAPES_MOST - 1 : 9);
	CHECK(s->n <= SHAPES_ROOM);
	for (uint32_t i = 0; i < s->n; i++)
		server_begin(s, shape, i);
	join_all(s, shape);
	snprintf(self, sizeof(self), "self s000.x g%u", s->servers[0].group);
	world_say(world, self);
	for (uint32_t i = 0; i < s->n; i++) {
		struct shapes_server *v = &s->servers[i];

		if (shape == SHAPE_QUARREL)
			quarrel(s, v);
		server_say(s, i);
		for (uint32_t k = 0; k < SHAPES_WAYS; k++)
			way_say(s, i, k);
		for (uint32_t p = 0; p < SHAPES_PATTERNS; p++)
			if (v->claims[p].said)
				claim_say(s, i, p);
	}
}

/* --- changes ------------------------------------------------------------------ */

static void
change_adjacency(struct shapes *s, uint32_t i)
{
	uint32_t to = below(s, s->n);

	s->servers[i].nbr[to] ^= true;
	server_say(s, i);
	if (once_in(s, 3))
		return; /* one end alone has seen it */
	s->servers[to].nbr[i] = s->servers[i].nbr[to];
	server_say(s, to);
}

static void
change_report(struct shapes *s, uint32_t i)
{
	uint32_t to = below(s, s->n);

	if (once_in(s, 2))
		s->servers[i].up[to] ^= true;
	else
		s->servers[i].down[to] ^= true;
	server_say(s, i);
}

static void
change_state(struct shapes *s, uint32_t i)
{
	s->servers[i].state = below(s, 5);
	server_say(s, i);
}

static void
change_group(struct shapes *s, uint32_t i)
{
	s->servers[i].group = s->servers[below(s, s->n)].group;
	server_say(s, i);
}

/* It goes: by a purge, without a trace, or its server LSA alone; or it comes
 * back. */
static void
change_server(struct shapes *s, uint32_t i)
{
	struct shapes_server *v = &s->servers[i];
	struct buf out = { 0 };
	char name[16];

	snprintf(name, sizeof(name), "s%03u.x", i);
	v->said = !v->said;
	if (v->said) {
		server_say(s, i);
		return;
	}
	if (once_in(s, 2)) {
		world_install(
		    s->world, &(struct lsa_key){ name, "", LSA_SERVER }, NULL);
		return;
	}
	for (uint32_t k = 0; k < SHAPES_WAYS; k++)
		v->ways[k].said = false;
	for (uint32_t p = 0; p < SHAPES_PATTERNS; p++)
		v->claims[p].said = false;
	buf_printf(&out, "lose %s", name);
	say_out(s, &out);
}

static void
change_way(struct shapes *s, uint32_t i)
{
	uint32_t k = below(s, SHAPES_WAYS), b = below(s, SHAPES_WAYS);
	struct shapes_way *w = &s->servers[i].ways[k];

	if (w->n == 0) {
		way_add(s, i, below(s, s->n));
	} else if (once_in(s, 8)) {
		w->said = !w->said;
		if (!w->said)
			way_purge(s, i, k);
	} else if (once_in(s, 5)) {
		w->congestion = below(s, 4);
	} else if (once_in(s, 8)) {
		w->drain = !w->drain;
	} else if (once_in(s, 8)) {
		w->limits = below(s, 3);
	} else if (once_in(s, 3)) {
		w->cost[b] = 1 + below(s, 9);
	} else {
		w->up[b] = !w->up[b];
	}
	way_say(s, i, k);
}

static void
change_claim(struct shapes *s, uint32_t i)
{
	uint32_t p = below(s, SHAPES_PATTERNS);
	struct shapes_claim *c = &s->servers[i].claims[p];

	switch (below(s, 6)) {
	case 0:
		c->cost = below(s, 3);
		break;
	case 1:
		c->local = !c->local;
		break;
	case 2:
		c->fallback = !c->fallback;
		break;
	case 3:
		c->down = !c->down;
		break;
	case 4:
		c->relay = !c->relay;
		break;
	default:
		c->said = !c->said;
		claim_say(s, i, p);
		return;
	}
	if (c->said)
		claim_say(s, i, p);
}

static void
change_word(struct shapes *s, uint32_t i)
{
	char line[64];

	snprintf(line, sizeof(line), "forget s%03u.x %u", i, below(s, 3));
	world_say(s->world, line);
}

static void
change_key(struct shapes *s, uint32_t i)
{
	s->world->key = i % 3;
}

/* Some of these, in their order, some of which are claimed otherwise, too; in
 * chunks that begin at some of them. */
static void
change_list(struct shapes *s, uint32_t i)
{
	static const char *const ids[] = { "!", "h.x", "o.x" };
	static const char *const listed[] = { ".x.org", "a.x.org", "b.x",
		"c.org", "h.x", "i.x", "o.x", "p.x", "u@a.x.org", "z.y.x" };
	const size_t n = sizeof(listed) / sizeof(listed[0]);
	const char *id = ids[below(s, 3)];
	struct buf out = { 0 };

	if (i >= SHAPES_LISTING)
		i = below(s, SHAPES_LISTING);
	buf_printf(&out, "%s %s s%03u.x", once_in(s, 2) ? "list" : "grant", id,
	    i % s->n);
	buf_text(&out, once_in(s, 2) ? " relay" : "");
	for (size_t k = 0; k < n && !once_in(s, 24); k++)
		if ((strcmp(id, "!") == 0 || strcmp(listed[k], id) >= 0) &&
		    !once_in(s, 3))
			buf_printf(&out, " %s", listed[k]);
	say_out(s, &out);
}

void
shapes_change(struct shapes *s)
{
	static const struct {
		void (*change)(struct shapes *s, uint32_t i);
		uint32_t weight;
	} kinds[] = { { change_adjacency, 20 }, { change_report, 10 },
		{ change_state, 5 }, { change_group, 2 }, { change_server, 3 },
		{ change_way, 35 }, { change_claim, 20 }, { change_word, 1 },
		{ change_key, 1 }, { change_list, 15 } };
	uint32_t at = below(s, 112), k = 0;

	for (; at >= kinds[k].weight; k++)
		at -= kinds[k].weight;
	kinds[k].change(s, below(s, s->n));
}
