#include "core/view/ways.h"

#include "base/mem.h"
#include "core/paths/spf_shown.h"
#include "core/view/steps_follow.h"

static bool
any_local(const struct facts *f)
{
	for (size_t i = 0; i < f->claims.n; i++)
		if (f->claims.v[i].space.local)
			return true;
	return false;
}

void
ways_search(struct ways *w)
{
	spf_from(w->reach.org, w->org, w->reach.self);
	spf_shown_keep(w->reach.org);
	if (w->group != NULL) {
		spf_from(w->reach.group, w->group, w->reach.self);
		spf_shown_keep(w->reach.group);
	}
	alternate_free(w->alternates);
	w->alternates = alternate_new(&w->reach, w->group);
}

struct ways *
ways_new(
    const struct facts *f, const struct view_input *in, const struct net *net)
{
	struct ways *w = mem_new(sizeof(*w), 0, 0);
	struct net room = *net;

	room.parts += STEPS_SPARE_PARTS;
	w->org = graph_new(&room, NULL, NULL);
	w->reach.net = net;
	w->reach.self = f->self;
	w->reach.org = spf_new();
	if (any_local(f)) {
		w->group = graph_new_inside(&room);
		w->reach.group = spf_new();
	}
	w->nexthops = nexthop_new(f, in);
	ways_search(w);
	return w;
}

void
ways_free(struct ways *w)
{
	if (w == NULL)
		return;
	graph_free(w->org);
	graph_free(w->group);
	spf_free(w->reach.org);
	spf_free(w->reach.group);
	alternate_free(w->alternates);
	nexthop_free(w->nexthops);
	mem_free(w);
}
