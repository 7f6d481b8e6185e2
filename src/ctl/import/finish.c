/*
 * finish.c - what an importer has gathered, put in order (import_finish()).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/lsa/limits.h"
#include "ctl/import/import.h"

static int
by_imported_server(const void *x, const void *y)
{
	const struct import_server *a = x, *b = y;

	return strcmp(a->name, b->name);
}

static int
by_imported_connector(const void *x, const void *y)
{
	const struct import_connector *a = x, *b = y;
	int c = strcmp(a->server, b->server);

	if (c == 0)
		c = strcmp(a->name, b->name);
	return c != 0 ? c : a->at < b->at ? -1 : 1;
}

static int
by_imported_name(const void *x, const void *y)
{
	const struct import_connector *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c != 0 ? c : a->at < b->at ? -1 : 1;
}

static int
by_imported_space(const void *x, const void *y)
{
	const struct import_space *a = x, *b = y;
	int c = strcmp(a->server, b->server);

	if (c == 0)
		c = strcmp(a->pattern, b->pattern);
	return c != 0 ? c : a->at < b->at ? -1 : 1;
}

/* Sorted by then. */
static const struct import_server *
server_sorted(const struct import *im, const char *name)
{
	struct import_server key = { .name = (char *)(uintptr_t)name };

	return im->servers.n == 0 ? NULL
	                          : bsearch(&key, im->servers.v, im->servers.n,
					sizeof(key), by_imported_server);
}

static void
finish_drop(struct import_connector *c)
{
	mem_free(c->name);
	mem_free(c->server);
	mem_free(c->group);
	mem_free(c->transport);
	mem_free(c->probe);
	mem_free(c->where);
	for (size_t i = 0; i < c->to.n; i++)
		mem_free(c->to.v[i]);
	vec_done(&c->to);
	policy_done(&c->policy);
}

/* Leaves in c->to who is known, is no member of the own group, and is in the
 * group of the first. */
static void
ends_judge(struct import *im, struct import_connector *c)
{
	const struct import_server *own = server_sorted(im, c->server);
	size_t kept = 0;

	for (size_t i = 0; i < c->to.n; i++) {
		const struct import_server *to = server_sorted(im, c->to.v[i]);
		bool good =
		    own != NULL && to != NULL &&
		    strcmp(to->group, own->group) != 0 &&
		    (c->group == NULL || strcmp(c->group, to->group) == 0);

		if (to == NULL)
			import_note(im, c->where,
			    "import that server, too, or name another "
			    "bridgehead",
			    "connector %s: nothing is known of %.200s", c->name,
			    c->to.v[i]);
		else if (own != NULL && !good &&
			 strcmp(to->group, own->group) != 0)
			import_note(im, c->where,
			    "make a connector for each routing group",
			    "connector %s: %s is in %s, and the others in %s",
			    c->name, to->name, to->group, c->group);
		if (good && c->group == NULL)
			c->group = mem_str(to->group);
		if (good)
			c->to.v[kept++] = c->to.v[i];
		else
			mem_free(c->to.v[i]);
	}
	c->to.n = kept;
}

static void
connectors_judge(struct import *im)
{
	size_t kept = 0;

	for (size_t i = 0; i < im->connectors.n; i++) {
		struct import_connector *c = &im->connectors.v[i];

		ends_judge(im, c);
		if (c->to.n > 0) {
			im->connectors.v[kept++] = *c;
			continue;
		}
		import_note(im, c->where,
		    "name a bridgehead of another routing group",
		    "connector %s of %.200s leads nowhere, and is left out",
		    c->name, c->server);
		finish_drop(c);
	}
	im->connectors.n = kept;
}

/* NAME-2 and so on, cut so that it stays a word. Sorted by name: all that are
 * called alike are neighbours, and only one that is called NAME-2 already can
 * be met. */
static bool
is_name_used(const struct import *im, const char *name)
{
	for (size_t i = 0; i < im->connectors.n; i++)
		if (strcmp(im->connectors.v[i].name, name) == 0)
			return true;
	return false;
}

static void
connectors_name(struct import *im)
{
	struct import_connector *v = im->connectors.v;
	size_t n = im->connectors.n, number = 2;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_imported_name);
	for (size_t i = 1, first = 0; i < n; i++) {
		char name[STR_WORD_MAX + 1];

		if (strcmp(v[i].name, v[first].name) != 0) {
			first = i;
			number = 2;
			continue;
		}
		do
			snprintf(name, sizeof(name), "%.50s-%zu", v[first].name,
			    number++);
		while (is_name_used(im, name));
		mem_free(v[i].name);
		v[i].name = mem_str(name);
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_imported_connector);
}

static void
space_join(struct import *im, struct import_space *a, struct import_space *b)
{
	if ((a->way == NULL) != (b->way == NULL) ||
	    (a->way != NULL && strcmp(a->way, b->way) != 0))
		import_note(im, a->server, "keep the one that is meant",
		    "%s is delivered by %.200s, and by %.200s: the first "
		    "counts",
		    a->pattern, a->way == NULL ? "here" : a->way,
		    b->way == NULL ? "here" : b->way);
	if (b->cost < a->cost)
		a->cost = b->cost;
	a->relay = a->relay || b->relay;
	a->fallback = a->fallback && b->fallback;
	mem_free(b->pattern);
	mem_free(b->server);
	mem_free(b->way);
}

static void
spaces_order(struct import *im)
{
	struct import_space *v = im->spaces.v;
	size_t kept = 0;

	if (im->spaces.n > 1)
		qsort(v, im->spaces.n, sizeof(*v), by_imported_space);
	for (size_t i = 0; i < im->spaces.n; i++) {
		if (server_sorted(im, v[i].server) == NULL) {
			mem_free(v[i].pattern);
			mem_free(v[i].server);
			mem_free(v[i].way);
		} else if (kept > 0 &&
			   strcmp(v[kept - 1].server, v[i].server) == 0 &&
			   strcmp(v[kept - 1].pattern, v[i].pattern) == 0) {
			space_join(im, &v[kept - 1], &v[i]);
		} else {
			v[kept++] = v[i];
		}
	}
	im->spaces.n = kept;
}

/* A server may announce so much. */
static void
room_judge(struct import *im)
{
	for (size_t i = 0, k = 0, c = 0; i < im->servers.n; i++) {
		const char *name = im->servers.v[i].name;
		size_t n = 0;

		for (; k < im->spaces.n &&
		       strcmp(im->spaces.v[k].server, name) == 0;
		     k++)
			n++;
		for (; c < im->connectors.n &&
		       strcmp(im->connectors.v[c].server, name) == 0;
		     c++)
			n++;
		if (n + 2 > LIMIT_ORIGIN_LSAS)
			import_note(im, name, "join patterns under a .domain",
			    "%zu address spaces and connectors: a server may "
			    "announce %d in all",
			    n, LIMIT_ORIGIN_LSAS - 2);
	}
}

/* Where the names of all servers end alike, from a label on. */
static char *
common_end(const struct import *im)
{
	const char *end = im->servers.n == 0 ? NULL : im->servers.v[0].name;

	end = end == NULL ? NULL : strchr(end, '.');
	while (end != NULL) {
		size_t n = strlen(end), i = 0;

		for (; i < im->servers.n; i++) {
			const char *name = im->servers.v[i].name;
			size_t len = strlen(name);

			if (len <= n || strcmp(name + len - n, end) != 0)
				break;
		}
		if (i == im->servers.n && str_is_host(end + 1))
			return mem_str(end + 1);
		end = strchr(end + 1, '.');
	}
	return NULL;
}

void
import_finish(struct import *im)
{
	if (im->servers.n > 1)
		qsort(im->servers.v, im->servers.n, sizeof(*im->servers.v),
		    by_imported_server);
	connectors_judge(im);
	connectors_name(im);
	spaces_order(im);
	room_judge(im);
	if (im->organization == NULL)
		im->organization = common_end(im);
}
