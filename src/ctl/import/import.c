#include "ctl/import/import.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "core/lsa/limits.h"

#define NAME_SHOWN 200

void
import_done(struct import *im)
{
	for (size_t i = 0; i < im->servers.n; i++) {
		mem_free(im->servers.v[i].name);
		mem_free(im->servers.v[i].group);
		vec_done(&im->servers.v[i].smtp);
		vec_done(&im->servers.v[i].peer);
	}
	for (size_t i = 0; i < im->connectors.n; i++) {
		struct import_connector *c = &im->connectors.v[i];

		mem_free(c->name);
		mem_free(c->server);
		mem_free(c->group);
		mem_free(c->transport);
		mem_free(c->probe);
		mem_free(c->where);
		for (size_t k = 0; k < c->to.n; k++)
			mem_free(c->to.v[k]);
		vec_done(&c->to);
		policy_done(&c->policy);
	}
	for (size_t i = 0; i < im->spaces.n; i++) {
		mem_free(im->spaces.v[i].pattern);
		mem_free(im->spaces.v[i].server);
		mem_free(im->spaces.v[i].way);
	}
	for (size_t i = 0; i < im->notes.n; i++) {
		mem_free(im->notes.v[i].where);
		mem_free(im->notes.v[i].text);
		mem_free(im->notes.v[i].remedy);
	}
	vec_done(&im->servers);
	vec_done(&im->connectors);
	vec_done(&im->spaces);
	vec_done(&im->notes);
	mem_free(im->organization);
	*im = (struct import){ 0 };
}

/* Of the outside: one line, which steers no terminal. */
static char *
note_shown(const char *text)
{
	struct buf out = { 0 };

	utf8_show(&out, text);
	return buf_string(&out);
}

void
import_note(struct import *im, const char *where, const char *remedy,
    const char *fmt, ...)
{
	struct import_note note = { 0 };
	char *text = NULL;
	va_list args;

	if (im->notes.n >= IMPORT_NOTES) {
		im->unsaid++;
		return;
	}
	va_start(args, fmt);
	CHECK(vasprintf(&text, fmt, args) >= 0);
	va_end(args);
	note.where = note_shown(where);
	note.text = note_shown(text);
	note.remedy = mem_str(remedy);
	free(text);
	vec_push(&im->notes, note);
}

static bool
is_of_word(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (!first && (c == '.' || c == '-' || c == '_'));
}

char *
import_word(const char *text)
{
	char *word = mem_str(text);
	size_t n = 0;

	str_lower(word);
	for (const char *p = text; *p != '\0' && n < STR_WORD_MAX; p++) {
		char c = word[p - text];

		if (is_of_word(c, n == 0))
			word[n++] = c;
		else if (n > 0 && word[n - 1] != '-')
			word[n++] = '-';
	}
	while (n > 0 && word[n - 1] == '-')
		n--;
	word[n] = '\0';
	if (n > 0)
		return word;
	mem_free(word);
	return NULL;
}

char *
import_pattern(const char *text)
{
	char *pattern;

	if (strlen(text) > STR_PATTERN_MAX)
		return NULL;
	pattern = mem_str(strncmp(text, "*.", 2) == 0   ? text + 1
			  : strncmp(text, "*@", 2) == 0 ? text + 2
							: text);
	str_lower(pattern);
	if (str_is_pattern(pattern))
		return pattern;
	mem_free(pattern);
	return NULL;
}

uint32_t
import_cost(struct import *im, const char *where, int64_t cost)
{
	if (cost >= 1 && cost <= LIMIT_COST_MAX)
		return (uint32_t)cost;
	import_note(im, where, "costs go from 1 to 65535: choose one",
	    "cost %" PRId64 " is %d here", cost, cost < 1 ? 1 : LIMIT_COST_MAX);
	return cost < 1 ? 1 : LIMIT_COST_MAX;
}

struct import_server *
import_server(struct import *im, const char *name)
{
	for (size_t i = 0; i < im->servers.n; i++)
		if (strcmp(im->servers.v[i].name, name) == 0)
			return &im->servers.v[i];
	return NULL;
}

/* The word of it, or NULL after a note. */
static char *
group_word(
    struct import *im, const char *where, const char *name, const char *group)
{
	char *word = import_word(group);

	if (word == NULL)
		import_note(im, where,
		    "give the group a name of a-z, 0-9, '.', '_' and '-'",
		    "%.*s: its routing group \"%.*s\" is no name", NAME_SHOWN,
		    name, NAME_SHOWN, group);
	return word;
}

static struct import_server *
server_known(struct import *im, const char *where, struct import_server *known,
    char *group)
{
	bool same = strcmp(known->group, group) == 0;

	if (!same)
		import_note(im, where,
		    "a server is in one routing group: mend one of the two",
		    "%s is in %s here, and in %s before", known->name, group,
		    known->group);
	mem_free(group);
	return same ? known : NULL;
}

struct import_server *
import_server_add(
    struct import *im, const char *where, const char *name, const char *group)
{
	struct import_server *known, new = { .state = "up" };

	new.name = mem_str(name);
	str_lower(new.name);
	if (!str_is_host(new.name) || im->servers.n >= IMPORT_SERVERS) {
		import_note(im, where,
		    "a server is called by its host name in full, as "
		    "mx1.example.org",
		    "\"%.*s\" is no host name: this server is left out",
		    NAME_SHOWN, name);
		mem_free(new.name);
		return NULL;
	}
	new.group = group_word(im, where, new.name, group);
	known = import_server(im, new.name);
	if (new.group == NULL || known != NULL) {
		mem_free(new.name);
		return new.group == NULL
		           ? NULL
		           : server_known(im, where, known, new.group);
	}
	new.at = im->servers.n;
	vec_push(&im->servers, new);
	return &im->servers.v[im->servers.n - 1];
}

void
import_server_reach(
    struct import_server *server, const struct addr *addr, bool peer)
{
	size_t n = peer ? server->peer.n : server->smtp.n;
	const struct addr *v = peer ? server->peer.v : server->smtp.v;

	for (size_t i = 0; i < n; i++)
		if (addr_equal(&v[i], addr))
			return;
	if (n >= LIMIT_ADDRESSES)
		return;
	if (peer)
		vec_push(&server->peer, *addr);
	else
		vec_push(&server->smtp, *addr);
}

struct import_connector *
import_connector_add(
    struct import *im, const char *where, const char *name, const char *server)
{
	struct import_connector c = { .cost = 10, .state = "up" };

	if (im->connectors.n >= IMPORT_CONNECTORS) {
		import_note(im, where, "import a part of it at a time",
		    "more than %d connectors: this one is left out",
		    IMPORT_CONNECTORS);
		return NULL;
	}
	c.name = import_word(name);
	if (c.name == NULL)
		c.name = mem_str("connector");
	c.server = mem_str(server);
	c.where = mem_str(where);
	c.at = im->connectors.n;
	vec_push(&im->connectors, c);
	return &im->connectors.v[im->connectors.n - 1];
}

void
import_connector_to(struct import_connector *c, const char *server)
{
	for (size_t i = 0; i < c->to.n; i++)
		if (strcmp(c->to.v[i], server) == 0)
			return;
	if (c->to.n < LIMIT_BRIDGEHEADS)
		vec_push(&c->to, mem_str(server));
}

static struct import_space *
space_new(struct import *im, const char *server, char *pattern, const char *way)
{
	struct import_space new = { .pattern = pattern,
		.server = mem_str(server),
		.way = mem_str(way),
		.at = im->spaces.n };

	vec_push(&im->spaces, new);
	return &im->spaces.v[im->spaces.n - 1];
}

struct import_space *
import_space_add(struct import *im, const char *where, const char *server,
    const char *pattern, const char *way)
{
	char *is = import_pattern(pattern);

	if (is == NULL || im->spaces.n >= IMPORT_SPACES) {
		import_note(im, where,
		    "an address space is user@dom, dom, .dom or *",
		    "\"%.*s\" is no address space, and left out", NAME_SHOWN,
		    pattern);
		mem_free(is);
		return NULL;
	}
	return space_new(im, server, is, way);
}
