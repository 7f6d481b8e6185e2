#include "ctl/import/maincf.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define BLANKS " \t\r"
#define DEPTH_MAX 12
#define STEPS_MAX 10000
#define VALUE_MAX (4u << 20)

/* What main.cf need not say. */
static const char *const defaults[][2] = {
	{ "config_directory", "/etc/postfix" },
	{ "default_transport", "smtp" },
	{ "inet_interfaces", "all" },
	{ "mydestination", "$myhostname, localhost.$mydomain, localhost" },
	{ "parent_domain_matches_subdomains",
	    "debug_peer_list,fast_flush_domains,mynetworks,"
	    "permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,"
	    "smtpd_access_maps" },
	{ "relay_transport", "relay" },
	{ "virtual_alias_domains", "$virtual_alias_maps" },
	{ "virtual_alias_maps", "$virtual_maps" },
	{ "virtual_mailbox_domains", "$virtual_mailbox_maps" },
};

/* NAME = VALUE, cut in place. */
static void
maincf_line_take(struct maincf *cf, char *line, unsigned number)
{
	struct maincf_line one = { .line = number };
	char *is = strchr(line, '='), *name = line, *value;
	size_t n;

	if (is == NULL)
		return;
	*is = '\0';
	value = is + 1 + strspn(is + 1, BLANKS);
	name += strspn(name, BLANKS);
	name[strcspn(name, BLANKS)] = '\0';
	n = strlen(value);
	while (n > 0 && strchr(BLANKS, value[n - 1]) != NULL)
		n--;
	if (*name == '\0' || n > VALUE_MAX)
		return;
	one.name = mem_str(name);
	one.value = mem_dup(value, n);
	vec_push(&cf->list, one);
}

void
maincf_read(struct maincf *cf, const char *text)
{
	struct buf line = { 0 };
	unsigned number = 0, first = 0;

	while (*text != '\0' || line.n > 0) {
		size_t n = strcspn(text, "\n"), from = strspn(text, BLANKS);
		bool none = from >= n || text[from] == '#';
		bool end = *text == '\0';

		if ((end || (!none && from == 0)) && line.n > 0) {
			char *whole = buf_string(&line);

			maincf_line_take(cf, whole, first);
			mem_free(whole);
		}
		if (end)
			break;
		number++;
		if (!none && line.n == 0)
			first = number;
		if (!none)
			buf_bytes(&line, text, n);
		text += n + (text[n] == '\n');
	}
	buf_done(&line);
}

void
maincf_done(struct maincf *cf)
{
	for (size_t i = 0; i < cf->list.n; i++) {
		mem_free(cf->list.v[i].name);
		mem_free(cf->list.v[i].value);
	}
	vec_done(&cf->list);
}

static const struct maincf_line *
maincf_find(const struct maincf *cf, const char *name)
{
	for (size_t i = cf->list.n; i > 0; i--)
		if (strcmp(cf->list.v[i - 1].name, name) == 0)
			return &cf->list.v[i - 1];
	return NULL;
}

const char *
maincf_raw(const struct maincf *cf, const char *name)
{
	const struct maincf_line *line = maincf_find(cf, name);
	const char *dot;

	if (line != NULL)
		return line->value;
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (strcmp(defaults[i][0], name) == 0)
			return defaults[i][1];
	if (strcmp(name, "mydomain") == 0) {
		dot = strchr(maincf_raw(cf, "myhostname"), '.');
		return dot == NULL ? "localdomain" : dot + 1;
	}
	return "";
}

unsigned
maincf_line_of(const struct maincf *cf, const char *name)
{
	const struct maincf_line *line = maincf_find(cf, name);

	return line == NULL ? 0 : line->line;
}

struct expansion {
	const struct maincf *cf;
	struct buf *out;
	unsigned depth;
	size_t steps; /* names put in: each may name others, and again */
};

static void expand(struct expansion *x, const char *text);

static void
expand_name(struct expansion *x, const char *name)
{
	x->depth++;
	expand(x, maincf_raw(x->cf, name));
	x->depth--;
}

/* What stands in braces: NAME, NAME?TEXT, NAME:TEXT. */
static void
expand_braced(struct expansion *x, char *inner)
{
	size_t n = strcspn(inner, "?:");
	char mark = inner[n];

	inner[n] = '\0';
	if (mark == '\0') {
		expand_name(x, inner);
	} else if ((mark == '?') == (*maincf_raw(x->cf, inner) != '\0')) {
		x->depth++;
		expand(x, inner + n + 1);
		x->depth--;
	}
}

static bool
is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* Behind the end of what opens at `p`, or NULL. */
static const char *
braced_end(const char *p)
{
	char open = *p, shut = open == '{' ? '}' : ')';
	int depth = 0;

	for (; *p != '\0'; p++) {
		depth += *p == open;
		depth -= *p == shut;
		if (depth == 0)
			return p + 1;
	}
	return NULL;
}

/* Behind what the dollar at `p` begins; `p`: it means itself. */
static const char *
expand_dollar(struct expansion *x, const char *p)
{
	const char *end = NULL;
	char *name;

	if (x->depth >= DEPTH_MAX || x->steps >= STEPS_MAX)
		return p;
	x->steps++;
	if (p[1] == '{' || p[1] == '(')
		end = braced_end(p + 1);
	if (end != NULL) {
		name = mem_dup(p + 2, (size_t)(end - p) - 3);
		expand_braced(x, name);
		mem_free(name);
		return end;
	}
	for (end = p + 1; is_name_letter(*end);)
		end++;
	if (end == p + 1)
		return p;
	name = mem_dup(p + 1, (size_t)(end - p) - 1);
	expand_name(x, name);
	mem_free(name);
	return end;
}

static void
expand(struct expansion *x, const char *text)
{
	while (*text != '\0' && x->out->n < VALUE_MAX) {
		const char *end = text;

		if (text[0] == '$' && text[1] == '$') {
			buf_u8(x->out, '$');
			text += 2;
			continue;
		}
		if (text[0] == '$')
			end = expand_dollar(x, text);
		if (end == text)
			buf_u8(x->out, (uint8_t)*text++);
		else
			text = end;
	}
}

char *
maincf_full(const struct maincf *cf, const char *name)
{
	struct buf out = { 0 };
	struct expansion x = { .cf = cf, .out = &out };

	expand(&x, maincf_raw(cf, name));
	return buf_string(&out);
}
