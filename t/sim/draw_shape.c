#include "core/lsa/limits.h"
#include "t/sim/draw.h"

#include <stdio.h>
#include <string.h>

/* Most are small: what goes wrong in a large one mostly does in a small one. The
 * figures stand in swarm.h. */
static size_t
servers_draw(struct draw *d)
{
	uint64_t which = draw_below(d, 10000);

	if (which < 8500)
		return 2 + draw_below(d, 5);
	if (which < 9900)
		return DRAW_SMALL + 1 + draw_below(d, 6);
	if (which < 9999)
		return 13 + draw_below(d, 28);
	return 41 + draw_below(d, DRAW_HOSTS - 40);
}

static void
hosts_draw(struct draw *d)
{
	uint64_t each = 1 + draw_below(d, 5); /* so many make a group */
	size_t n = servers_draw(d);

	if (draw_one_in(d, 8))
		each = n; /* one group */
	while (d->n < n) {
		uint64_t members = 1 + draw_below(d, each);

		for (; members > 0 && d->n < n; members--) {
			struct draw_host *host = &d->host[d->n++];

			snprintf(host->name, sizeof(host->name), "h%u",
			    (unsigned)d->n);
			host->group = d->groups;
			host->spare = d->n > 2 && draw_one_in(d, 24);
			draw_say(d, "host %s g%u", host->name, host->group);
		}
		d->groups++;
	}
}

/* A member of the group, each as often. */
static size_t
member(struct draw *d, unsigned group)
{
	size_t at = 0, n = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->host[i].group == group && draw_below(d, ++n) == 0)
			at = i;
	return at;
}

static unsigned
cost_draw(struct draw *d)
{
	/* Ways of one cost are to be common. */
	return draw_one_in(d, 2) ? 10 * (1 + (unsigned)draw_below(d, 2))
	                         : 1 + (unsigned)draw_below(d, 100);
}

static size_t
group_size(const struct draw *d, unsigned group)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->host[i].group == group;
	return n;
}

static void
connector_draw(struct draw *d, unsigned from, unsigned to)
{
	struct draw_connector c = { .owner = member(d, from) };
	char heads[3 * DRAW_NAME] = "";

	size_t first = member(d, to), second = member(d, to);
	bool both = first != second && draw_one_in(d, 2);

	snprintf(c.name, sizeof(c.name), "c%zu", d->connectors.n + 1);
	if (draw_one_in(d, 8) && group_size(d, to) <= LIMIT_FOUND) {
		draw_say(d, "connector %s %s g%u %u any", d->host[c.owner].name,
		    c.name, to, cost_draw(d));
		draw_say(d, "peer %s %s", d->host[c.owner].name,
		    d->host[first].name);
		vec_push(&d->connectors, c);
		return;
	}
	snprintf(heads, sizeof(heads), " %s%s%s", d->host[first].name,
	    both ? " " : "", both ? d->host[second].name : "");
	draw_say(d, "connector %s %s g%u %u%s%s", d->host[c.owner].name, c.name,
	    to, cost_draw(d), heads, draw_one_in(d, 16) ? " no-peer" : "");
	vec_push(&d->connectors, c);
}

static void
link_draw(struct draw *d, unsigned a, unsigned b)
{
	if (a == b)
		return;
	connector_draw(d, a, b);
	if (!draw_one_in(d, 12)) /* else it leads one way */
		connector_draw(d, b, a);
	if (draw_one_in(d, 6))
		connector_draw(d, a, b);
}

enum shape { SHAPE_HUB, SHAPE_CHAIN, SHAPE_RING, SHAPE_TREE, SHAPES };

static void
links_draw(struct draw *d)
{
	enum shape shape = (enum shape)draw_below(d, SHAPES);
	unsigned more = (unsigned)draw_below(d, 4);

	for (unsigned g = 1; g < d->groups; g++)
		link_draw(d, g,
		    shape == SHAPE_HUB    ? 0
		    : shape == SHAPE_TREE ? (unsigned)draw_below(d, g)
					  : g - 1);
	if (shape == SHAPE_RING && d->groups > 2)
		link_draw(d, d->groups - 1, 0);
	if (draw_one_in(d, 4)) /* almost a mesh */
		more = d->groups * 2;
	for (; more > 0 && d->groups > 1; more--)
		link_draw(d, (unsigned)draw_below(d, d->groups),
		    (unsigned)draw_below(d, d->groups));
}

static void
spaces_draw(struct draw *d)
{
	static const char *const options[] = { "", "", "", " local",
		" fallback", " no-relay", " way=relay:[192.0.2.1]" };
	char pattern[64];

	for (size_t i = 0; i < d->n; i++) {
		const char *name = d->host[i].name;

		snprintf(pattern, sizeof(pattern), "%s.example", name);
		draw_say(d, "space %s %s", name, pattern);
		draw_space_add(d, i, pattern);
		if (draw_one_in(d, 3)) {
			draw_say(d, "space %s shared.example cost=%u", name,
			    10 * (unsigned)draw_below(d, 4));
			draw_space_add(d, i, "shared.example");
		}
		if (draw_one_in(d, 6)) {
			snprintf(pattern, sizeof(pattern), ".%s.example", name);
			draw_say(d, "space %s %s%s", name, pattern,
			    options[draw_below(d, 6)]);
			draw_space_add(d, i, pattern);
		}
		if (draw_one_in(d, 12)) {
			snprintf(
			    pattern, sizeof(pattern), "u@%s.example", name);
			draw_say(d, "space %s %s", name, pattern);
			draw_space_add(d, i, pattern);
		}
		if (draw_one_in(d, 40))
			draw_say(d, "space %s *", name);
	}
}

/* Signs of life are most of what happens: few have as many as the default. */
static void
times_draw(struct draw *d)
{
	uint64_t which = draw_below(d, 12);

	if (d->n > DRAW_SMALL && which < 3)
		which = 3;
	if (which >= 3)
		draw_say(d, "times all 10s 28s");
	else if (which >= 1)
		draw_say(d, "times all 2s 6s");
	if (d->n > DRAW_SMALL || !draw_one_in(d, 6))
		draw_say(d, "probe-interval all 60s");
}

static void
options_draw(struct draw *d)
{
	times_draw(d);
	if (!draw_one_in(d, 4))
		draw_say(d, "remark all");
	if (draw_one_in(d, 12))
		draw_say(d, "confirm-above all 50");
	if (d->n <= DRAW_SMALL && draw_one_in(d, 24))
		draw_say(d, "watch views");
	if (draw_one_in(d, 6))
		draw_say(d, "may all *");
	for (uint64_t k = draw_one_in(d, 3) ? 1 + draw_below(d, 2) : 0; k > 0;
	     k--)
		draw_say(d, "line %s all older", draw_any(d));
	for (uint64_t k = draw_one_in(d, 8) ? 1 + draw_below(d, 3) : 0; k > 0;
	     k--) {
		const char *name = draw_any(d);

		draw_say(
		    d, "six %s %s", name, draw_one_in(d, 2) ? "first" : "last");
		draw_say(d, "six %s up", name);
	}
	for (uint64_t k = draw_below(d, 4); k > 0; k--)
		draw_say(d, "delay %s %s %ums", draw_any(d), draw_any(d),
		    1 + (unsigned)draw_below(d, 400));
}

void
draw_organization(struct draw *d)
{
	hosts_draw(d);
	links_draw(d);
	spaces_draw(d);
	options_draw(d);
}
