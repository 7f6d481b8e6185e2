/*
 * check_instance.c - which of several instances of Postfix this is about: that
 * of postfix-directory, or the default one. It is said, and so is when another
 * one asks our tables: then nothing else here would be true of the right one.
 */

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/check_parts.h"

/* What an instance says, NULL being the default one; the caller's, or NULL. */
static char *
instance_says(const char *directory, const char *name)
{
	struct postfix other = { .directory = directory };
	struct postfix_run run = { "postconf", "-xh", name, NULL, NULL };

	return postfix_run(&other, &run);
}

/* All of them, the default one first. None where there is but one. */
static void
instances_list(struct words *out)
{
	char *first = instance_says(NULL, "config_directory");
	char *more = instance_says(NULL, "multi_instance_directories");

	if (first != NULL && more != NULL && *more != '\0') {
		words_split(out, first);
		words_split(out, more);
	}
	mem_free(first);
	mem_free(more);
}

static bool
instance_asks(const struct postfix *p, const char *directory)
{
	char *maps = instance_says(directory, "transport_maps");
	struct buf table = { 0 };
	char *ours;
	bool asks;

	buf_printf(&table, ":%s/transport", p->conf->table_directory);
	ours = buf_string(&table);
	asks = maps != NULL && strstr(maps, ours) != NULL;
	mem_free(ours);
	mem_free(maps);
	return asks;
}

/* Another instance than the one looked at asks our tables, or NULL. */
static const char *
other_asks(const struct postfix *p, const struct words *all, const char *is)
{
	if (instance_asks(p, is))
		return NULL;
	for (size_t i = 0; i < all->list.n; i++)
		if (strcmp(all->list.v[i], is) != 0 &&
		    instance_asks(p, all->list.v[i]))
			return all->list.v[i];
	return NULL;
}

static void
instance_wrong(const struct postfix *p, const char *is, const char *other)
{
	struct buf remedy = { 0 };
	char *text;

	buf_printf(&remedy,
	    "in lsrd.conf: postfix-directory = \"%s\", then lsrctl reload",
	    other);
	text = buf_string(&remedy);
	check_find(p->list, CHECK_ABOUT(CHECK_CRITICAL, "instance", text),
	    "our tables are asked by the Postfix of %s, and lsrd looks at that "
	    "of %s",
	    other, is);
	mem_free(text);
}

bool
check_instance(const struct postfix *p)
{
	const char *is = postconf_full(p, "config_directory"), *other = NULL;
	struct words all = { 0 };

	instances_list(&all);
	if (all.list.n > 0)
		other = other_asks(p, &all, is);
	if (other != NULL)
		instance_wrong(p, is, other);
	else if (all.list.n > 0)
		check_find(p->list,
		    CHECK_ABOUT(CHECK_NOTE, "instance",
			p->directory != NULL
			    ? NULL
			    : "another: postfix-directory in lsrd.conf"),
		    "of the %zu instances of Postfix, that of %s is looked at",
		    all.list.n, is);
	words_done(&all);
	return other == NULL;
}
