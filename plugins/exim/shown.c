#include "plugins/exim/shown.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

#define FIRST "# Exim Configuration"
#define NAME_OCTETS                                                            \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* Where the reading of a line is. */
struct place {
	enum shown_section section;
	const char *block, *file;
};

static const struct {
	const char *name;
	enum shown_section section;
} sections[] = {
	{ "acl", SHOWN_ACL },
	{ "routers", SHOWN_ROUTERS },
	{ "transports", SHOWN_TRANSPORTS },
	{ "retry", SHOWN_RETRY },
};

static char *
shown_skip(char *s)
{
	return s + strspn(s, " \t");
}

/* `begin NAME` */
static bool
is_begin(const char *line, struct place *at)
{
	if (strncmp(line, "begin", 5) != 0 || !isspace((unsigned char)line[5]))
		return false;
	line += 5 + strspn(line + 5, " \t");
	at->section = SHOWN_OTHER;
	at->block = "";
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strcmp(line, sections[i].name) == 0)
			at->section = sections[i].section;
	return true;
}

/* `# N "FILE"` */
static void
take_mark(char *line, struct place *at)
{
	char *name = strchr(line, '"'), *end = strrchr(line, '"');

	if (name == NULL || end <= name)
		return;
	*end = '\0';
	at->file = name + 1;
}

/* `NAME:`, in the sections that have blocks. */
static bool
is_block(char *line, struct place *at)
{
	size_t n = strlen(line);

	if (n < 2 || line[n - 1] != ':' || strchr(line, '=') != NULL ||
	    at->section == SHOWN_MAIN || at->section == SHOWN_RETRY)
		return false;
	line[n - 1] = '\0';
	line[strcspn(line, " \t")] = '\0';
	at->block = line;
	return true;
}

/* NAME=VALUE of a macro, whose name begins with a capital. */
static bool
is_macro(const char *line)
{
	size_t n = 0;

	while (isalnum((unsigned char)line[n]) || line[n] == '_')
		n++;
	return isupper((unsigned char)*line) &&
	       line[n + strspn(line + n, " \t")] == '=';
}

/* "..." without its quotes. */
static char *
unquoted(char *s)
{
	size_t n = strlen(s);

	if (n < 2 || s[0] != '"' || s[n - 1] != '"')
		return s;
	s[n - 1] = '\0';
	return s + 1;
}

/* What an option of the main section, a router or a transport is called and
 * set to. A list's name belongs to its name: "domainlist NAME". */
static void
take_option(char *line, struct shown_line *out)
{
	char *eq, *end;

	if (strncmp(line, "hide", 4) == 0 && isspace((unsigned char)line[4]))
		line = shown_skip(line + 4);
	eq = strchr(line, '=');
	out->name = line;
	if (eq == NULL) {
		bool no = strncmp(line, "no_", 3) == 0 ||
		          strncmp(line, "not_", 4) == 0;

		out->name += no ? strcspn(line, "_") + 1 : 0;
		out->value = no ? "false" : "true";
		return;
	}
	out->value = unquoted(shown_skip(eq + 1));
	for (end = eq; end > line && isspace((unsigned char)end[-1]);)
		end--;
	*end = '\0';
}

static void
shown_take(struct shown *out, char *line, struct place *at)
{
	struct shown_line is = { .name = "", .value = line };

	if (*line == '#') {
		take_mark(line, at);
		return;
	}
	if (*line == '\0' || is_begin(line, at) || is_block(line, at) ||
	    is_macro(line))
		return;
	if (at->section != SHOWN_ACL && at->section != SHOWN_RETRY)
		take_option(line, &is);
	is.section = at->section;
	is.block = at->block;
	is.file = at->file;
	vec_push(&out->lines, is);
}

bool
shown_read(struct shown *out, const char *text)
{
	struct place at = { SHOWN_MAIN, "", "" };
	char *rest, *line;

	*out = (struct shown){ .text = mem_str(text) };
	if (strncmp(text, FIRST, strlen(FIRST)) != 0)
		return false;
	rest = out->text;
	while ((line = strsep(&rest, "\n")) != NULL)
		shown_take(out, shown_skip(line), &at);
	return true;
}

void
shown_done(struct shown *shown)
{
	vec_done(&shown->lines);
	mem_free(shown->text);
	*shown = (struct shown){ 0 };
}

const char *
shown_value(const struct shown *shown, enum shown_section section,
    const char *block, const char *name)
{
	for (size_t i = shown->lines.n; i > 0; i--) {
		const struct shown_line *l = &shown->lines.v[i - 1];

		if (l->section == section && strcmp(l->block, block) == 0 &&
		    strcmp(l->name, name) == 0)
			return l->value;
	}
	return NULL;
}

const char *
shown_next(
    const struct shown *shown, enum shown_section section, const char *block)
{
	bool met = block == NULL;

	for (size_t i = 0; i < shown->lines.n; i++) {
		const struct shown_line *l = &shown->lines.v[i];

		if (l->section != section || *l->block == '\0')
			continue;
		if (l->block == block)
			met = true;
		else if (met)
			return l->block;
	}
	return NULL;
}

const char *
shown_file(const struct shown *shown, enum shown_section section)
{
	for (size_t i = 0; i < shown->lines.n; i++)
		if (shown->lines.v[i].section == section)
			return shown->lines.v[i].file;
	return "";
}

static bool
is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Each path in it is compared: what Exim's lists and expansions put around one
 * is in no path of ours. */
bool
shown_names(const char *text, const char *path)
{
	char word[PATH_MAX];

	while ((text = strchr(text, '/')) != NULL) {
		size_t n = strcspn(text, " \t{};:,\"$");

		if (n < sizeof(word)) {
			memcpy(word, text, n);
			word[n] = '\0';
			if (is_same_file(word, path))
				return true;
		}
		text += n;
	}
	return false;
}

const struct shown_line *
shown_find(const struct shown *shown, enum shown_section section,
    const char *path, const struct shown_line *after)
{
	size_t i = after == NULL ? 0 : (size_t)(after - shown->lines.v) + 1;

	for (; i < shown->lines.n; i++)
		if (shown->lines.v[i].section == section &&
		    shown_names(shown->lines.v[i].value, path))
			return &shown->lines.v[i];
	return NULL;
}

/* `+NAME`, not the beginning of another name. */
static bool
has_list(const char *text, const char *name)
{
	size_t n = strlen(name);

	while ((text = strchr(text, '+')) != NULL)
		if (strncmp(++text, name, n) == 0 &&
		    !isalnum((unsigned char)text[n]) && text[n] != '_')
			return true;
	return false;
}

/* The name of a list: "domainlist NAME". NULL: the line sets an option. */
static const char *
list_of(const struct shown_line *l)
{
	const char *name = strrchr(l->name, ' ');

	return l->section == SHOWN_MAIN && name != NULL ? name + 1 : NULL;
}

/* True if the list `outer` has the list `inner`. */
static bool
has_inside(const struct shown *s, const char *outer, const char *inner)
{
	for (size_t i = 0; i < s->lines.n; i++) {
		const char *name = list_of(&s->lines.v[i]);

		if (name != NULL && strcmp(name, outer) == 0 &&
		    has_list(s->lines.v[i].value, inner))
			return true;
	}
	return false;
}

/* Lists in lists: no deeper than anybody can follow. */
static bool
is_list_asked(const struct shown *s, const char *name, unsigned depth)
{
	for (size_t i = 0; i < s->lines.n; i++) {
		const struct shown_line *l = &s->lines.v[i];
		const char *other = list_of(l);

		if ((l->section != SHOWN_ACL && other == NULL) ||
		    !has_list(l->value, name))
			continue;
		if (other == NULL ||
		    (depth > 0 && is_list_asked(s, other, depth - 1)))
			return true;
	}
	return false;
}

bool
shown_admits(const struct shown *shown, const char *path)
{
	const struct shown_line *l = NULL;
	const char *name;

	if (shown_find(shown, SHOWN_ACL, path, NULL) != NULL)
		return true;
	while ((l = shown_find(shown, SHOWN_MAIN, path, l)) != NULL) {
		name = list_of(l);
		if (name != NULL && is_list_asked(shown, name, 3))
			return true;
	}
	return false;
}

const char *
shown_router(const struct shown *shown, const char *table)
{
	const struct shown_line *l =
	    shown_find(shown, SHOWN_ROUTERS, table, NULL);

	return l == NULL ? NULL : l->block;
}

/* Options by which a router is for some mail alone. */
static const char *const bounds[] = { "address_data", "condition",
	"local_parts", "senders", "require_files", "local_part_prefix",
	"local_part_suffix", "check_local_user", "verify_only", "unseen" };

static bool
is_true(const char *value)
{
	return value != NULL && strcmp(value, "false") != 0 &&
	       strcmp(value, "no") != 0;
}

/* All domains, or all that are not of a list: `! +local_domains`. */
static bool
is_for_others(const char *domains)
{
	return domains == NULL || strcmp(domains, "*") == 0 ||
	       (*domains == '!' && strchr(domains, ':') == NULL);
}

/* True if the list of the main section has what is in the file. */
static bool
list_leads(
    const struct shown *s, const char *list, const char *path, unsigned depth)
{
	for (size_t i = 0; i < s->lines.n; i++) {
		const struct shown_line *l = &s->lines.v[i];
		const char *name = list_of(l);

		if (name == NULL)
			continue;
		if (strcmp(name, list) == 0 && shown_names(l->value, path))
			return true;
		if (depth > 0 && has_inside(s, list, name) &&
		    list_leads(s, name, path, depth - 1))
			return true;
	}
	return false;
}

/* `! +local_domains : +relay_to_domains` is for these, too. */
static bool
is_for_relayed(const struct shown *s, const char *domains, const char *path)
{
	const char *at = domains;
	char name[64];

	while (at != NULL && (at = strchr(at, '+')) != NULL) {
		const char *before = at++;
		size_t n = strspn(at, NAME_OCTETS);

		while (before > domains && before[-1] == ' ')
			before--;
		if (n == 0 || n >= sizeof(name) ||
		    (before > domains && before[-1] == '!'))
			continue;
		memcpy(name, at, n);
		name[n] = '\0';
		if (list_leads(s, name, path, 3))
			return true;
	}
	return false;
}

static bool
takes_all(const struct shown *s, const char *router, const char *relayed)
{
	const char *domains = shown_value(s, SHOWN_ROUTERS, router, "domains");
	const char *driver = shown_value(s, SHOWN_ROUTERS, router, "driver");
	const char *data = shown_value(s, SHOWN_ROUTERS, router, "data");
	const char *list = shown_value(s, SHOWN_ROUTERS, router, "route_list");

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		if (is_true(shown_value(s, SHOWN_ROUTERS, router, bounds[i])))
			return false;
	if (driver == NULL ||
	    !(is_for_others(domains) ||
		(relayed != NULL && is_for_relayed(s, domains, relayed))))
		return false;
	return strcmp(driver, "dnslookup") == 0 ||
	       strcmp(driver, "accept") == 0 ||
	       (strcmp(driver, "manualroute") == 0 && list != NULL &&
		   strncmp(list, "* ", 2) == 0) ||
	       (strcmp(driver, "redirect") == 0 && data != NULL &&
		   strncmp(data, ":fail:", 6) == 0);
}

const char *
shown_taker(const struct shown *shown, const char *ours, const char *relayed)
{
	const char *router = NULL;

	while ((router = shown_next(shown, SHOWN_ROUTERS, router)) != NULL) {
		if (router == ours)
			return NULL;
		if (takes_all(shown, router, relayed))
			return router;
	}
	return NULL;
}
