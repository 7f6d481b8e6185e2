#include "plugins/postfix/reading.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "base/str.h"
#include "base/vec.h"
#include "idn/labels.h"
#include "plugins/postfix/facts.h"
#include "plugins/postfix/passing.h"
#include "sys/file.h"

#define FILE_MAX_OCTETS 1048576 /* of a list that goes on in a file */
#define MAPS_MAX 16             /* asked for our domains */
#define BETWEEN ", \t\r\n"

static const char *const parameters[] = { "transport_maps", "relay_domains",
	"sender_dependent_default_transport_maps", "inet_protocols",
	"smtp_host_lookup", "smtp_dns_support_level", "disable_dns_lookups",
	"inet_interfaces", "smtp_bind_address", "smtp_bind_address6",
	"recipient_delimiter", "owner_request_special", "queue_directory",
	"maximal_queue_lifetime", "smtputf8_enable", "mydestination",
	"virtual_mailbox_domains", "virtual_alias_domains" };
#define NPARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

/* Where Postfix has domains of its own. */
static const char *const classes[] = { "mydestination",
	"virtual_mailbox_domains", "virtual_alias_domains" };

enum step { STEP_MAIN, STEP_MASTER, STEP_MAPS };

/* What a pattern of ours may be found in. */
enum found { FOUND_LOCAL, FOUND_TRANSPORT, FOUND };

struct reading_map {
	enum found found;
	char *name;
};

struct plugin_reading {
	const struct plugin_want *want;
	enum step step;
	char *main, *master;          /* the answers; NULL: it failed */
	VEC(struct reading_map) maps; /* to be asked for our patterns */
	size_t map;                   /* the next one */
	bool *found[FOUND];           /* by want->here */
	struct buf keys;              /* what the maps are asked */
};

static struct plugin_reading *
reading_begin(const struct plugin_want *want)
{
	struct plugin_reading *r = mem_new(sizeof(*r), 0, 0);

	r->want = want;
	for (int i = 0; i < FOUND; i++)
		r->found[i] = mem_new(0, want->nhere + 1, sizeof(bool));
	for (size_t i = 0; i < want->nhere; i++) {
		char *other = labels_to_u(want->here[i]);

		buf_printf(&r->keys, "%s\n", want->here[i]);
		if (other != NULL)
			buf_printf(&r->keys, "%s\n", other);
		mem_free(other);
	}
	buf_u8(&r->keys, 0);
	return r;
}

/* The last one stays NULL. */
static void
argument_add(struct plugin_question *q, size_t *n, const char *word)
{
	CHECK(*n < PLUGIN_ARGS - 1);
	q->argv[(*n)++] = word;
}

static bool
reading_ask(struct plugin_reading *r, struct plugin_question *q)
{
	size_t n = 0;

	*q = (struct plugin_question){ 0 };
	if (r->step == STEP_MAPS &&
	    (r->map >= r->maps.n || r->want->nhere == 0))
		return false;
	argument_add(q, &n, r->step == STEP_MAPS ? "postmap" : "postconf");
	if (r->want->configuration != NULL) {
		argument_add(q, &n, "-c");
		argument_add(q, &n, r->want->configuration);
	}
	if (r->step == STEP_MASTER)
		argument_add(q, &n, "-M");
	if (r->step == STEP_MAIN) {
		argument_add(q, &n, "-x");
		for (size_t i = 0; i < NPARAMETERS; i++)
			argument_add(q, &n, parameters[i]);
		for (size_t i = 0; passing_parameters[i] != NULL; i++)
			argument_add(q, &n, passing_parameters[i]);
	}
	if (r->step != STEP_MAPS)
		return true;
	argument_add(q, &n, "-q");
	argument_add(q, &n, "-");
	argument_add(q, &n, r->maps.v[r->map].name);
	q->input = (const char *)r->keys.p;
	return true;
}

/* The value of a parameter in lines `name = value`; the caller's. NULL when
 * it is not among them. */
static char *
reading_value_of(const char *lines, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = lines; at != NULL && *at != '\0';
	     at = str_next_line(at)) {
		size_t len = strcspn(at, "\n");

		if (strncmp(at, name, n) != 0 || strncmp(at + n, " =", 2) != 0)
			continue;
		at += n + 2;
		len -= n + 2;
		while (len > 0 && *at == ' ')
			at++, len--;
		return mem_dup(at, len);
	}
	return NULL;
}

/* The line of a service; the caller's, or NULL. `program`: of the first
 * service that runs it, whatever it is called. */
static char *
service_of(const char *lines, const char *name, const char *program)
{
	for (const char *at = lines; at != NULL && *at != '\0';
	     at = str_next_line(at)) {
		char *line = mem_dup(at, strcspn(at, "\n"));
		char is[2][64] = { "", "" }, type[16] = "";

		if (*at != '#' &&
		    sscanf(line, "%63s %15s %*s %*s %*s %*s %*s %63s", is[0],
			type, is[1]) == 3 &&
		    (name == NULL || (strcmp(is[0], name) == 0 &&
					 strcmp(type, "unix") == 0)) &&
		    (program == NULL || strcmp(is[1], program) == 0))
			return line;
		mem_free(line);
	}
	return NULL;
}

/* What a service's `-o NAME=VALUE` or `-o {NAME = VALUE}` lays down, the last
 * of several; else what main.cf says. The caller's. */
static char *
value_for(const struct plugin_reading *r, const char *service, const char *name)
{
	size_t n = strlen(name);
	const char *found = NULL, *end = NULL, *at = service;

	while (at != NULL && (at = strstr(at, name)) != NULL) {
		const char *before = at, *to = at + n + strspn(at + n, " ");
		bool braces;

		while (before > service && before[-1] == ' ')
			before--;
		braces = before > service && before[-1] == '{';
		at += n;
		if (*to != '=' || before - service < 2 ||
		    (!braces && strncmp(before - 2, "-o", 2) != 0))
			continue;
		found = to + 1 + strspn(to + 1, " ");
		end = braces ? "}" : " ";
	}
	if (found == NULL)
		return reading_value_of(r->main, name);
	return mem_dup(found, strcspn(found, end));
}

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* The file of a table without its suffix, compared with suffix: a link to it
 * is it. */
static bool
is_table(const char *name, const char *ours)
{
	char a[PATH_MAX], b[PATH_MAX];

	snprintf(a, sizeof(a), "%s.lmdb", name);
	snprintf(b, sizeof(b), "%s.lmdb", ours);
	return same_file(a, b);
}

static bool
names_table(const char *value, const char *ours)
{
	static const char type[] = "lmdb:";
	const char *at = value;

	while ((at = strstr(at, type)) != NULL) {
		char *name;
		bool is;

		at += sizeof(type) - 1;
		name = mem_dup(at, strcspn(at, BETWEEN "{}()"));
		is = is_table(name, ours);
		mem_free(name);
		if (is)
			return true;
	}
	return false;
}

/* A file's text, the caller's; NULL when it cannot be read. */
static char *
reading_text_of(const char *path)
{
	struct buf text = { 0 };

	if (file_load(path, FILE_MAX_OCTETS, &text) == RC_OK)
		return buf_string(&text);
	buf_done(&text);
	return NULL;
}

/* A list may go on in files: a word that is a path. */
static enum mta_asks
files_name_table(const char *value, const char *ours)
{
	char *copy = mem_str(value), *rest = NULL;
	enum mta_asks asks = MTA_NO;

	for (char *w = strtok_r(copy, BETWEEN, &rest); w != NULL;
	     w = strtok_r(NULL, BETWEEN, &rest)) {
		char *text;

		if (*w != '/')
			continue;
		text = reading_text_of(w);
		if (text == NULL)
			asks = asks == MTA_YES ? asks : MTA_UNKNOWN;
		else if (names_table(text, ours))
			asks = MTA_YES;
		mem_free(text);
	}
	mem_free(copy);
	return asks;
}

/* Whether the parameter, as this service has it, names our table. */
static enum mta_asks
asks_table(const struct plugin_reading *r, const char *service,
    const char *parameter, const char *table)
{
	char *value = value_for(r, service, parameter);
	char ours[PATH_MAX];
	enum mta_asks asks;

	if (value == NULL)
		return MTA_UNKNOWN;
	snprintf(ours, sizeof(ours), "%s/%s", r->want->tables, table);
	if (names_table(value, ours))
		asks = MTA_YES;
	else if (strchr(value, '$') != NULL)
		asks = MTA_UNKNOWN; /* something that we cannot expand */
	else
		asks = files_name_table(value, ours);
	mem_free(value);
	return asks;
}

static void
note_missing(struct mta *out, const char *what)
{
	size_t n = strlen(out->missing);

	snprintf(out->missing + n, sizeof(out->missing) - n, "%s%s",
	    n > 0 ? " " : "", what);
}

/* One "no" is enough; else one "unknown" leaves it open. */
static void
judge_part(struct mta *out, enum mta_asks is, const char *what)
{
	if (is == MTA_NO && out->asks != MTA_NO)
		out->missing[0] = '\0';
	if (is == MTA_NO || (is == MTA_UNKNOWN && out->asks != MTA_NO)) {
		out->asks = is;
		note_missing(out, what);
	}
}

static void
judge_service(const struct plugin_reading *r, struct mta *out, const char *name)
{
	char *line = service_of(r->master, name, NULL);

	judge_part(out, line == NULL ? MTA_NO : MTA_YES, name);
	mem_free(line);
}

static void
judge_asks(const struct plugin_reading *r, struct mta *out)
{
	char *rewrite = service_of(r->master, NULL, "trivial-rewrite");

	out->asks = MTA_YES;
	judge_part(out, asks_table(r, rewrite, parameters[0], "transport"),
	    parameters[0]);
	judge_part(out, asks_table(r, rewrite, parameters[1], "domains"),
	    parameters[1]);
	out->asks_default = asks_table(r, rewrite, parameters[2], "default");
	judge_service(r, out, r->want->transport);
	judge_service(r, out, r->want->hold);
	mem_free(rewrite);
}

/* `-` is no since Postfix 3.0, but for a site of compatibility_level 0. */
static bool
is_chrooted(const char *service)
{
	char word[2] = "";

	return service != NULL &&
	       sscanf(service, "%*s %*s %*s %*s %1s", word) == 1 &&
	       *word == 'y';
}

/* The facts, as the service that sends to our next hops has them. */
static void
read_facts(const struct plugin_reading *r, struct mta *out)
{
	char *service = service_of(r->master, r->want->transport, NULL);

	for (size_t i = 3; i < NPARAMETERS; i++) {
		char *value = value_for(r, service, parameters[i]);

		if (value != NULL)
			facts_read(out, parameters[i], value);
		mem_free(value);
	}
	out->chroot = is_chrooted(service);
	passing_read(r->main, r->master, out);
	out->read = true;
	mem_free(service);
}

static void
reading_mark(struct plugin_reading *r, enum found found, const char *word)
{
	char *pattern = labels_to_a(word);

	for (size_t i = 0; i < r->want->nhere; i++)
		if (strcmp(r->want->here[i], pattern) == 0)
			r->found[found][i] = true;
	mem_free(pattern);
}

/* A map is asked as it is, without Postfix's own go-between. */
static void
add_map(struct plugin_reading *r, enum found found, const char *name)
{
	struct reading_map map = { .found = found };

	if (strncmp(name, "proxy:", 6) == 0)
		name += 6;
	if (strchr(name, ':') == NULL || strpbrk(name, "{}") != NULL ||
	    r->maps.n >= MAPS_MAX)
		return;
	map.name = mem_str(name);
	vec_push(&r->maps, map);
}

/* The words of a list: domains are compared, files are lists themselves, of
 * a depth that is bounded, maps are to be asked. */
static void
look_at_list(struct plugin_reading *r, const char *list, unsigned depth)
{
	char *copy = mem_str(list), *rest = NULL;

	for (char *w = strtok_r(copy, BETWEEN, &rest); w != NULL;
	     w = strtok_r(NULL, BETWEEN, &rest)) {
		if (*w == '/') {
			char *text = depth == 0 ? NULL : reading_text_of(w);

			if (text != NULL)
				look_at_list(r, text, depth - 1);
			mem_free(text);
			continue;
		}
		add_map(r, FOUND_LOCAL, w);
		reading_mark(r, FOUND_LOCAL, w);
	}
	mem_free(copy);
}

/* The site's own transport maps. What is within braces is not taken apart. */
static void
look_at_transports(struct plugin_reading *r)
{
	char *list = reading_value_of(r->main, parameters[0]), *rest = NULL;
	char ours[PATH_MAX];

	snprintf(ours, sizeof(ours), "%s/transport", r->want->tables);
	for (char *w = list == NULL ? NULL : strtok_r(list, BETWEEN, &rest);
	     w != NULL; w = strtok_r(NULL, BETWEEN, &rest))
		if (!names_table(w, ours))
			add_map(r, FOUND_TRANSPORT, w);
	mem_free(list);
}

static void
look_at_maps(struct plugin_reading *r)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		char *list = reading_value_of(r->main, classes[i]);

		if (list != NULL)
			look_at_list(r, list, 1);
		mem_free(list);
	}
	look_at_transports(r);
}

/* Lines `KEY value` of postmap. */
static void
take_found(struct plugin_reading *r, const char *answer)
{
	char *copy = mem_str(answer), *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		line[strcspn(line, " \t")] = '\0';
		reading_mark(r, r->maps.v[r->map].found, line);
	}
	mem_free(copy);
}

static void
reading_take(struct plugin_reading *r, const char *answer)
{
	switch (r->step) {
	case STEP_MAIN:
		r->main = mem_str(answer);
		r->step = STEP_MASTER;
		break;
	case STEP_MASTER:
		r->master = mem_str(answer);
		r->step = STEP_MAPS;
		if (r->main != NULL && r->master != NULL)
			look_at_maps(r);
		break;
	case STEP_MAPS:
		if (answer != NULL)
			take_found(r, answer);
		r->map++;
		break;
	}
}

static void
put_found(
    const struct plugin_reading *r, enum found found, struct mta_patterns *out)
{
	mta_patterns_done(out);
	for (size_t i = 0; i < r->want->nhere; i++)
		if (r->found[found][i])
			mta_patterns_add(out, r->want->here[i]);
}

static void
reading_end(struct plugin_reading *r, struct mta *out)
{
	if (out != NULL) {
		out->asks = out->asks_default = MTA_UNKNOWN;
		out->missing[0] = '\0';
		if (r->main != NULL && r->master != NULL && *r->main != '\0' &&
		    *r->master != '\0') {
			judge_asks(r, out);
			read_facts(r, out);
			put_found(r, FOUND_LOCAL, &out->local);
			put_found(r, FOUND_TRANSPORT, &out->routed);
		} else {
			note_missing(out, "postconf fails");
		}
	}
	for (size_t i = 0; i < r->maps.n; i++)
		mem_free(r->maps.v[i].name);
	vec_done(&r->maps);
	buf_done(&r->keys);
	for (int i = 0; i < FOUND; i++)
		mem_free(r->found[i]);
	mem_free(r->main);
	mem_free(r->master);
	mem_free(r);
}

static const char *const files[] = { "main.cf", "master.cf", NULL };

const struct plugin_mta reading_postfix = {
	.name = "postfix",
	.files = files,
	.directory = "/etc/postfix",
	.begin = reading_begin,
	.ask = reading_ask,
	.take = reading_take,
	.end = reading_end,
};
