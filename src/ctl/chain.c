#include "ctl/chain.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"

/* Tables of patterns, which Postfix asks for whole addresses alone. */
static bool
is_patterns(const char *table)
{
	static const char *const types[] = { "regexp:", "pcre:", "socketmap:",
		"tcp:", "pipemap:{regexp:", "pipemap:{pcre:" };

	if (strncmp(table, "proxy:", 6) == 0)
		table += 6;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strncmp(table, types[i], strlen(types[i])) == 0)
			return true;
	return false;
}

void
chain_open(struct chain *c, const struct postfix *p, const char *name)
{
	struct words words = { { 0 } };

	memset(c, 0, sizeof(*c));
	c->p = p;
	c->parameter = name;
	words_split(&words, postconf_full(p, name));
	c->before = SIZE_MAX;
	for (size_t i = 0; i < words.list.n; i++) {
		const char *word = words.list.v[i];

		if (!undo_is_ours(p->undo, word)) {
			vec_push(&c->tables.list, mem_str(word));
			continue;
		}
		if (strchr(word, '{') != NULL)
			vec_push(&c->joined.list, mem_str(word));
		if (c->before == SIZE_MAX)
			c->before = c->tables.list.n;
	}
	words_done(&words);
}

void
chain_want(struct chain *c, const char *key)
{
	for (size_t i = 0; i < c->keys.list.n; i++)
		if (strcmp(c->keys.list.v[i], key) == 0)
			return;
	vec_push(&c->keys.list, mem_str(key));
}

static char *
ctl_chain_ask(struct chain *c, const char *table)
{
	struct postfix_run run = { "postmap", "-q", "-", NULL, NULL };
	struct buf keys = { 0 };
	char *answer;

	for (size_t i = 0; i < c->keys.list.n; i++)
		if (!is_patterns(table) ||
		    strchr(c->keys.list.v[i], '@') != NULL)
			buf_printf(&keys, "%s\n", c->keys.list.v[i]);
	run.input = &keys;
	run.c = table;
	answer = keys.n == 0 ? mem_str("") : postfix_run(c->p, &run);
	buf_done(&keys);
	return answer;
}

static void
chain_ask_all(
    struct chain *c, const struct words *tables, struct words *answers)
{
	for (size_t i = 0; i < tables->list.n; i++) {
		const char *table = tables->list.v[i];
		char *answer = strchr(table, ':') == NULL
		                   ? mem_str("")
		                   : ctl_chain_ask(c, table);

		if (answer == NULL) {
			vec_push(&c->unasked.list, mem_str(table));
			answer = mem_str("");
		}
		vec_push(&answers->list, answer);
	}
}

void
chain_ask(struct chain *c)
{
	chain_ask_all(c, &c->tables, &c->answers);
	chain_ask_all(c, &c->joined, &c->together);
}

/* The value of a line `key<TAB>value`. */
static char *
chain_value_of(const char *lines, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = lines; *at != '\0';
	     at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, key, n) == 0 && at[n] == '\t')
			return mem_dup(at + n + 1, strcspn(at + n + 1, "\n"));
	return NULL;
}

static char *
ctl_chain_find(
    const struct chain *c, const char *key, size_t n, const char **table)
{
	for (size_t i = 0; i < c->answers.list.n && i < n; i++) {
		char *value = chain_value_of(c->answers.list.v[i], key);

		if (value == NULL && strcmp(c->tables.list.v[i], key) == 0)
			value = mem_str(key);
		if (value == NULL)
			continue;
		if (table != NULL)
			*table = c->tables.list.v[i];
		return value;
	}
	return NULL;
}

char *
chain_find(const struct chain *c, const char *key, const char **table)
{
	return ctl_chain_find(c, key, SIZE_MAX, table);
}

char *
chain_find_before(const struct chain *c, const char *key, const char **table)
{
	return ctl_chain_find(c, key, c->before, table);
}

void
chain_close(struct chain *c)
{
	words_done(&c->tables);
	words_done(&c->keys);
	words_done(&c->answers);
	words_done(&c->unasked);
	words_done(&c->joined);
	words_done(&c->together);
}

void
chain_keys(struct words *keys, const char *address)
{
	const char *at = strrchr(address, '@');

	vec_push(&keys->list, mem_str(address));
	if (at == NULL)
		return;
	vec_push(&keys->list, mem_str(at + 1));
	for (const char *dot = strchr(at + 1, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.'))
		vec_push(&keys->list, mem_str(dot));
}

char *
chain_find_any(
    const struct chain *c, const struct words *keys, const char **table)
{
	for (size_t i = 0; i < keys->list.n; i++) {
		char *value = chain_find(c, keys->list.v[i], table);

		if (value != NULL)
			return value;
	}
	return NULL;
}

char *
chain_find_joined(
    const struct chain *c, const struct words *keys, const char **table)
{
	char *value = NULL;

	*table = c->joined.list.n > 0 ? c->joined.list.v[0] : NULL;
	for (size_t i = 0; *table != NULL && i < keys->list.n; i++) {
		value = chain_value_of(c->together.list.v[0], keys->list.v[i]);
		if (value != NULL)
			break;
	}
	return value;
}
