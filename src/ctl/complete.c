#include "ctl/complete.h"

#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/complain.h"
#include "ctl/meant.h"
#include "ctl/show.h"

#define DEADLINE_MS 1000
#define FRESH_S 5

/* What stands before the word in question. */
struct line {
	const struct verb *verb; /* NULL: it is not written yet */
	const char *first;       /* of a verb of two words; or NULL */
	const struct verb_option
	    *option; /* whose value is asked for; or NULL */
	size_t operands;
	const char *topology, *socket, *config;
	const char *word; /* in question; of `--name=value` the value */
	const char *head; /* what stands before it: `--name=`, or "" */
	size_t nhead;
};

static const struct verb_option *
option_find(const struct verb *verb, const char *written)
{
	const struct verb_option *tables[] = {
		verb == NULL ? NULL : verb->options, verbs_global
	};

	if (strcmp(written, "-c") == 0)
		written = "--config";
	if (strncmp(written, "--", 2) != 0)
		return NULL;
	for (size_t i = 0; i < 2; i++)
		for (const struct verb_option *o = tables[i];
		     o != NULL && o->name != NULL; o++)
			if (strcmp(o->name, written + 2) == 0)
				return o;
	return NULL;
}

static void
value_take(struct line *line, const char *name, const char *value)
{
	if (strcmp(name, "topology") == 0)
		line->topology = value;
	else if (strcmp(name, "socket") == 0)
		line->socket = value;
	else if (strcmp(name, "config") == 0)
		line->config = value;
}

/* A word that is no option: of the verb, or an operand. */
static void
complete_word_take(struct line *line, const char *word)
{
	char *pair[] = { mem_str(line->first != NULL ? line->first : word),
		line->first != NULL ? mem_str(word) : NULL, NULL };
	size_t n;

	if (line->verb != NULL)
		line->operands++;
	else
		line->verb = meant_exact(pair, &n);
	line->first = line->verb == NULL ? word : NULL;
	mem_free(pair[0]);
	mem_free(pair[1]);
}

/* `--from=lon`: a value in the same word. */
static void
line_split(struct line *line)
{
	const char *equals = strchr(line->word, '=');
	char *name;

	if (*line->word != '-' || equals == NULL)
		return;
	name = mem_dup(line->word, (size_t)(equals - line->word));
	line->option = option_find(line->verb, name);
	mem_free(name);
	if (line->option == NULL)
		return;
	line->nhead = (size_t)(equals + 1 - line->word);
	line->word = equals + 1;
}

static void
complete_line_read(struct line *line, char *const *words, size_t n)
{
	line->head = line->word = words[n - 1];
	for (size_t i = 0; i + 1 < n; i++) {
		const struct verb_option *o = option_find(line->verb, words[i]);

		if (o != NULL && o->value != NULL && i + 2 == n)
			line->option = o;
		else if (o != NULL && o->value != NULL)
			value_take(line, o->name, words[++i]);
		else if (*words[i] != '-')
			complete_word_take(line, words[i]);
	}
	if (line->option == NULL)
		line_split(line);
}

/* Nothing that a shell or a terminal would take for something else. */
static bool
is_offered(const char *text, const char *begun)
{
	if (strncmp(text, begun, strlen(begun)) != 0)
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' ||
		    strchr("'\"\\`$;&|<>(){}!#", *text) != NULL)
			return false;
	return true;
}

/* Is its last line, from `at` on, another one, too? */
static bool
is_offered_twice(const struct buf *out, size_t at)
{
	size_t n = out->n - at;

	for (size_t i = 0; i + n <= at; i++)
		if ((i == 0 || out->p[i - 1] == '\n') &&
		    memcmp(out->p + i, out->p + at, n) == 0)
			return true;
	return false;
}

static void
offer(
    struct buf *out, const struct line *line, const char *text, const char *end)
{
	size_t before = out->n;

	if (!is_offered(text, line->word))
		return;
	buf_printf(out, "%.*s%s%s\n", (int)line->nhead, line->head, text, end);
	if (is_offered_twice(out, before))
		out->n = before;
}

static void
self_take(void *ctx, const json_t *line)
{
	struct complete *c = ctx;

	mem_free(c->self);
	c->self = mem_str(json_string_value(json_object_get(line, "server")));
}

/* A document, or what the daemon has of one; NULL: there is none in time. */
static json_t *
names_ask(struct complete *c, const struct line *line)
{
	struct call call = { .patience_ms = DEADLINE_MS };
	struct buf answer = { 0 };
	json_t *names = NULL;

	if (c->before != NULL)
		call = *c->before;
	call.patience_ms = DEADLINE_MS;
	call.socket = line->socket != NULL ? line->socket : call.socket;
	call.config = line->config != NULL ? line->config : call.config;
	if (line->topology != NULL || call.topology != NULL)
		return json_load_file(
		    line->topology != NULL ? line->topology : call.topology, 0,
		    NULL);
	complain_mute(true);
	if (client_read(&call, "export", &answer) == CALL_OK)
		names = json_loadb((const char *)answer.p, answer.n, 0, NULL);
	buf_reset(&answer);
	if (names != NULL && client_read(&call, "status", &answer) == CALL_OK)
		(void)client_each(&answer, self_take, c);
	complain_mute(false);
	buf_done(&answer);
	return names;
}

/* A connector is drained, or gets another cost, where it begins; in what would
 * be, it may be anybody's. */
static bool
may_be_asked(const struct complete *c, const struct line *line,
    const char *list, const json_t *one)
{
	const char *server = json_string_value(json_object_get(one, "server"));

	return line->option != NULL || c->self == NULL || server == NULL ||
	       strcmp(list, "connectors") != 0 || strcmp(server, c->self) == 0;
}

static void
names_offer(struct complete *c, const struct line *line, const char *list,
    const char *key, struct buf *out)
{
	const char *end =
	    line->option != NULL && strstr(line->option->value, "=") != NULL
		? "="
		: "";
	int64_t now = (int64_t)time(NULL);
	const json_t *one;
	size_t i;

	if (c->names == NULL || now >= c->until) {
		json_decref(c->names);
		c->names = names_ask(c, line);
		c->until = now + FRESH_S;
	}
	json_array_foreach(json_object_get(c->names, list), i, one)
	{
		const char *name = json_string_value(json_object_get(one, key));

		if (name != NULL && may_be_asked(c, line, list, one))
			offer(out, line, name, end);
	}
}

static void
verbs_offer(const struct line *line, const char *first, struct buf *out)
{
	const char *last = "";

	for (const struct verb *v = verbs; v->name != NULL; v++) {
		size_t n = strcspn(v->name, " ");
		const char *text = v->name;
		char *word;

		if (first != NULL &&
		    (strlen(first) != n || strncmp(first, text, n) != 0 ||
			text[n] == '\0'))
			continue;
		if (first != NULL)
			text += n + 1;
		else if (strncmp(last, text, n) == 0 && last[n] == ' ')
			continue; /* `keys` once */
		last = v->name;
		word = mem_str(text);
		word[strcspn(word, " ")] = '\0';
		offer(out, line, word, "");
		mem_free(word);
	}
}

static void
options_offer(const struct line *line, struct buf *out)
{
	const struct verb_option *tables[] = {
		line->verb == NULL ? NULL : line->verb->options, verbs_global
	};

	for (size_t i = 0; i < 2; i++)
		for (const struct verb_option *o = tables[i];
		     o != NULL && o->name != NULL; o++) {
			char *text;
			struct buf b = { 0 };

			buf_printf(&b, "--%s", o->name);
			text = buf_string(&b);
			offer(out, line, text, "");
			mem_free(text);
		}
}

/* One of the words by which help calls an operand or a value; `...`: again. */
static void
kind_offer(struct complete *c, const struct line *line, const char *kind,
    struct buf *out)
{
	static const struct {
		const char *kind, *list, *key;
	} lists[] = {
		{ "SERVER", "servers", "name" },
		{ "BRIDGEHEAD", "servers", "name" },
		{ "CONNECTOR", "connectors", "name" },
		{ "CONNECTOR=N", "connectors", "name" },
		{ "PATTERN", "address_spaces", "pattern" },
		{ "ADDRESS", "address_spaces", "pattern" },
	};
	static const char *const words[][5] = {
		{ "PRIORITY", "urgent", "normal", "non-urgent", NULL },
		{ "WHEN", "auto", "always", "never", NULL },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(kind, lists[i].kind) == 0)
			names_offer(c, line, lists[i].list, lists[i].key, out);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (size_t k = 1;
		     strcmp(kind, words[i][0]) == 0 && words[i][k] != NULL; k++)
			offer(out, line, words[i][k], "");
	if (strcmp(kind, "FILE") == 0 || strcmp(kind, "PATH") == 0 ||
	    strcmp(kind, "FOLDER") == 0 || strcmp(kind, "DIR") == 0 ||
	    strcmp(kind, "FILE...") == 0)
		buf_text(out, COMPLETE_FILES "\n");
	if (strcmp(kind, "VERB") == 0)
		verbs_offer(line, NULL, out);
	if (*kind >= 'a' && *kind <= 'z')
		offer(out, line, kind, "");
}

/* `CONNECTOR N|configured`: the words of one place. */
static void
kinds_offer(struct complete *c, const struct line *line, const char *form,
    size_t place, struct buf *out)
{
	char *copy = mem_str(form), *rest = NULL, *kind;
	char *word = strtok_r(copy, " []", &rest);

	while (word != NULL && place-- > 0 && strstr(word, "...") == NULL)
		word = strtok_r(NULL, " []", &rest);
	for (kind = word == NULL ? NULL : strtok_r(word, "|", &rest);
	     kind != NULL; kind = strtok_r(NULL, "|", &rest))
		kind_offer(c, line, kind, out);
	mem_free(copy);
}

void
complete_words(
    struct complete *c, char *const *words, size_t n, struct buf *out)
{
	struct line line = { 0 };

	if (n == 0)
		return;
	complete_line_read(&line, words, n);
	if (line.option != NULL)
		kinds_offer(c, &line, line.option->value, 0, out);
	else if (*line.word == '-')
		options_offer(&line, out);
	else if (line.verb == NULL)
		verbs_offer(&line, line.first, out);
	else if (line.verb->operands != NULL)
		kinds_offer(c, &line, line.verb->operands, line.operands, out);
}

void
complete_done(struct complete *c)
{
	json_decref(c->names);
	mem_free(c->self);
	c->names = NULL;
	c->self = NULL;
}

int
complete_verb(const struct call *call)
{
	struct complete c = { 0 };
	struct buf out = { 0 };

	complete_words(&c, call->operands, call->noperands, &out);
	show_flush(&out);
	buf_done(&out);
	complete_done(&c);
	return CALL_OK;
}
