/*
 * view_annex.c - what the milter's table has besides the routes.
 */

#include <string.h>

#include "core/view_state.h"

static void
key_add(struct view_keys *out, const char *name,
    const uint8_t public_key[SEAL_PUBLIC])
{
	struct table_key key;

	memset(&key, 0, sizeof(key)); /* entries are compared as octets */
	memcpy(key.name, name, strlen(name));
	memcpy(key.public_key, public_key, SEAL_PUBLIC);
	vec_push(&out->list, key);
}

void
view_keys(const struct view *v, struct view_keys *out)
{
	const struct setup *setup = v->in.setup;

	for (size_t i = 0; i < v->facts.servers.n; i++) {
		const struct facts_server *s = &v->facts.servers.v[i];
		bool self = i == v->facts.self;
		size_t n = s->body == NULL ? 0 : s->body->nmark;

		if (self)
			n = setup->nmark;
		for (size_t k = 0; k < n; k++)
			key_add(out, s->name,
			    self ? setup->mark[k] : s->body->mark[k]);
	}
}
