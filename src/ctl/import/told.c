/*
 * told.c - what was imported, as a topology document and as the lsrd.conf of
 * each server.
 */

#include <inttypes.h>
#include <string.h>

#include "base/find.h"
#include "base/json.h"
#include "base/mem.h"
#include "ctl/conf_text.h"
#include "ctl/document.h"
#include "ctl/import/import.h"

static void
told_servers(const struct import *im, struct json *j)
{
	json_open(j, "servers", '[');
	for (size_t i = 0; i < im->servers.n; i++) {
		json_open(j, NULL, '{');
		json_str(j, "name", im->servers.v[i].name);
		json_str(j, "routing_group", im->servers.v[i].group);
		json_str(j, "state", im->servers.v[i].state);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
told_connectors(const struct import *im, struct json *j)
{
	json_open(j, "connectors", '[');
	for (size_t i = 0; i < im->connectors.n; i++) {
		const struct import_connector *c = &im->connectors.v[i];

		json_open(j, NULL, '{');
		json_str(j, "name", c->name);
		json_str(j, "server", c->server);
		json_list(j, "to", c->to.v, c->to.n);
		json_uint(j, "cost", c->cost);
		json_str(j, "state", c->state);
		policy_tell(j, &c->policy);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
told_spaces(const struct import *im, struct json *j)
{
	json_open(j, "address_spaces", '[');
	for (size_t i = 0; i < im->spaces.n; i++) {
		const struct import_space *s = &im->spaces.v[i];

		json_open(j, NULL, '{');
		json_str(j, "pattern", s->pattern);
		json_str(j, "server", s->server);
		json_uint(j, "cost", s->cost);
		if (s->local)
			json_str(j, "scope", "routing-group");
		if (s->fallback)
			json_bool(j, "fallback", true);
		if (s->relay)
			json_bool(j, "relay", true);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
import_document(const struct import *im, struct buf *out)
{
	struct json j = { out, false };

	json_open(&j, NULL, '{');
	json_str(&j, "format", DOCUMENT_FORMAT);
	json_str(&j, "organization",
	    im->organization == NULL ? "unnamed" : im->organization);
	told_servers(im, &j);
	told_connectors(im, &j);
	told_spaces(im, &j);
	json_close(&j, '}');
	json_line(&j);
}

/* Sorted by then; NULL: nobody. */
static const struct import_server *
told_server(const struct import *im, const char *name)
{
	size_t at = find_text(
	    FIND_LIST(import_server, name, im->servers.v, im->servers.n), name);

	return at == FIND_NONE ? NULL : &im->servers.v[at];
}

static void
peer_mark(const struct import *im, const char *name, bool *marks)
{
	const struct import_server *s = told_server(im, name);

	if (s != NULL)
		marks[s - im->servers.v] = true;
}

/* Those of its group, and both ends of its connectors. */
static void
peers_mark(
    const struct import *im, const struct import_server *own, bool *marks)
{
	for (size_t i = 0; i < im->servers.n; i++)
		marks[i] = strcmp(im->servers.v[i].group, own->group) == 0;
	for (size_t i = 0; i < im->connectors.n; i++) {
		const struct import_connector *c = &im->connectors.v[i];

		for (size_t k = 0; k < c->to.n; k++)
			if (strcmp(c->server, own->name) == 0)
				peer_mark(im, c->to.v[k], marks);
			else if (strcmp(c->to.v[k], own->name) == 0)
				peer_mark(im, c->server, marks);
	}
	marks[own - im->servers.v] = false;
}

static void
conf_peers(
    const struct import *im, const struct import_server *own, struct buf *out)
{
	bool *marks = mem_new(0, im->servers.n, sizeof(*marks));

	peers_mark(im, own, marks);
	for (size_t i = 0; i < im->servers.n; i++)
		if (marks[i])
			conf_text_peer(out, im->servers.v[i].name,
			    im->servers.v[i].peer.v, im->servers.v[i].peer.n);
	mem_free(marks);
}

static void
conf_priorities(struct buf *out, uint8_t priorities)
{
	static const char *const words[] = { "urgent", "normal", "non-urgent" };
	const char *list[3];
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if ((priorities & policy_priority(words[i])) != 0)
			list[n++] = words[i];
	if (n > 0)
		conf_text_list(out, "priorities", list, n);
}

static void
conf_policy(struct buf *out, const struct policy *p)
{
	if (p->max_size > 0)
		buf_printf(
		    out, "\tmax-message-size = %" PRIu64 "\n", p->max_size);
	conf_priorities(out, p->priorities);
	if (p->nallow > 0)
		conf_text_list(out, "allow-senders",
		    (const char *const *)p->allow, p->nallow);
	if (p->ndeny > 0)
		conf_text_list(out, "deny-senders",
		    (const char *const *)p->deny, p->ndeny);
	if (p->schedule != NULL)
		buf_printf(out, "\tschedule = \"%s\"\n", p->schedule);
	if (p->large_size > 0 && p->large_schedule != NULL)
		buf_printf(out,
		    "\tlarge-message-size = %" PRIu64 "\n"
		    "\tlarge-schedule = \"%s\"\n",
		    p->large_size, p->large_schedule);
}

/* Of lsrd.conf alone: a document is what servers tell each other. */
static void
conf_handling(struct buf *out, const struct import_connector *c)
{
	if (c->transport != NULL)
		buf_printf(out, "\ttransport = \"%s\"\n", c->transport);
	if (c->probe != NULL)
		buf_printf(out, "\tprobe = \"%s\"\n", c->probe);
}

static void
conf_connectors(
    const struct import *im, const struct import_server *own, struct buf *out)
{
	for (size_t i = 0; i < im->connectors.n; i++) {
		const struct import_connector *c = &im->connectors.v[i];

		if (strcmp(c->server, own->name) != 0)
			continue;
		conf_text_connector(out, c->name, c->group);
		buf_printf(out, "\tcost = %" PRIu32 "\n", c->cost);
		if (strcmp(c->state, "up") != 0)
			buf_text(out, "\tdrain = yes\n");
		conf_policy(out, &c->policy);
		conf_handling(out, c);
		for (size_t k = 0; k < c->to.n; k++) {
			const struct import_server *to =
			    told_server(im, c->to.v[k]);

			conf_text_bridgehead(out, c->to.v[k],
			    to == NULL ? NULL : to->smtp.v,
			    to == NULL ? 0 : to->smtp.n);
		}
		buf_text(out, "}\n");
	}
}

static void
conf_spaces(
    const struct import *im, const struct import_server *own, struct buf *out)
{
	for (size_t i = 0; i < im->spaces.n; i++) {
		const struct import_space *s = &im->spaces.v[i];

		if (strcmp(s->server, own->name) != 0)
			continue;
		conf_text_space(out, s->pattern, s->way);
		if (s->cost > 0)
			buf_printf(out, " cost = %" PRIu32, s->cost);
		if (s->local)
			buf_text(out, " scope = routing-group");
		if (s->fallback)
			buf_text(out, " fallback = yes");
		if (strcmp(s->pattern, "*") != 0)
			buf_text(
			    out, s->relay ? " relay = yes" : " relay = no");
		buf_text(out, " }\n");
	}
}

void
import_conf(const struct import *im, const struct import_server *server,
    bool part, struct buf *out)
{
	const struct conf_text_head head = { im->organization, server->name,
		server->group };

	buf_text(out,
	    "# By lsrctl import; lsrd.conf(5) and `lsrctl help OPTION` tell "
	    "all.\n\n");
	if (!part) {
		conf_text_head(out, &head);
		conf_text_addresses(
		    out, "peer-listen", server->peer.v, server->peer.n);
		conf_text_addresses(
		    out, "smtp", server->smtp.v, server->smtp.n);
		if (server->mta != NULL)
			buf_printf(out, "mta = %s\n", server->mta);
	}
	conf_peers(im, server, out);
	conf_connectors(im, server, out);
	conf_spaces(im, server, out);
}
