#include "ctl/import/maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/find.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "ctl/value.h"

#define COST 10

static int
groups_judge(const struct call *call)
{
	int status = CALL_OK;

	for (size_t i = 0; i < call->ngiven; i++) {
		const char *is = strcmp(call->given[i].name, "group") == 0
		                     ? strchr(call->given[i].value, '=')
		                     : "=x";

		if (is == NULL || !str_is_word(is + 1))
			status =
			    call_usage("--group %s: write SERVER=GROUP, as "
				       "mx1.example.org=london",
				call->given[i].value);
	}
	return status;
}

static int
maps_init(struct maps *maps, const struct call *call,
    const struct import_hosts *hosts, struct import *im)
{
	const char *cost = call_option(call, "cost");
	uint64_t n = COST;

	*maps = (struct maps){ call, hosts, im, COST, { 0 }, { 0 } };
	if (cost != NULL && (!value_number(cost, LIMIT_COST_MAX, &n) || n == 0))
		return call_usage(
		    "--cost %s: must be an integer from 1 to 65535", cost);
	maps->cost = (uint32_t)n;
	return groups_judge(call);
}

static void
maps_done(struct maps *maps)
{
	for (size_t i = 0; i < maps->routes.n; i++) {
		struct maps_route *r = &maps->routes.v[i];

		mem_free(r->where);
		mem_free(r->pattern);
		mem_free(r->way);
		mem_free(r->sender);
		for (size_t k = 0; k < r->hosts.n; k++)
			mem_free(r->hosts.v[k].name);
		vec_done(&r->hosts);
	}
	for (size_t i = 0; i < maps->claims.n; i++) {
		mem_free(maps->claims.v[i].where);
		mem_free(maps->claims.v[i].pattern);
	}
	vec_done(&maps->routes);
	vec_done(&maps->claims);
}

/* As --group has it; else `london` of mx1.london.example.org; of
 * mx1.example.org `example`. */
static char *
maps_group(const struct call *call, const char *name)
{
	const char *dot = strchr(name, '.');

	for (size_t i = 0; i < call->ngiven; i++) {
		const char *value = call->given[i].value;
		size_t n = strcmp(call->given[i].name, "group") == 0
		               ? strcspn(value, "=")
		               : 0;

		if (n > 0 && strlen(name) == n && strncmp(value, name, n) == 0)
			return mem_str(value + n + 1);
	}
	return dot == NULL ? mem_str(name)
	                   : mem_dup(dot + 1, strcspn(dot + 1, "."));
}

size_t
maps_server(struct maps *maps, const char *where, const char *name)
{
	char *lower = mem_str(name), *group;
	struct import_server *server;

	str_lower(lower);
	group = maps_group(maps->call, lower);
	server = import_server(maps->im, lower);
	if (server != NULL)
		import_note(maps->im, where, "import it from one place",
		    "%s is imported twice: what is here is left out", lower);
	else
		server = import_server_add(maps->im, where, lower, group);
	mem_free(lower);
	mem_free(group);
	return server == NULL || server->at + 1 != maps->im->servers.n
	           ? SIZE_MAX
	           : server->at;
}

void
maps_claim(struct maps *maps, size_t server, const char *where,
    const char *pattern, bool relay)
{
	struct maps_claim claim = { server, mem_str(where), mem_str(pattern),
		relay };

	vec_push(&maps->claims, claim);
}

struct maps_route *
maps_route(struct maps *maps, size_t server, const char *where,
    const char *pattern, const char *way)
{
	struct maps_route route = { .server = server,
		.where = mem_str(where),
		.pattern = mem_str(pattern),
		.way = mem_str(way) };

	vec_push(&maps->routes, route);
	return &maps->routes.v[maps->routes.n - 1];
}

bool
maps_route_host(struct maps_route *route, const char *text, size_t n)
{
	const char *shut = memchr(text, ']', n);
	struct maps_host host = { 0 };

	if (n > 0 && text[0] == '[' && shut != NULL)
		host.name = mem_dup(text + 1, (size_t)(shut - text) - 1);
	else if (memchr(text, ':', n) != NULL)
		host.name = mem_dup(
		    text, (size_t)((const char *)memchr(text, ':', n) - text));
	else
		host.name = mem_dup(text, n);
	str_lower(host.name);
	if (strncmp(host.name, "ipv6:", 5) == 0)
		memmove(host.name, host.name + 5, strlen(host.name + 5) + 1);
	if (addr_read(&host.addr, host.name) && host.addr.port == 0) {
		host.name[0] = '\0';
	} else if (!str_is_host(host.name)) {
		mem_free(host.name);
		return false;
	}
	vec_push(&route->hosts, host);
	return true;
}

static bool
has_address(const struct import_server *server, const struct addr *addr)
{
	for (size_t i = 0; i < server->smtp.n; i++)
		if (addr_same_ip(&server->smtp.v[i], addr))
			return true;
	return false;
}

/* Who of the import it is; SIZE_MAX: nobody. */
static size_t
host_server(const struct maps *maps, const struct maps_host *host)
{
	const char *name = host->addr.family == 0
	                       ? host->name
	                       : import_hosts_name(maps->hosts, &host->addr);

	for (size_t i = 0; i < maps->im->servers.n; i++) {
		const struct import_server *s = &maps->im->servers.v[i];

		if ((name != NULL && strcmp(s->name, name) == 0) ||
		    (host->addr.family != 0 && has_address(s, &host->addr)))
			return i;
	}
	return SIZE_MAX;
}

/* A way from one server to another, as a connector says it. */
struct maps_step {
	size_t from, to;
	uint32_t cost;
	const char *sender; /* lent; NULL: anybody's */
	const char *where;
};

struct maps_steps {
	VEC(struct maps_step) list;
};

static int
by_step(const void *x, const void *y)
{
	const struct maps_step *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if ((a->sender == NULL) != (b->sender == NULL))
		return a->sender == NULL ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->cost < b->cost ? -1 : a->cost > b->cost;
}

/* Into one connector: those of one server to one group at one cost. */
static struct import_connector *
connector_for(struct maps *maps, const struct maps_step *step)
{
	struct import *im = maps->im;
	const struct import_server *from = &im->servers.v[step->from];
	const struct import_server *to = &im->servers.v[step->to];
	struct import_connector *c;
	struct buf name = { 0 };
	char *text;

	for (size_t i = im->connectors.n; i > 0; i--) {
		c = &im->connectors.v[i - 1];
		if (strcmp(c->server, from->name) == 0 &&
		    strcmp(c->group, to->group) == 0 && c->cost == step->cost &&
		    (c->policy.nallow > 0) == (step->sender != NULL))
			return c;
	}
	buf_printf(&name, "%s--%s", from->group, to->group);
	text = buf_string(&name);
	c = import_connector_add(im, step->where, text, from->name);
	mem_free(text);
	if (c != NULL) {
		c->cost = step->cost;
		c->group = mem_str(to->group);
	}
	return c;
}

static void
maps_sender(
    struct maps *maps, struct import_connector *c, const struct maps_step *step)
{
	char *is = import_pattern(
	    step->sender[0] == '@' ? step->sender + 1 : step->sender);

	if (is == NULL || c->policy.nallow >= LIMIT_SENDERS) {
		import_note(maps->im, step->where,
		    "leave the map in main.cf, before lsrd's",
		    "sender %.200s cannot stand in allow-senders",
		    step->sender);
		mem_free(is);
		return;
	}
	if (c->policy.allow == NULL)
		c->policy.allow =
		    mem_new(0, LIMIT_SENDERS, sizeof(*c->policy.allow));
	c->policy.allow[c->policy.nallow++] = is;
}

/* A sender's own step where anybody may go says nothing more. */
static bool
is_open_to_all(const struct maps_steps *steps, const struct maps_step *step)
{
	for (size_t i = 0; i < steps->list.n; i++)
		if (steps->list.v[i].from == step->from &&
		    steps->list.v[i].to == step->to &&
		    steps->list.v[i].sender == NULL)
			return true;
	return false;
}

static void
steps_connect(struct maps *maps, struct maps_steps *steps)
{
	const struct maps_step *v = steps->list.v;

	if (steps->list.n > 1)
		qsort(steps->list.v, steps->list.n, sizeof(*v), by_step);
	for (size_t i = 0; i < steps->list.n; i++) {
		const struct import_server *to = &maps->im->servers.v[v[i].to];
		struct import_connector *c;
		bool again = i > 0 && v[i].from == v[i - 1].from &&
		             v[i].to == v[i - 1].to && v[i].sender == NULL;

		if (again ||
		    (v[i].sender != NULL && is_open_to_all(steps, &v[i])))
			continue;
		c = connector_for(maps, &v[i]);
		if (c == NULL)
			continue;
		import_connector_to(c, to->name);
		if (v[i].sender != NULL)
			maps_sender(maps, c, &v[i]);
	}
}

/* A step to each of its hosts that is a server of the import. */
static size_t
route_steps(
    struct maps *maps, const struct maps_route *r, struct maps_steps *steps)
{
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < r->hosts.n; i++) {
		size_t to = host_server(maps, &r->hosts.v[i]);
		struct maps_step step = { r->server, to,
			maps->cost + (r->equal ? 0 : (uint32_t)i), r->sender,
			r->where };

		if (to == SIZE_MAX && first != SIZE_MAX)
			import_note(maps->im, r->where,
			    "import that server, too",
			    "the further next hop %s is not imported, and "
			    "left out",
			    r->hosts.v[i].name[0] != '\0' ? r->hosts.v[i].name
							  : "by its address");
		if (to == SIZE_MAX || to == r->server)
			continue;
		if (first == SIZE_MAX)
			first = to;
		if (strcmp(maps->im->servers.v[to].group,
			maps->im->servers.v[r->server].group) != 0)
			vec_push(&steps->list, step);
	}
	return first;
}

/* Patterns that a server claims, in order. */
struct maps_claimed {
	VEC(char *) list; /* lent from the import */
};

static void
claimed_gather(const struct import *im, struct maps_claimed *out)
{
	for (size_t i = 0; i < im->spaces.n; i++)
		vec_push(&out->list, im->spaces.v[i].pattern);
	find_sort_texts(out->list.v, out->list.n);
}

/* By one that covers it: itself, its domain, or what is above that. */
static bool
is_claimed(const struct maps_claimed *claimed, const char *pattern)
{
	const struct find_list *list =
	    FIND_TEXTS(claimed->list.v, claimed->list.n);
	const char *at = strchr(pattern, '@');
	const char *domain = at == NULL ? pattern : at + 1;

	if (find_text(list, pattern) != FIND_NONE ||
	    find_text(list, domain) != FIND_NONE)
		return true;
	for (const char *dot = strchr(domain, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.'))
		if (find_text(list, dot) != FIND_NONE)
			return true;
	return false;
}

/* What a route of the maps ends at. */
struct maps_end {
	const struct maps_route *route;
	size_t to; /* SIZE_MAX: outside */
};

/* Equal ones are neighbours, in the order they came. */
static int
by_route_end(const void *x, const void *y)
{
	const struct maps_end *a = x, *b = y;
	int c = strcmp(a->route->pattern, b->route->pattern);

	if (c == 0 && a->to != b->to)
		c = a->to < b->to ? -1 : 1;
	return c != 0 ? c : a->route < b->route ? -1 : a->route > b->route;
}

static void
route_leaves(struct maps *maps, const struct maps_route *r)
{
	const char *server = maps->im->servers.v[r->server].name;
	struct import_space *space =
	    import_space_add(maps->im, r->where, server, r->pattern, r->way);

	if (space != NULL)
		space->relay = r->relay && strcmp(space->pattern, "*") != 0;
}

/* Of a pattern that goes to a server which does not say what becomes of it. */
static void
route_arrives(struct maps *maps, const struct maps_claimed *claimed,
    const struct maps_end *end)
{
	const char *server = maps->im->servers.v[end->to].name;
	char *pattern = import_pattern(end->route->pattern);
	struct import_space *space;

	if (pattern == NULL) {
		import_note(maps->im, end->route->where,
		    "an address space is user@dom, dom, .dom or *",
		    "\"%.200s\" is no address space, and left out",
		    end->route->pattern);
		return;
	}
	if (!is_claimed(claimed, pattern)) {
		import_note(maps->im, end->route->where,
		    "look how that server delivers it, and say so there",
		    "%s is sent to %s, which is not known to deliver it: it "
		    "is taken to",
		    pattern, server);
		space = import_space_add(
		    maps->im, end->route->where, server, pattern, NULL);
		if (space != NULL)
			space->relay = strcmp(pattern, "*") != 0;
	}
	mem_free(pattern);
}

static void
claims_take(struct maps *maps)
{
	for (size_t i = 0; i < maps->claims.n; i++) {
		const struct maps_claim *c = &maps->claims.v[i];
		struct import_space *space =
		    import_space_add(maps->im, c->where,
			maps->im->servers.v[c->server].name, c->pattern, NULL);

		if (space != NULL)
			space->relay =
			    c->relay && strcmp(space->pattern, "*") != 0;
	}
}

static void
sender_note(struct maps *maps, const struct maps_route *r)
{
	import_note(maps->im, r->where,
	    "leave the map in main.cf before lsrd's: it decides for them as "
	    "before",
	    "mail of %.200s has a next hop of its own, which is no matter of "
	    "its recipients",
	    r->sender);
}

static void
maps_finish(struct maps *maps)
{
	VEC(struct maps_end) ends = { 0 };
	struct maps_claimed claimed = { 0 };
	struct maps_steps steps = { 0 };

	claims_take(maps);
	for (size_t i = 0; i < maps->routes.n; i++) {
		const struct maps_route *r = &maps->routes.v[i];
		struct maps_end end = { r, route_steps(maps, r, &steps) };

		if (r->sender != NULL)
			sender_note(maps, r);
		else if (end.to == SIZE_MAX)
			route_leaves(maps, r);
		else
			vec_push(&ends, end);
	}
	claimed_gather(maps->im, &claimed);
	if (ends.n > 1)
		qsort(ends.v, ends.n, sizeof(*ends.v), by_route_end);
	for (size_t i = 0; i < ends.n; i++)
		if (i == 0 || ends.v[i].to != ends.v[i - 1].to ||
		    strcmp(ends.v[i].route->pattern,
			ends.v[i - 1].route->pattern) != 0)
			route_arrives(maps, &claimed, &ends.v[i]);
	steps_connect(maps, &steps);
	vec_done(&claimed.list);
	vec_done(&ends);
	vec_done(&steps.list);
}

int
maps_read(const struct call *call, const struct import_hosts *hosts,
    struct import *im, int (*take)(struct maps *maps, const char *operand))
{
	struct maps maps;
	int status = maps_init(&maps, call, hosts, im);

	for (size_t i = 0; i < call->noperands && status == CALL_OK; i++)
		status = take(&maps, call->operands[i]);
	/* What a next hop is called by its address is known by then. */
	if (status == CALL_OK) {
		import_hosts_reach(hosts, im, false);
		maps_finish(&maps);
	}
	maps_done(&maps);
	return status;
}
