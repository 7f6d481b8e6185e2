#include "ctl/export.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "ctl/plan_open.h"

struct members {
	VEC(uint32_t) list;
};

static void
step_add(struct export *x, uint32_t from, uint32_t to)
{
	vec_push(&x->edges,
	    ((struct export_edge){ .from = from, .to = to, .state = "up" }));
}

static void
group_mesh(struct export *x, const struct members *of)
{
	for (size_t i = 0; i < of->list.n; i++)
		for (size_t k = 0; k < of->list.n; k++)
			if (i != k)
				step_add(x, of->list.v[i], of->list.v[k]);
}

/* By way of a node of its own, which has the group's name. */
static void
group_star(struct export *x, const struct members *of)
{
	uint32_t hub = (uint32_t)x->nodes.n;

	vec_push(
	    &x->nodes, ((struct export_node){
			   .name = x->doc->servers.v[of->list.v[0]].group }));
	for (size_t i = 0; i < of->list.n; i++) {
		step_add(x, of->list.v[i], hub);
		step_add(x, hub, of->list.v[i]);
	}
}

/* Those that are down have no steps. */
static void
export_groups(struct export *x)
{
	const struct document *doc = x->doc;
	struct members *of = mem_new(0, (size_t)doc->ngroups + 1, sizeof(*of));

	for (uint32_t i = 0; i < doc->servers.n; i++)
		if (doc->servers.v[i].state != DOCUMENT_DOWN)
			vec_push(&of[doc->servers.v[i].group_number].list, i);
	for (uint32_t g = 0; g < doc->ngroups; g++) {
		if (of[g].list.n > EXPORT_MESH)
			group_star(x, &of[g]);
		else
			group_mesh(x, &of[g]);
		vec_done(&of[g].list);
	}
	mem_free(of);
}

void
export_make(struct export *x, const struct document *doc)
{
	*x = (struct export){ .doc = doc };
	for (size_t i = 0; i < doc->servers.n; i++)
		vec_push(&x->nodes,
		    ((struct export_node){ doc->servers.v[i].name,
			doc->servers.v[i].group, &doc->servers.v[i] }));
	export_groups(x);
	for (size_t i = 0; i < doc->connectors.n; i++) {
		const struct document_connector *c = &doc->connectors.v[i];

		for (size_t k = 0; k < c->to.n; k++)
			vec_push(&x->edges,
			    ((struct export_edge){ c->server, c->to.v[k],
				c->cost, c->name,
				document_state_word(
				    c->cut ? DOCUMENT_DOWN : c->state) }));
	}
}

void
export_done(struct export *x)
{
	vec_done(&x->nodes);
	vec_done(&x->edges);
}

bool
export_is_plain(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

	return n > 0 && name[n] == '\0';
}

void
export_patterns(
    const struct export *x, uint32_t node, const char *key, struct json *j)
{
	json_open(j, key, '[');
	for (size_t i = 0; i < x->doc->claims.n; i++)
		if (x->doc->claims.v[i].is.server == node)
			json_str(j, NULL, x->doc->claims.v[i].is.pattern);
	json_close(j, ']');
}

static int
export_verb(const struct call *call,
    void (*write)(const struct export *x, struct buf *out))
{
	struct export x;
	struct plan plan;
	int status = plan_open(call, &plan);

	if (status != CALL_OK)
		return status;
	export_make(&x, plan.doc);
	write(&x, &plan.out);
	export_done(&x);
	plan_done(&plan);
	return CALL_OK;
}

int
export_verb_netjson(const struct call *call)
{
	return export_verb(call, export_netjson);
}

int
export_verb_dot(const struct call *call)
{
	return export_verb(call, export_dot);
}

int
export_verb_graphml(const struct call *call)
{
	return export_verb(call, export_graphml);
}
