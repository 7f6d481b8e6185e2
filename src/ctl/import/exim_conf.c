#include "ctl/import/exim_conf.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define BLANKS " \t\r"
#define MACROS_MAX 500
#define LINE_MAX_OCTETS (1u << 18)
#define PUT_MAX ((size_t)16 << 20)

static char *
exim_trim(char *s)
{
	size_t n;

	s += strspn(s, BLANKS "\n");
	n = strlen(s);
	while (n > 0 && strchr(BLANKS "\n", s[n - 1]) != NULL)
		n--;
	s[n] = '\0';
	return s;
}

static void
options_done(struct exim_option *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mem_free(v[i].name);
		mem_free(v[i].value);
	}
}

void
exim_conf_done(struct exim_conf *conf)
{
	options_done(conf->options.v, conf->options.n);
	options_done(conf->macros.v, conf->macros.n);
	for (size_t i = 0; i < conf->routers.n; i++) {
		struct exim_router *r = &conf->routers.v[i];

		options_done(r->options.v, r->options.n);
		vec_done(&r->options);
		mem_free(r->name);
	}
	vec_done(&conf->options);
	vec_done(&conf->macros);
	vec_done(&conf->routers);
	vec_done(&conf->undecided);
}

/* Every macro that is known by now, wherever its name stands. */
static char *
macros_put(struct exim_conf *conf, char *line)
{
	for (size_t i = 0; i < conf->macros.n && conf->put < PUT_MAX; i++) {
		const struct exim_option *m = &conf->macros.v[i];
		struct buf b = { 0 };
		const char *p = line, *at;

		while ((at = strstr(p, m->name)) != NULL &&
		       b.n < LINE_MAX_OCTETS) {
			buf_bytes(&b, p, (size_t)(at - p));
			buf_text(&b, m->value);
			p = at + strlen(m->name);
		}
		buf_text(&b, p);
		conf->put += p == line ? 0 : b.n;
		mem_free(line);
		line = buf_string(&b);
	}
	return line;
}

/* A line with those that it goes on with by a backslash. */
static char *
conf_line_take(const char **text, unsigned *number, unsigned *first)
{
	struct buf line = { 0 };
	bool more = true;

	*first = *number + 1;
	if (**text == '\0')
		return NULL;
	while (more && **text != '\0') {
		size_t n = strcspn(*text, "\n"), end = n;
		size_t from = line.n == 0 ? 0 : strspn(*text, BLANKS);

		++*number;
		while (end > from && strchr(BLANKS, (*text)[end - 1]) != NULL)
			end--;
		/* Comments between lines that go on are none of them. */
		if (from < end && line.n > 0 && (*text)[from] == '#') {
			*text += n + ((*text)[n] == '\n');
			continue;
		}
		more = end > from && (*text)[end - 1] == '\\';
		if (end > from)
			buf_bytes(&line, *text + from, end - from - more);
		*text += n + ((*text)[n] == '\n');
	}
	return buf_string(&line);
}

/* NAME = VALUE, NAME == VALUE, NAME; in place. */
static struct exim_option
conf_option_of(char *line, unsigned number)
{
	char *is = strchr(line, '=');
	struct exim_option option = { .line = number };
	char *value = is == NULL ? line + strlen(line) : is + 1;

	if (is != NULL)
		*is = '\0';
	if (is != NULL && *value == '=')
		value++;
	value = exim_trim(value);
	if (*value == '"') {
		size_t n = strlen(++value);

		if (n > 0 && value[n - 1] == '"')
			value[n - 1] = '\0';
	}
	option.name = mem_str(exim_trim(line));
	option.value = mem_str(value);
	return option;
}

static bool
is_macro_line(const char *line)
{
	size_t n = strcspn(line, "= \t");

	return *line >= 'A' && *line <= 'Z' &&
	       line[n + strspn(line + n, BLANKS)] == '=';
}

/* `name:` alone opens a router. */
static bool
is_router(const char *line)
{
	size_t n = strlen(line);

	return n > 1 && line[n - 1] == ':' && strpbrk(line, " =") == NULL;
}

static void
router_line(struct exim_conf *conf, char *line, unsigned number)
{
	struct exim_router router = { .line = number };

	if (is_router(line)) {
		router.name = mem_dup(line, strlen(line) - 1);
		vec_push(&conf->routers, router);
	} else if (conf->routers.n > 0) {
		vec_push(&conf->routers.v[conf->routers.n - 1].options,
		    conf_option_of(line, number));
	}
}

void
exim_conf_read(struct exim_conf *conf, const char *text)
{
	const char *section = "";
	unsigned number = 0, first = 0;
	char *line;

	while ((line = conf_line_take(&text, &number, &first)) != NULL) {
		char *at = exim_trim(line);

		if (is_macro_line(at) && conf->macros.n < MACROS_MAX) {
			vec_push(&conf->macros, conf_option_of(at, first));
			mem_free(line);
			continue;
		}
		line = macros_put(conf, line);
		at = exim_trim(line);
		if (strncmp(at, "begin", 5) == 0)
			section = strstr(at, "routers") != NULL ? "r" : "x";
		else if (*at == '.')
			vec_push(&conf->undecided, first);
		else if (*at != '\0' && *at != '#' && *section == 'r')
			router_line(conf, at, first);
		else if (*at != '\0' && *at != '#' && *section == '\0')
			vec_push(&conf->options, conf_option_of(at, first));
		mem_free(line);
	}
}

const char *
exim_conf_option(const struct exim_conf *conf, const char *name)
{
	for (size_t i = conf->options.n; i > 0; i--)
		if (strcmp(conf->options.v[i - 1].name, name) == 0)
			return conf->options.v[i - 1].value;
	return NULL;
}

const struct exim_option *
exim_router_option(const struct exim_router *router, const char *name)
{
	for (size_t i = 0; i < router->options.n; i++)
		if (strcmp(router->options.v[i].name, name) == 0)
			return &router->options.v[i];
	return NULL;
}

void
exim_conf_list(
    const char *text, char separator, exim_list_each *each, void *ctx)
{
	struct buf item = { 0 };

	text += strspn(text, BLANKS "\n");
	if (text[0] == '<' && text[1] != '\0') {
		separator = text[1];
		text += 2;
	}
	for (;; text++) {
		if (*text == separator && text[1] == separator) {
			buf_u8(&item, (uint8_t)*text++);
		} else if (*text == separator || *text == '\0') {
			char *whole = buf_string(&item), *at = exim_trim(whole);

			if (*at != '\0')
				each(ctx, at);
			mem_free(whole);
			if (*text == '\0')
				break;
		} else {
			buf_u8(&item, (uint8_t)*text);
		}
	}
}

char *
exim_conf_word(char **rest)
{
	char *p = *rest + strspn(*rest, BLANKS "\n"), *end;

	if (*p == '\0')
		return NULL;
	if (*p == '"') {
		end = strchr(++p, '"');
		if (end == NULL)
			end = p + strlen(p);
	} else {
		end = p + strcspn(p, BLANKS "\n");
	}
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return p;
}
