#include "core/node/long_list.h"

#include <stdio.h>
#include <string.h>

#include "core/lsa/listed.h"
#include "core/node/fx.h"
#include "core/node/node.h"

#define CALM_MS 1000

void
long_list_due(struct engine *e)
{
	e->origin.long_list.due = true;
}

void
long_list_granted(struct engine *e)
{
	struct long_list *l = &e->origin.long_list;

	l->granted = true;
	l->calm = mono_after(e->now, CALM_MS);
	fx_wake(e, l->calm);
}

struct mono
long_list_calm(struct engine *e)
{
	struct long_list *l = &e->origin.long_list;

	if (!l->granted)
		return MONO_NEVER;
	if (!mono_due(l->calm, e->now))
		return l->calm;
	l->granted = false;
	l->due = true;
	return e->now;
}

void
long_list_server(struct engine *e)
{
	if (e->origin.long_list.any)
		due_say(e);
}

/* The first server that reads no lists, or NULL. */
static const char *
older(const struct engine *e)
{
	const struct lsa *l = lsdb_group(&e->db, "");

	for (; l != NULL; l = lsdb_group_next(l))
		if (lsa_server(l)->reads < MSG_VERSION_LISTS &&
		    !node_is_own(e, &l->key))
			return l->key.origin;
	return NULL;
}

static bool
has_listed(const struct engine *e)
{
	for (size_t i = 0; i < e->setup->nspaces; i++)
		if (e->setup->spaces[i].listed)
			return true;
	return false;
}

static bool
is_listed_already(const struct engine *e)
{
	struct listed said;

	listed_begin(&said,
	    &(struct listed_of){ &e->db, e->setup->server, LSA_LIST }, "");
	return said.pattern != NULL;
}

/* Says whom lists wait for, or who cannot read them. */
static void
older_tell(struct engine *e, const char *name, const char *to)
{
	struct long_list *l = &e->origin.long_list;
	const char *who = name == NULL ? "" : name;

	if (strcmp(l->older, who) == 0)
		return;
	snprintf(l->older, sizeof(l->older), "%s", who);
	fx_event(e, (struct event){
			.kind = EVENT_LIST_OLDER, .origin = name, .to = to });
}

bool
long_list_is_due(struct engine *e)
{
	struct long_list *l = &e->origin.long_list;
	const char *name;
	bool moved = l->pending > 0 && (l->table != e->table.published ||
					   l->behind != e->table.late.behind);

	if (l->due)
		l->any = has_listed(e);
	if (l->any) {
		name = older(e);
		l->waits = name != NULL && !is_listed_already(e);
		older_tell(e, name,
		    name == NULL ? "all"
		    : l->waits   ? "waits"
				 : "unread");
	}
	if (!l->due && !moved)
		return false;
	return !l->any || !l->waits;
}

/* The list while it is made. */
struct making {
	struct engine *e;
	long_list_chunk *chunk;
	const char *id;
	const char *last;
	const struct setup_space *first; /* what holds of all of them */
	struct buf packed;
};

static void
chunk_end(struct making *m)
{
	struct lsa_space space;

	if (m->packed.n > 0) {
		space = (struct lsa_space){ .cost = m->first->cost,
			.local = m->first->local,
			.fallback = m->first->fallback,
			.relay = m->first->relay };
		m->chunk(m->e, m->id, &space, &m->packed);
	}
	buf_reset(&m->packed);
	m->last = "";
}

static void
chunk_add(struct making *m, const struct setup_space *one)
{
	if (m->first == NULL)
		m->first = one;
	if (lsa_list_begins(one->pattern, m->packed.n)) {
		chunk_end(m);
		m->id = one->pattern;
	}
	lsa_list_pack(&m->packed, m->last, one->pattern);
	m->last = one->pattern;
}

/* Patterns that neither our certificate nor a grant allows. */
struct denied {
	size_t n;
	const char *first;
};

static void
denied_tell(struct engine *e, const struct denied *denied)
{
	struct long_list *l = &e->origin.long_list;

	if (denied->n == l->denied)
		return;
	l->denied = denied->n;
	fx_event(e, (struct event){ .kind = EVENT_LIST_DENIED,
			.name = denied->first,
			.value = denied->n });
}

/* As is_taken() of origin.c, of one pattern after the other. */
struct taking {
	struct listed said, granted;
	size_t at; /* in the table */
};

static bool
long_list_is_taken(
    const struct engine *e, struct taking *t, const char *pattern)
{
	const struct route *route;

	if (listed_meet(&t->said, pattern) != NULL || e->table.late.behind)
		return true;
	if (e->table.published < e->table.rib->generation)
		return false;
	route = rib_next(e->table.rib, &t->at, pattern);
	return route != NULL && route->leaves == 0;
}

static void
taking_begin(const struct engine *e, struct taking *t)
{
	struct listed_of of = { &e->db, e->setup->server, LSA_LIST };

	listed_begin(&t->said, &of, "");
	of.type = LSA_GRANT;
	listed_begin(&t->granted, &of, "");
	t->at = 0;
}

void
long_list_make(struct engine *e, long_list_chunk *chunk)
{
	struct long_list *l = &e->origin.long_list;
	struct making m = {
		.e = e, .chunk = chunk, .id = LSA_LIST_FIRST, .last = ""
	};
	struct denied denied = { 0 };
	struct taking t;

	l->due = false;
	l->table = e->table.published;
	l->behind = e->table.late.behind;
	l->pending = 0;
	taking_begin(e, &t);
	for (size_t i = 0; i < e->setup->nspaces; i++) {
		const struct setup_space *one = &e->setup->spaces[i];

		if (!one->listed)
			continue;
		if (listed_meet(&t.granted, one->pattern) == NULL &&
		    !claims_space(e->setup->claims, one->pattern) &&
		    denied.n++ == 0)
			denied.first = one->pattern;
		if (long_list_is_taken(e, &t, one->pattern))
			chunk_add(&m, one);
		else
			l->pending++;
	}
	chunk_end(&m);
	buf_done(&m.packed);
	denied_tell(e, &denied);
}
