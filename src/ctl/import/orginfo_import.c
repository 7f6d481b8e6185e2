#include "ctl/import/orginfo_import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "ctl/import/orginfo.h"
#include "ctl/import/run.h"
#include "sys/file.h"

#define DUMP_MAX (16u << 20)

/* clang-format off */
const struct verb_option import_orginfo_options[] = {
	{ "names", "FILE", "lines GUID NAME, for groups and servers" },
	IMPORT_OPTIONS,
	{ NULL, NULL, NULL },
};
/* clang-format on */

struct guid_name {
	char guid[ORGINFO_GUID];
	char *name;
};

struct dump {
	struct import *im;
	const char *file;
	const struct orginfo *info;
	VEC(struct guid_name) names;
	char *where; /* of what is read */
};

static const char *
dump_place(struct dump *d, unsigned line)
{
	struct buf b = { 0 };

	mem_free(d->where);
	buf_printf(&b, "%s:%u", d->file, line);
	d->where = buf_string(&b);
	return d->where;
}

static const char *
dump_name_of(const struct dump *d, const char *guid)
{
	for (size_t i = 0; i < d->names.n; i++)
		if (strcmp(d->names.v[i].guid, guid) == 0)
			return d->names.v[i].name;
	return NULL;
}

static int
dump_names_load(const struct call *call, struct dump *d)
{
	const char *path = call_option(call, "names");
	char line[1024];
	FILE *in;
	int status = CALL_OK;

	if (path == NULL)
		return CALL_OK;
	in = fopen(path, "re");
	if (in == NULL)
		return call_usage("%s: %s", path, strerror(errno));
	for (unsigned n = 1; fgets(line, sizeof(line), in) != NULL; n++) {
		char *rest = NULL, *guid = strtok_r(line, " \t\r\n", &rest);
		char *name = strtok_r(NULL, " \t\r\n", &rest);
		struct guid_name one;

		if (guid == NULL || *guid == '#')
			continue;
		if (name == NULL || !orginfo_guid(guid, one.guid)) {
			status = call_usage("%s:%u: write GUID NAME", path, n);
			continue;
		}
		one.name = mem_str(name);
		vec_push(&d->names, one);
	}
	fclose(in);
	return status;
}

/* As --names has it, else by its first digits. The caller's. */
static char *
dump_group_name(const struct dump *d, const struct orginfo_group *group)
{
	const char *name = dump_name_of(d, group->guid);
	struct buf b = { 0 };

	if (name != NULL)
		return mem_str(name);
	buf_printf(&b, "rg-%.8s", group->guid);
	return buf_string(&b);
}

/* Bridgeheads are named; members are when --names has them. */
static void
bridgeheads_add(
    struct dump *d, const struct orginfo_host *v, size_t n, const char *group)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].name != NULL)
			(void)import_server_add(
			    d->im, d->where, v[i].name, group);
}

static void
dump_members_add(
    struct dump *d, const struct orginfo_group *group, const char *word)
{
	size_t unnamed = 0;

	for (size_t i = 0; i < group->members.n; i++) {
		const char *name = dump_name_of(d, group->members.v[i].guid);
		struct import_server *server;

		unnamed += name == NULL;
		server = name == NULL
		             ? NULL
		             : import_server_add(d->im, d->where, name, word);
		if (server != NULL && !group->members.v[i].up)
			server->state = "down";
	}
	for (size_t i = 0; i < group->connectors.n; i++)
		bridgeheads_add(d, group->connectors.v[i].sources.v,
		    group->connectors.v[i].sources.n, word);
	if (unnamed > 0)
		import_note(d->im, d->where,
		    "name them in a file for --names: GUID NAME",
		    "of %zu servers of %s there is a GUID alone: only its "
		    "bridgeheads are known",
		    unnamed, word);
}

static void
dump_groups_add(struct dump *d)
{
	for (size_t i = 0; i < d->info->groups.n; i++) {
		const struct orginfo_group *g = &d->info->groups.v[i];
		char *name = dump_group_name(d, g), *word = import_word(name);

		dump_place(d, g->line);
		dump_members_add(d, g, word == NULL ? "group" : word);
		mem_free(word);
		mem_free(name);
	}
}

/* An address of another routing group has its GUID in it. */
static const struct orginfo_group *
arrow_group(const struct dump *d, const struct orginfo_connector *c,
    unsigned long *cost)
{
	for (size_t i = 0; i < c->arrows.n; i++) {
		char guid[ORGINFO_GUID];

		if (!orginfo_guid(c->arrows.v[i].address, guid))
			continue;
		for (size_t k = 0; k < d->info->groups.n; k++)
			if (strcmp(d->info->groups.v[k].guid, guid) == 0) {
				*cost = c->arrows.v[i].cost;
				return &d->info->groups.v[k];
			}
	}
	return NULL;
}

/* The last part of /o=.../cn=Connections/cn=NAME. */
static const char *
dump_connector_name(const struct orginfo_connector *c)
{
	const char *slash = c->dn == NULL ? NULL : strrchr(c->dn, '/');

	return slash == NULL                        ? "connector"
	       : strncasecmp(slash, "/cn=", 4) == 0 ? slash + 4
	                                            : slash + 1;
}

/* Who sends by it: its bridgeheads, else all of its group that are known. */
struct senders {
	VEC(char *) list;
};

static void
dump_senders_of(const struct dump *d, const struct orginfo_connector *c,
    const char *group, struct senders *out)
{
	for (size_t i = 0; i < c->sources.n; i++)
		if (c->sources.v[i].name != NULL) {
			char *lower = mem_str(c->sources.v[i].name);

			str_lower(lower);
			vec_push(&out->list, lower);
		}
	for (size_t i = 0; out->list.n == 0 && i < d->im->servers.n; i++)
		if (strcmp(d->im->servers.v[i].group, group) == 0)
			vec_push(&out->list, mem_str(d->im->servers.v[i].name));
}

/* To its target bridgeheads, else to all of that group that are known. */
static void
dump_ends_add(struct dump *d, const struct orginfo_connector *c,
    struct import_connector *to, const char *group)
{
	for (size_t i = 0; i < c->targets.n; i++)
		if (c->targets.v[i].name != NULL) {
			char *lower = mem_str(c->targets.v[i].name);

			str_lower(lower);
			import_connector_to(to, lower);
			mem_free(lower);
		}
	for (size_t i = 0; to->to.n == 0 && i < d->im->servers.n; i++)
		if (strcmp(d->im->servers.v[i].group, group) == 0)
			import_connector_to(to, d->im->servers.v[i].name);
}

static void
connector_between(struct dump *d, const struct orginfo_connector *c,
    const char *sender, const char *group, unsigned long cost)
{
	struct import_connector *to = import_connector_add(
	    d->im, d->where, dump_connector_name(c), sender);

	if (to == NULL)
		return;
	to->cost = import_cost(
	    d->im, d->where, cost > INT32_MAX ? INT32_MAX : (int64_t)cost);
	to->state = c->up ? "up" : "down";
	dump_ends_add(d, c, to, group);
}

static void
dump_spaces_of(
    struct dump *d, const struct orginfo_connector *c, const char *sender)
{
	for (size_t i = 0; i < c->arrows.n; i++) {
		const struct orginfo_arrow *a = &c->arrows.v[i];
		struct import_space *space;
		char guid[ORGINFO_GUID];

		if (orginfo_guid(a->address, guid)) {
			import_note(d->im, d->where, "save the table anew",
			    "it leads to a routing group that is not in the "
			    "table: %s",
			    guid);
			continue;
		}
		if (strcasecmp(a->type, "SMTP") != 0) {
			import_note(d->im, d->where,
			    "its gateway can be reached as `deliver = "
			    "TRANSPORT:`",
			    "%.60s:%.200s is no address space of SMTP", a->type,
			    a->address);
			continue;
		}
		space =
		    import_space_add(d->im, d->where, sender, a->address, NULL);
		if (space != NULL)
			space->cost = a->cost > UINT16_MAX ? UINT16_MAX
			                                   : (uint32_t)a->cost;
	}
}

static void
dump_connector_take(struct dump *d, const struct orginfo_group *group,
    const struct orginfo_connector *c)
{
	unsigned long cost = 1;
	const struct orginfo_group *to = arrow_group(d, c, &cost);
	char *own = dump_group_name(d, group), *word = import_word(own);
	char *far = to == NULL ? NULL : dump_group_name(d, to);
	char *far_word = far == NULL ? NULL : import_word(far);
	struct senders senders = { 0 };

	dump_place(d, c->line);
	if (far_word != NULL)
		bridgeheads_add(d, c->targets.v, c->targets.n, far_word);
	if (c->restricted != NULL)
		import_note(d->im, d->where,
		    "write its allow-senders or deny-senders",
		    "connector %.60s is limited to, or closed for, %.200s%s: "
		    "no address "
		    "stands there",
		    dump_connector_name(c), c->restricted,
		    c->nrestricted > 1 ? " and others" : "");
	dump_senders_of(d, c, word == NULL ? "group" : word, &senders);
	if (senders.list.n == 0)
		import_note(d->im, d->where,
		    "name the servers of its group: --names",
		    "connector %.60s has no bridgehead that is known",
		    dump_connector_name(c));
	for (size_t i = 0; i < senders.list.n; i++) {
		if (to != NULL)
			connector_between(d, c, senders.list.v[i],
			    far_word == NULL ? "group" : far_word, cost);
		else
			dump_spaces_of(d, c, senders.list.v[i]);
		mem_free(senders.list.v[i]);
	}
	vec_done(&senders.list);
	mem_free(own);
	mem_free(word);
	mem_free(far);
	mem_free(far_word);
}

/* Written in 16 bits a letter: every other octet says nothing. */
static void
wide_narrow(struct buf *text)
{
	size_t kept = 0;

	if (text->n < 2 || text->p[0] != 0xff || text->p[1] != 0xfe)
		return;
	for (size_t i = 2; i + 1 < text->n; i += 2)
		text->p[kept++] = text->p[i];
	text->n = kept;
}

static void
dump_take(struct dump *d)
{
	dump_groups_add(d);
	for (size_t i = 0; i < d->info->groups.n; i++) {
		const struct orginfo_group *g = &d->info->groups.v[i];

		for (size_t k = 0; k < g->connectors.n; k++)
			dump_connector_take(d, g, &g->connectors.v[k]);
	}
	if (d->info->fault != NULL)
		import_note(d->im, dump_place(d, d->info->line),
		    "save it anew; what is whole before is imported", "%s",
		    d->info->fault);
}

static int
orginfo_source(const struct call *call, const struct import_hosts *hosts,
    struct import *im)
{
	struct orginfo info = { .fault = NULL };
	struct dump d = { .im = im, .file = call->operands[0], .info = &info };
	struct buf text = { 0 };
	int status = dump_names_load(call, &d), rc;

	(void)hosts;
	rc = status == CALL_OK ? file_load(d.file, DUMP_MAX, &text) : RC_OK;
	if (rc != RC_OK)
		status = call_usage("%s: %s", d.file,
		    rc == RC_LONG ? "is too long" : strerror(errno));
	if (status == CALL_OK) {
		wide_narrow(&text);
		orginfo_read(&info, text.n == 0 ? "" : (char *)text.p, text.n);
		dump_take(&d);
	}
	for (size_t i = 0; i < d.names.n; i++)
		mem_free(d.names.v[i].name);
	vec_done(&d.names);
	mem_free(d.where);
	buf_done(&text);
	orginfo_done(&info);
	return status;
}

int
import_orginfo(const struct call *call)
{
	return import_run(call, orginfo_source);
}
