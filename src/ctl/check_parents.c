/*
 * check_parents.c - the part of `check` that keeps `dom` from meaning its
 * sub-domains in our tables, without taking theirs from the site's own.
 *
 * With relay_domains in parent_domain_matches_subdomains a key of ours opens
 * what is below it, and `.dom` is not found. Without it a site's own `dom`
 * needs `.dom` beside it: that is added to main.cf for each, where a table
 * can be listed.
 */

#include "ctl/check_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/undo.h"

/* A site's domains, and what could not be listed. */
struct domains {
	struct words found;
	struct buf unlisted;
};

static bool
check_parents_has(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->list.n; i++)
		if (strcmp(words->list.v[i], word) == 0)
			return true;
	return false;
}

static void
check_parents_add(struct words *words, const char *word)
{
	if (!check_parents_has(words, word))
		vec_push(&words->list, mem_str(word));
}

/* Each key of a table, as postmap -s prints `key<TAB>value`. */
static void
add_keys(const struct postfix *p, struct domains *to, const char *table)
{
	struct postfix_run run = { "postmap", "-s", table, NULL, NULL };
	char *keys = postfix_run(p, &run), *rest = keys, *line;

	if (keys == NULL) {
		buf_printf(&to->unlisted, " %s", table);
		return;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, "\t")] = '\0';
		if (*line != '\0')
			check_parents_add(&to->found, line);
	}
	mem_free(keys);
}

/* What the site's own words of relay_domains name. */
static void
find_domains(const struct postfix *p, struct domains *to)
{
	struct words words = { { 0 } };

	words_split(&words, postconf_full(p, "relay_domains"));
	for (size_t i = 0; i < words.list.n; i++) {
		const char *word = words.list.v[i];

		if (undo_is_ours(p->undo, word))
			continue;
		if (strchr(word, ':') != NULL)
			add_keys(p, to, word);
		else if (*word == '/')
			buf_printf(&to->unlisted, " %s", word);
		else if (*word != '!')
			check_parents_add(&to->found, word);
	}
	words_done(&words);
}

/* Domains whose sub-domains are theirs by the list alone, as `.dom`. */
static void
add_dots(struct buf *out, const struct words *found)
{
	for (size_t i = 0; i < found->list.n; i++) {
		struct buf b = { 0 };
		char *dot;

		if (found->list.v[i][0] == '.')
			continue;
		buf_printf(&b, ".%s", found->list.v[i]);
		dot = buf_string(&b);
		if (!check_parents_has(found, dot))
			buf_printf(out, ", %s", dot);
		mem_free(dot);
	}
}

/* The words of `is` without relay_domains and transport_maps. */
static void
check_parents_without(struct buf *out, const char *is)
{
	struct words words = { { 0 } };

	words_split(&words, is);
	for (size_t i = 0; i < words.list.n; i++)
		if (strcmp(words.list.v[i], "relay_domains") != 0 &&
		    strcmp(words.list.v[i], "transport_maps") != 0)
			buf_printf(out, "%s%s", out->n > 0 ? ", " : "",
			    words.list.v[i]);
	words_done(&words);
}

/* relay_domains as it will be: our table first, as check_lines.c has it. */
static void
want_dots(const struct postfix *p, const struct domains *domains)
{
	const char *raw = postconf_raw(p, "relay_domains");
	struct buf b = { 0 }, dots = { 0 };
	char *table, *line;

	add_dots(&dots, &domains->found);
	if (dots.n > 0) {
		buf_printf(&b, "lmdb:%s/domains", p->conf->table_directory);
		table = buf_string(&b);
		if (!postconf_word(postconf_full(p, "relay_domains"), table))
			buf_printf(&b, "%s, ", table);
		buf_text(&b, raw);
		buf_bytes(&b, dots.p, dots.n);
		line = buf_string(&b);
		postconf_want(p, CHECK_CRITICAL, "relay_domains", line,
		    "sub-domains of relay_domains need words of their own, "
		    "`.dom`, before a domain's key means that domain alone");
		mem_free(line);
		mem_free(table);
	}
	buf_done(&dots);
}

static void
check_parents_tell_unlisted(const struct postfix *p, struct domains *domains)
{
	char *which = buf_string(&domains->unlisted);

	check_find(p->list,
	    CHECK_ABOUT(CHECK_WARNING, "postfix",
		"give each of its domains a key `.dom` beside `dom`, if mail "
		"for its sub-domains is to be taken"),
	    "relay_domains:%s cannot be listed: its sub-domains are taken no "
	    "longer",
	    which);
	mem_free(which);
}

void
check_parents(const struct postfix *p)
{
	static const char name[] = "parent_domain_matches_subdomains";
	const char *is = postconf_full(p, name);
	struct domains domains = { 0 };
	struct buf rest = { 0 };
	char *line;

	if (!postconf_word(is, "relay_domains") &&
	    !postconf_word(is, "transport_maps"))
		return;
	if (postconf_word(is, "relay_domains")) {
		find_domains(p, &domains);
		want_dots(p, &domains);
		if (domains.unlisted.n > 0)
			check_parents_tell_unlisted(p, &domains);
	}
	check_parents_without(&rest, is);
	line = buf_string(&rest);
	postconf_want(p, CHECK_CRITICAL, name, line,
	    "a domain's key opens all of its sub-domains");
	mem_free(line);
	words_done(&domains.found);
	buf_done(&domains.unlisted);
}
