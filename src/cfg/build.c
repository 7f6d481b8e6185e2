#include "cfg/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "cfg/complain.h"
#include "cfg/patterns.h"
#include "cfg/schema.h"
#include "cfg/setting.h"
#include "idn/labels.h"

static cfg_opt_t *
section_options(const char *section)
{
	cfg_opt_t end = CFG_END(), *out;
	size_t n = 0;

	for (const struct schema *s = schema_options; s->name != NULL; s++)
		n += strcmp(s->section, section) == 0;
	for (const struct schema_section *s = schema_sections; s->name != NULL;
	     s++)
		n += strcmp(s->around, section) == 0;
	out = mem_new(0, n + 1, sizeof(*out));
	n = 0;
	for (const struct schema *s = schema_options; s->name != NULL; s++) {
		cfg_flag_t list = schema_is_list(s) ? CFGF_LIST : CFGF_NONE;
		cfg_opt_t one =
		    CFG_STR(schema_key(s), NULL, CFGF_NODEFAULT | list);

		if (strcmp(s->section, section) == 0)
			out[n++] = one;
	}
	for (const struct schema_section *s = schema_sections; s->name != NULL;
	     s++) {
		cfg_opt_t one = CFG_SEC(s->name, NULL,
		    CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);

		if (strcmp(s->around, section) != 0)
			continue;
		one.subopts = section_options(s->name);
		out[n++] = one;
	}
	out[n] = end;
	return out;
}

cfg_opt_t *
build_options(void)
{
	return section_options("");
}

void
build_options_free(cfg_opt_t *options)
{
	if (options == NULL)
		return;
	for (size_t i = 0; options[i].name != NULL; i++)
		build_options_free(options[i].subopts);
	mem_free(options);
}

static size_t
number_of(const struct build *b, const struct outline_item *item)
{
	return item == NULL ? OUTLINE_TOP
	                    : (size_t)(item - b->outline->items.v);
}

/* The option, else its section, else NULL. */
static const struct outline_item *
build_find(const struct build *b, const struct build_place *p, bool exact)
{
	const struct outline_item *in = NULL, *inner, *option;

	if (p->section != NULL)
		in =
		    outline_find(b->outline, OUTLINE_TOP, p->section, p->title);
	if (p->section != NULL && in == NULL)
		return NULL;
	if (p->inner != NULL) {
		inner = outline_find(
		    b->outline, number_of(b, in), "bridgehead", p->inner);
		if (inner == NULL)
			return exact ? NULL : in;
		in = inner;
	}
	if (p->option == NULL)
		return in;
	option = outline_find(b->outline, number_of(b, in), p->option, NULL);
	return option != NULL || exact ? option : in;
}

bool
build_is_set(const struct build *build, const struct build_place *place)
{
	return build_find(build, place, true) != NULL;
}

static void
build_tell(const struct build *b, const struct build_place *place, bool warning,
    const char *remedy, const char *text)
{
	const struct outline_item *item = build_find(b, place, false);
	struct complain_at at = {
		.file = item == NULL ? b->file : item->file,
		.line = item == NULL ? 0 : item->line,
		.remedy = remedy,
		.warning = warning,
	};

	complain(b->complaints, &at, "%s", text);
}

void
build_complain(const struct build *build, const struct build_place *place,
    const char *remedy, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	build_tell(build, place, false, remedy, text);
}

void
build_warn(const struct build *build, const struct build_place *place,
    const char *remedy, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	build_tell(build, place, true, remedy, text);
}

static const char *
build_reason(const struct schema *option, int rc)
{
	if (rc == RC_RANGE)
		return "out of range";
	if (rc == RC_TWICE)
		return "twice in the list";
	if (rc == RC_LIMIT)
		return "one value too many";
	if (rc == RC_CLAIM)
		return "not a way out: mail would be lost, bounce or come back";
	if (option->type == SCHEMA_INTEGER)
		return "not a decimal integer";
	return "not of the form it should have";
}

static void
value_refuse(const struct build *b, const struct build_place *place,
    const struct schema *option, const char *text, int rc)
{
	struct buf remedy = { 0 };

	if (rc == RC_TWICE) {
		buf_text(&remedy, "remove one of the two");
	} else {
		buf_text(&remedy, "write ");
		schema_describe(&remedy, option);
	}
	buf_u8(&remedy, 0);
	build_complain(b, place, (char *)remedy.p, "%s = \"%.200s\": %s",
	    option->name, text, build_reason(option, rc));
	buf_done(&remedy);
}

/* `probe`: after `deliver`, which stands before it in the schema. */
static int
probe_set(const struct build *b, const struct build_place *place,
    struct setup_space *space, const char *text)
{
	struct conf_lookup lookup = { 0 };
	char *host;

	if (strcmp(text, "no") == 0)
		return RC_OK;
	if (strcmp(text, "yes") != 0)
		return setting_address(text, &space->probe);
	if (b->way_refused)
		return RC_OK;
	if (space->way == NULL ||
	    setting_way_host(space->way, &space->probe, &host) != RC_OK) {
		build_complain(b, place,
		    "give the address to probe, as probe = \"192.0.2.1:25\"",
		    "probe = yes: \"%s\" names no [host]:port to probe",
		    space->way == NULL ? "here" : space->way);
		return RC_OK;
	}
	if (host != NULL) {
		lookup.space = b->conf->setup.nspaces;
		lookup.host = host;
		lookup.port = space->probe.port;
		memset(&space->probe, 0, sizeof(space->probe));
		b->conf->lookups = mem_grow(
		    b->conf->lookups, b->conf->nlookups + 1, sizeof(lookup));
		b->conf->lookups[b->conf->nlookups++] = lookup;
	}
	return RC_OK;
}

static int
one_set(const struct build *b, const struct build_place *place,
    const struct schema *option, void *base, const char *text)
{
	if (option->type == SCHEMA_PROBE)
		return probe_set(b, place, base, text);
	return setting_set(option, base, text);
}

/* One option of a section: what is written, else its default. */
static void
option_build(struct build *b, struct build_place place, cfg_t *cfg,
    const struct schema *option, void *base)
{
	cfg_opt_t *opt = cfg_getopt(cfg, schema_key(option));
	unsigned n = cfg_opt_size(opt);

	place.option = option->name;
	if (option->at == SCHEMA_NOWHERE)
		return;
	if (n == 0 && option->fallback != NULL)
		CHECK(one_set(b, &place, option, base, option->fallback) ==
		      RC_OK);
	for (unsigned i = 0; i < n; i++) {
		const char *text = cfg_opt_getnstr(opt, i);
		int rc = one_set(b, &place, option, base, text);

		if (rc != RC_OK)
			value_refuse(b, &place, option, text, rc);
		if (option->type == SCHEMA_WAY)
			b->way_refused = rc != RC_OK;
	}
}

static void
options_build(struct build *b, const struct build_place *place, cfg_t *cfg,
    const char *section, void *base)
{
	for (const struct schema *s = schema_options; s->name != NULL; s++)
		if (strcmp(s->section, section) == 0)
			option_build(b, *place, cfg, s, base);
}

static char *
title_take(const struct build *b, const struct build_place *place, cfg_t *sec,
    bool (*form)(const char *s), const char *remedy)
{
	char *name = labels_to_a(cfg_title(sec));

	if (!form(name))
		build_complain(b, place, remedy, "%s \"%.200s\": not a name",
		    cfg_name(sec), name);
	return name;
}

static void
peer_build(struct build *b, cfg_t *sec)
{
	struct setup *setup = &b->conf->setup;
	struct build_place place = { .section = "peer" };
	struct setup_peer peer = { 0 };
	char *title = labels_to_a(cfg_title(sec));

	place.title = title;
	peer.name = title_take(b, &place, sec, str_is_host,
	    "a peer is called by its server's host name");
	options_build(b, &place, sec, "peer", &peer);
	setup->peers = mem_grow(setup->peers, setup->npeers + 1, sizeof(peer));
	setup->peers[setup->npeers++] = peer;
	mem_free(title);
}

static void
bridgehead_build(struct build *b, struct build_place place, cfg_t *sec,
    struct setup_connector *connector)
{
	struct setup_bridgehead one = { .carrier = connector->every.carrier };
	char *title = labels_to_a(cfg_title(sec));

	place.inner = title;
	one.name = title_take(b, &place, sec, str_is_host,
	    "a bridgehead is called by its server's host name");
	options_build(b, &place, sec, "bridgehead", &one);
	if (one.cost == 0)
		one.cost = connector->every.cost;
	connector->bridgeheads = mem_grow(
	    connector->bridgeheads, connector->nbridgeheads + 1, sizeof(one));
	connector->bridgeheads[connector->nbridgeheads++] = one;
	mem_free(title);
}

/* What each bridgehead has that says nothing else, and those that no section
 * names. */
static void
every_build(struct build *b, const struct build_place *place, cfg_t *sec,
    struct setup_bridgehead *every)
{
	struct schema cost = *schema_find("connector", "cost");
	struct schema peer = *schema_find("connector", "peer");

	cost.at = schema_find("bridgehead", "cost")->at;
	peer.at = schema_find("bridgehead", "peer")->at;
	option_build(b, *place, sec, &cost, every);
	option_build(b, *place, sec, &peer, every);
}

static void
connector_build(struct build *b, cfg_t *sec)
{
	struct setup *setup = &b->conf->setup;
	struct build_place place = { .section = "connector" };
	struct setup_connector one = { 0 };
	char *title = labels_to_a(cfg_title(sec));

	place.title = title;
	one.name = title_take(b, &place, sec, str_is_word,
	    "write a name of a-z, 0-9, '.', '_' and '-', at most 63");
	options_build(b, &place, sec, "connector", &one);
	every_build(b, &place, sec, &one.every);
	for (unsigned i = 0; i < cfg_size(sec, "bridgehead"); i++)
		bridgehead_build(
		    b, place, cfg_getnsec(sec, "bridgehead", i), &one);
	setup->connectors =
	    mem_grow(setup->connectors, setup->nconnectors + 1, sizeof(one));
	setup->connectors[setup->nconnectors++] = one;
	mem_free(title);
}

static void
space_build(struct build *b, cfg_t *sec)
{
	struct setup *setup = &b->conf->setup;
	struct build_place place = { .section = "address-space" };
	struct setup_space one = { 0 };
	char *title = labels_to_a(cfg_title(sec));

	place.title = title;
	one.pattern = title_take(b, &place, sec, str_is_pattern,
	    "write user@domain, domain, .domain or \"*\"");
	b->way_refused = false;
	options_build(b, &place, sec, "address-space", &one);
	place.option = "relay";
	if (cfg_size(sec, "relay") == 0)
		one.relay = one.way == NULL && strcmp(one.pattern, "*") != 0;
	setup->spaces =
	    mem_grow(setup->spaces, setup->nspaces + 1, sizeof(one));
	setup->spaces[setup->nspaces++] = one;
	mem_free(title);
}

static int
peer_order(const void *a, const void *b)
{
	const struct setup_peer *x = a, *y = b;

	return str_order(x->name, y->name);
}

static int
bridgehead_order(const void *a, const void *b)
{
	const struct setup_bridgehead *x = a, *y = b;

	return str_order(x->name, y->name);
}

static int
connector_order(const void *a, const void *b)
{
	const struct setup_connector *x = a, *y = b;

	return str_order(x->name, y->name);
}

static int
space_order(const void *a, const void *b)
{
	const struct setup_space *x = a, *y = b;

	return str_order(x->pattern, y->pattern);
}

/* qsort() of nothing must not be given NULL. */
static void
sort(void *list, size_t n, size_t each,
    int (*order)(const void *a, const void *b))
{
	if (n > 1)
		qsort(list, n, each, order);
}

/* The lookups follow their spaces, which the sorting moves: by pattern. */
static void
spaces_sort(struct conf *conf)
{
	struct setup *s = &conf->setup;
	char **patterns =
	    mem_new(sizeof(char *), conf->nlookups, sizeof(char *));

	for (size_t i = 0; i < conf->nlookups; i++)
		patterns[i] = s->spaces[conf->lookups[i].space].pattern;
	sort(s->spaces, s->nspaces, sizeof(*s->spaces), space_order);
	for (size_t i = 0; i < conf->nlookups; i++)
		for (size_t k = 0; k < s->nspaces; k++)
			if (s->spaces[k].pattern == patterns[i])
				conf->lookups[i].space = k;
	mem_free(patterns);
}

/* Those that have a section say themselves what they are. */
static bool
list_has_section(
    const struct build *b, const struct patterns_one *one, size_t *at, size_t n)
{
	const struct setup_space *spaces = b->conf->setup.spaces;
	struct complain_at place = { b->conf->list, one->line,
		"take one of the two out", true };
	int order = 1;

	while (*at < n &&
	       (order = str_order(spaces[*at].pattern, one->pattern)) < 0)
		(*at)++;
	if (*at == n || order != 0)
		return false;
	complain(b->complaints, &place,
	    "\"%s\" has a section address-space, which counts", one->pattern);
	return true;
}

void
build_list(struct build *b)
{
	struct setup *s = &b->conf->setup;
	struct patterns list = { 0 };
	size_t at = 0, n = s->nspaces;

	if (b->conf->list == NULL ||
	    patterns_load(b->conf->list, b->complaints, &list) != RC_OK)
		return;
	s->spaces = mem_grow(s->spaces, n + list.v.n, sizeof(*s->spaces));
	for (size_t i = 0; i < list.v.n; i++) {
		struct setup_space one = { .pattern = list.v.v[i].pattern,
			.cost = b->conf->list_cost,
			.relay = true,
			.listed = true };

		if (list_has_section(b, &list.v.v[i], &at, n))
			continue;
		list.v.v[i].pattern = NULL;
		s->spaces[s->nspaces++] = one;
	}
	patterns_done(&list);
	spaces_sort(b->conf);
}

void
build_conf(struct build *build, cfg_t *cfg)
{
	struct build_place top = { 0 };
	struct setup *s = &build->conf->setup;

	options_build(build, &top, cfg, "", build->conf);
	for (unsigned i = 0; i < cfg_size(cfg, "peer"); i++)
		peer_build(build, cfg_getnsec(cfg, "peer", i));
	for (unsigned i = 0; i < cfg_size(cfg, "connector"); i++)
		connector_build(build, cfg_getnsec(cfg, "connector", i));
	for (unsigned i = 0; i < cfg_size(cfg, "address-space"); i++)
		space_build(build, cfg_getnsec(cfg, "address-space", i));
	sort(s->peers, s->npeers, sizeof(*s->peers), peer_order);
	for (size_t i = 0; i < s->nconnectors; i++)
		sort(s->connectors[i].bridgeheads,
		    s->connectors[i].nbridgeheads,
		    sizeof(*s->connectors[i].bridgeheads), bridgehead_order);
	sort(s->connectors, s->nconnectors, sizeof(*s->connectors),
	    connector_order);
	spaces_sort(build->conf);
}
