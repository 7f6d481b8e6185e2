/*
 * exim_conf.h - a configuration of Exim, or what `exim -bP config` prints of one:
 * its options, named lists, and routers with theirs. Macros are put in; what is
 * included or conditional is told, for `exim -bP config` has decided it.
 */

#ifndef CTL_IMPORT_EXIM_CONF_H
#define CTL_IMPORT_EXIM_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

struct exim_option {
	char *name, *value; /* of a flag "" */
	unsigned line;
};

struct exim_router {
	char *name;
	unsigned line;
	VEC(struct exim_option) options;
};

struct exim_conf {
	VEC(struct exim_option) options; /* `domainlist x` is called so */
	VEC(struct exim_option) macros;
	VEC(struct exim_router) routers;
	size_t put;              /* octets of lines in which a macro stood */
	VEC(unsigned) undecided; /* lines that are .include or .if */
};

void exim_conf_read(struct exim_conf *conf, const char *text);
void exim_conf_done(struct exim_conf *conf);

/* An option's value, lent; NULL: not set. */
const char *exim_conf_option(const struct exim_conf *conf, const char *name);
const struct exim_option *exim_router_option(
    const struct exim_router *router, const char *name);

/*
 * The items of a list, trimmed, of which a doubled separator is one that is
 * meant; `<x` at its beginning names another. Calls each(), lent.
 */
typedef void exim_list_each(void *ctx, char *item);
void exim_conf_list(
    const char *text, char separator, exim_list_each *each, void *ctx);

/* The next word of an item, in place, its quotes taken off; NULL: the end. */
char *exim_conf_word(char **rest);

#endif
