#include "core/node/service.h"

#include <string.h>

#include "core/node/fx.h"
#include "core/node/node.h"

struct service_key {
	const char *name;
	const struct addr *addr;
};

static struct service *
service_entry(struct tree_node *n)
{
	return n == NULL ? NULL : tree_entry(n, struct service, node);
}

static int
service_order(const void *key, const struct tree_node *node)
{
	const struct service_key *k = key;
	const struct service *s = tree_entry(node, const struct service, node);
	int c = strcmp(k->name, s->name);

	return c != 0 ? c : addr_order(k->addr, &s->addr);
}

struct service *
service_first(struct engine *e)
{
	return service_entry(tree_first(&e->evidence.services));
}

struct service *
service_next(struct service *s)
{
	return service_entry(tree_next(&s->node));
}

static int
service_name_order(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, const struct service, node)->name);
}

struct service *
service_of(struct engine *e, const char *name)
{
	struct service *s = service_entry(
	    tree_from(&e->evidence.services, name, service_name_order));

	return s != NULL && strcmp(s->name, name) == 0 ? s : NULL;
}

struct service *
service_next_of(struct service *s)
{
	struct service *next = service_next(s);

	return next != NULL && strcmp(next->name, s->name) == 0 ? next : NULL;
}

const char *
service_word(enum service_state state)
{
	static const char *const words[] = { "unknown", "up", "down" };

	return words[state];
}

struct service *
service_find(struct engine *e, const char *name, unsigned use)
{
	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s))
		if (s->use & use)
			return s;
	return NULL;
}

bool
service_is_first(struct engine *e, const struct service *s)
{
	return service_find(e, s->name, s->use) == s;
}

enum service_state
service_condition(struct engine *e, const char *name, unsigned use)
{
	size_t n = 0, down = 0;

	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s)) {
		if (!(s->use & use))
			continue;
		if (s->state == SERVICE_UP)
			return SERVICE_UP;
		n++;
		down += s->state == SERVICE_DOWN;
	}
	return n > 0 && down == n ? SERVICE_DOWN : SERVICE_UNKNOWN;
}

bool
service_is_given(const struct setup_bridgehead *b, const struct addr *addr)
{
	for (size_t i = 0; i < b->nsmtp; i++)
		if (addr_equal(&b->smtp[i], addr))
			return true;
	return false;
}

bool
service_is_of(const struct service *s, const struct setup_bridgehead *b)
{
	return s->use & SERVICE_CONNECTOR && strcmp(s->name, b->name) == 0 &&
	       (b->nsmtp == 0 || service_is_given(b, &s->addr));
}

const struct service *
service_bridgehead(struct engine *e, const struct setup_bridgehead *b)
{
	const struct service *best = NULL;

	for (struct service *s = service_of(e, b->name); s != NULL;
	     s = service_next_of(s)) {
		if (!service_is_of(s, b))
			continue;
		if (s->state == SERVICE_UP)
			return s;
		if (best == NULL || s->state == SERVICE_UNKNOWN)
			best = s;
	}
	return best;
}

enum service_state
service_mail(struct engine *e, const char *name)
{
	return service_condition(e, name,
	    SERVICE_CONNECTOR | SERVICE_MEMBER | SERVICE_SELF | SERVICE_SILENT);
}

struct mono
service_probed(struct engine *e, const char *name)
{
	struct mono last = { 0 };

	for (struct service *s = service_of(e, name); s != NULL;
	     s = service_next_of(s))
		if (s->probe.last.ms > last.ms)
			last = s->probe.last;
	return last;
}

void
service_soon(struct service *s)
{
	s->probe.next = mono_min(
	    s->probe.next, mono_after(s->probe.last, SERVICE_LEAST_MS));
}

struct service *
service_get(struct engine *e, const char *name, const struct addr *addr)
{
	struct service_key key = { name, addr };
	struct service *s = service_entry(
	    tree_find(&e->evidence.services, &key, service_order));

	if (s != NULL)
		return s;
	s = mem_new(sizeof(*s), 0, 0);
	s->who = ++e->evidence.services_made;
	s->name = mem_str(name);
	s->addr = *addr;
	s->probe.next = s->since = e->now;
	s->probe.last = service_probed(e, name);
	s->probe.bucket = (struct bucket){ .burst = SERVICE_URGENT_BURST,
		.each_ms = SERVICE_LEAST_MS };
	s->since_wall = e->wall;
	key.name = s->name;
	tree_insert(&e->evidence.services, &s->node, &key, service_order);
	return s;
}

void
service_drop(struct engine *e, struct service *s)
{
	if (s->probe.running || s->probe.waits) /* it is given up */
		fx_add(e, (struct effect){ .kind = FX_PROBE, .who = s->who });
	tree_remove(&e->evidence.services, &s->node);
	mem_free(s->name);
	mem_free(s->relay.pattern);
	mem_free(s->error.said);
	mem_free(s);
}
