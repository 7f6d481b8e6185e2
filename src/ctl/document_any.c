/*
 * document_any.c - the bridgeheads of connectors that say `bridgehead = any`
 * in a document, as lsrd finds them (core/paths/members.h).
 */

#include <string.h>

#include "base/buf.h"
#include "base/find.h"
#include "base/mem.h"
#include "core/lsa/limits.h"
#include "core/paths/members.h"
#include "ctl/document.h"

enum mark { MARK_FREE, MARK_HERE, MARK_ELSEWHERE };

/* A connector at work. */
struct finding {
	struct document *doc;
	struct document_connector *c;
	uint8_t *marks; /* enum mark, by server */
};

static void
part_mark(struct finding *f, const struct document_connector *part)
{
	if (part->server != f->c->server)
		return;
	for (size_t i = 0; i < part->to.n; i++)
		f->marks[part->to.v[i]] =
		    part == f->c ? MARK_HERE : MARK_ELSEWHERE;
}

/* Of a connector of several costs and states an export has several: NAME, and
 * NAME:BRIDGEHEAD. Whom another of these has is none of this one's. */
static void
parts_mark(struct finding *f)
{
	const struct document_connector *v = f->doc->connectors.v;
	size_t n = strcspn(f->c->name, ":"), all = f->doc->connectors.n;
	struct buf text = { 0 };
	uint32_t whole;
	char *name;

	buf_printf(&text, "%.*s:", (int)n, f->c->name);
	name = buf_string(&text);
	for (size_t i = find_text_from(
		 FIND_LIST(document_connector, name, v, all), name);
	     i < all && strncmp(v[i].name, name, n + 1) == 0; i++)
		part_mark(f, &v[i]);
	name[n] = '\0';
	whole = document_connector(f->doc, name);
	if (whole != UINT32_MAX)
		part_mark(f, &v[whole]);
	mem_free(name);
}

static bool
may_be(const struct finding *f, uint32_t server)
{
	const struct document_server *s = &f->doc->servers.v[server];

	return strcmp(s->group, f->c->any) == 0 && server != f->c->server &&
	       (f->marks[server] == MARK_HERE ||
		   (f->marks[server] == MARK_FREE && !s->away));
}

static void
document_any_find(struct finding *f)
{
	const struct document_server *servers = f->doc->servers.v;
	struct members all = { { 0 } };
	size_t n;

	memset(f->marks, MARK_FREE, f->doc->servers.n);
	parts_mark(f);
	for (uint32_t i = 0; i < f->doc->servers.n; i++)
		if (may_be(f, i))
			members_add(&all, servers[f->c->server].name,
			    &(struct members_one){ .name = servers[i].name,
				.number = i,
				.carries = servers[i].state == DOCUMENT_UP });
	n = members_choose(&all, LIMIT_BRIDGEHEADS);
	for (size_t i = 0; i < n; i++)
		if (f->marks[all.list.v[i].number] == MARK_FREE)
			vec_push(&f->c->to, all.list.v[i].number);
	members_done(&all);
}

void
document_find(struct document *doc)
{
	struct finding f = { .doc = doc };

	f.marks = mem_new(0, doc->servers.n + 1, sizeof(*f.marks));
	for (size_t i = 0; i < doc->connectors.n; i++) {
		f.c = &doc->connectors.v[i];
		if (f.c->any != NULL)
			document_any_find(&f);
	}
	mem_free(f.marks);
}
