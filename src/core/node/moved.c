#include "core/node/moved.h"

#include <string.h>

#include "base/str.h"
#include "core/node/fx.h"
#include "core/node/node.h"

struct trail {
	struct tree_node node;
	uint64_t since; /* seconds since 1970 */
	struct cause *cause;
	char pattern[];
};

static int
by_pattern(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, struct trail, node)->pattern);
}

/* On the way that this route goes, or did. */
static bool
leads_by(const struct route *r, const char *server)
{
	if (r == NULL)
		return false;
	for (size_t i = 0; i < r->npath; i++)
		if (strcmp(r->path[i], server) == 0)
			return true;
	for (size_t i = 0; i < r->nhops; i++)
		if (strcmp(r->hop[i].name, server) == 0)
			return true;
	return r->server != NULL && strcmp(r->server, server) == 0;
}

/* How well a cause explains that this route moved. */
static int
explains(const struct cause *cause, const struct route *from,
    const struct route *to, const char *own)
{
	const char *pattern = to != NULL ? to->pattern : from->pattern;

	if (cause->type == LSA_SPACE)
		return strcmp(cause->id, pattern) == 0 ? 5 : 0;
	/* A list may be of any pattern behind its id, as far as is told. */
	if (lsa_is_list(cause->type) && strcmp(cause->id, pattern) > 0)
		return 0;
	if (cause->server == NULL)
		return 2;
	if (strcmp(cause->server, pattern) == 0)
		return 5;
	if (strcmp(cause->server, own) == 0)
		return 3; /* what we say follows from what we saw */
	return leads_by(from, cause->server) || leads_by(to, cause->server) ? 4
	                                                                    : 1;
}

static struct cause *
moved_cause(
    const struct engine *e, const struct route *from, const struct route *to)
{
	const struct causes *causes = &e->table.moving.causes;
	struct cause *best = NULL;
	int most = 0;

	for (size_t i = 0; i < causes->n; i++) {
		int is = explains(causes->v[i], from, to, e->setup->server);

		if (is > most)
			best = causes->v[i];
		most = is > most ? is : most;
	}
	return best;
}

/* True if a person would say that they go the same way. */
static bool
same_way(const struct route *a, const struct route *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || a->kind != b->kind ||
	    a->nhops != b->nhops || a->last_resort != b->last_resort)
		return false;
	if (a->kind == ROUTE_HOLD)
		return strcmp(a->reason, b->reason) == 0;
	if (a->kind == ROUTE_WAY)
		return strcmp(a->way, b->way) == 0;
	for (size_t i = 0; i < a->nhops; i++)
		if (a->hop[i].alternate != b->hop[i].alternate ||
		    strcmp(a->hop[i].name, b->hop[i].name) != 0)
			return false;
	return true;
}

static struct moved_group *
group_get(struct moved *moved, const struct moved_group *like)
{
	for (size_t i = moved->groups.n; i-- > 0;) {
		struct moved_group *g = &moved->groups.v[i];

		if (g->cause == like->cause && same_way(g->from, like->from) &&
		    same_way(g->to, like->to))
			return g;
	}
	if (moved->groups.n == MOVED_GROUPS)
		return NULL;
	vec_push(&moved->groups, *like);
	return &moved->groups.v[moved->groups.n - 1];
}

static void
trail_put(struct engine *e, const char *pattern, struct cause *cause)
{
	struct tree *tree = &e->table.moving.trails.by_pattern;
	struct tree_node *n = tree_find(tree, pattern, by_pattern);
	struct trail *trail;

	if (n != NULL) {
		trail = tree_entry(n, struct trail, node);
	} else {
		trail = mem_new(sizeof(*trail), strlen(pattern) + 1, 1);
		memcpy(trail->pattern, pattern, strlen(pattern) + 1);
		tree_insert(tree, &trail->node, trail->pattern, by_pattern);
	}
	trail->since = e->wall;
	if (cause == NULL)
		return; /* time went by, as what came before had it */
	cause_free(trail->cause);
	trail->cause = cause_ref(cause);
}

static void
trail_free(struct engine *e, struct tree_node *n)
{
	struct trail *trail = tree_entry(n, struct trail, node);

	tree_remove(&e->table.moving.trails.by_pattern, n);
	cause_free(trail->cause);
	mem_free(trail);
}

static void
trail_gone(struct engine *e, const char *pattern)
{
	struct tree_node *n =
	    tree_find(&e->table.moving.trails.by_pattern, pattern, by_pattern);

	if (n != NULL)
		trail_free(e, n);
}

void
moved_route(struct engine *e, struct moved *moved, const struct route *from,
    const struct route *to)
{
	struct moved_group like = {
		.from = from, .to = to, .cause = moved_cause(e, from, to)
	};
	struct moved_group *group;

	moved->n++;
	if (to == NULL)
		trail_gone(e, from->pattern);
	else
		trail_put(e, to->pattern, like.cause);
	if (moved->named == MOVED_PATTERNS)
		return;
	group = group_get(moved, &like);
	if (group == NULL)
		return;
	moved->named++;
	vec_push(&group->patterns, to != NULL ? to->pattern : from->pattern);
}

static void
hops_show(
    struct json *j, const char *key, const struct route *r, bool alternates)
{
	bool some = !alternates;

	for (size_t i = 0; i < r->nhops; i++)
		some |= r->hop[i].alternate;
	if (!some)
		return;
	json_open(j, key, '[');
	for (size_t i = 0; i < r->nhops; i++)
		if (r->hop[i].alternate == alternates)
			json_str(j, NULL, r->hop[i].name);
	json_close(j, ']');
}

/* As in `lsrctl routes --json`; nothing at all where there is none. */
static void
way_show(struct json *j, const char *key, const struct route *r)
{
	json_open(j, key, '{');
	if (r != NULL && r->kind == ROUTE_HOLD) {
		json_str(j, "unreachable", r->reason);
	} else if (r != NULL && r->kind != ROUTE_REMOTE) {
		json_bool(j, "here", true);
		if (r->kind == ROUTE_WAY)
			json_str(j, "way", r->way);
	} else if (r != NULL) {
		hops_show(j, "next_hops", r, false);
		hops_show(j, "alternates", r, true);
		if (r->last_resort)
			json_bool(j, "last_resort", true);
	}
	json_close(j, '}');
}

static void
group_show(const struct engine *e, struct json *j, const struct moved_group *g)
{
	const struct causes *causes = &e->table.moving.causes;

	json_open(j, NULL, '{');
	for (size_t i = 0; i < causes->n; i++)
		if (causes->v[i] == g->cause)
			json_uint(j, "cause", i);
	way_show(j, "from", g->from);
	way_show(j, "to", g->to);
	json_open(j, "patterns", '[');
	for (size_t i = 0; i < g->patterns.n; i++)
		json_str(j, NULL, g->patterns.v[i]);
	json_close(j, ']');
	json_close(j, '}');
}

/* Since the first of what moved it. */
static struct mono
causes_began(const struct engine *e)
{
	const struct causes *causes = &e->table.moving.causes;
	struct mono first = e->now;

	for (size_t i = 0; i < causes->n; i++)
		first = mono_min(first, causes->v[i]->at);
	return first;
}

static void
causes_show(struct json *j, const struct causes *causes)
{
	json_open(j, "causes", '[');
	for (size_t i = 0; i < causes->n; i++)
		cause_show(j, NULL, causes->v[i]);
	json_close(j, ']');
	if (causes->more > 0)
		json_uint(j, "more_causes", causes->more);
}

static void
record(struct engine *e, const struct moved *moved, const struct rib *rib)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };

	json_open(&j, NULL, '{');
	json_str(&j, "kind", "routes");
	json_uint(&j, "generation", rib->generation);
	json_uint(&j, "moved", moved->n);
	json_uint(&j, "total", rib->n);
	json_uint(&j, "after_ms", mono_since(causes_began(e), e->now));
	causes_show(&j, &e->table.moving.causes);
	json_open(&j, "routes", '[');
	for (size_t i = 0; i < moved->groups.n; i++)
		group_show(e, &j, &moved->groups.v[i]);
	json_close(&j, ']');
	if (moved->n > moved->named)
		json_uint(&j, "left_out", moved->n - moved->named);
	json_close(&j, '}');
	/* The first that moved has begun the first group. */
	e->table.moving.subject = str_hash(0, moved->groups.v[0].patterns.v[0]);
	fx_history(e, e->table.moving.subject, &out);
	buf_done(&out);
}

static void
way_words(struct buf *out, const struct route *r)
{
	if (r == NULL)
		buf_text(out, "none");
	else if (r->kind == ROUTE_HOLD)
		buf_printf(out, "unreachable (%s)", r->reason);
	else if (r->kind != ROUTE_REMOTE)
		buf_text(out, "here");
	else
		for (size_t i = 0; i < r->nhops; i++)
			buf_printf(
			    out, "%s%s", i > 0 ? " " : "", r->hop[i].name);
	buf_u8(out, 0);
}

bool
moved_words(const struct moved *moved, struct moved_said *said)
{
	const struct moved_group *first = moved->groups.v;

	memset(said, 0, sizeof(*said));
	if (moved->groups.n == 0)
		return false;
	way_words(&said->from, first->from);
	way_words(&said->to, first->to);
	cause_words(&said->cause, first->cause);
	return true;
}

void
moved_said_done(struct moved_said *said)
{
	buf_done(&said->from);
	buf_done(&said->to);
	buf_done(&said->cause);
}

void
moved_end(struct engine *e, struct moved *moved, const struct rib *rib)
{
	if (moved->n > 0) {
		record(e, moved, rib);
		e->table.moving.at = causes_began(e);
		e->table.moving.in = rib->generation;
	}
	causes_clear(&e->table.moving.causes);
	for (size_t i = 0; i < moved->groups.n; i++)
		vec_done(&moved->groups.v[i].patterns);
	vec_done(&moved->groups);
}

void
moved_published(struct engine *e, uint64_t generation)
{
	struct buf out = { 0 };
	struct json j = { .out = &out };

	if (e->table.moving.in == 0 || generation < e->table.moving.in)
		return;
	json_open(&j, NULL, '{');
	json_str(&j, "kind", "published");
	json_uint(&j, "generation", e->table.moving.in);
	json_uint(&j, "after_ms", mono_since(e->table.moving.at, e->now));
	json_close(&j, '}');
	fx_history(e, e->table.moving.subject, &out);
	buf_done(&out);
	e->table.moving.in = 0;
}

void
moved_show(const struct engine *e, struct json *j, const char *pattern)
{
	const struct tree_node *n =
	    tree_find(&e->table.moving.trails.by_pattern, pattern, by_pattern);
	const struct trail *trail;

	if (n == NULL)
		return;
	trail = tree_entry(n, const struct trail, node);
	json_uint(j, "since", trail->since);
	if (trail->cause != NULL)
		cause_show(j, "cause", trail->cause);
}

void
moved_done(struct engine *e)
{
	struct tree_node *n;

	causes_clear(&e->table.moving.causes);
	while ((n = tree_first(&e->table.moving.trails.by_pattern)) != NULL)
		trail_free(e, n);
}
