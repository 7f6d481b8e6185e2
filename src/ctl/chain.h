/*
 * chain.h - the tables of one parameter, asked as Postfix asks them, with
 * postmap -q: what anybody can find out who may read them.
 *
 *     chain_open(&c, p, "transport_maps");
 *     chain_want(&c, "u@dom"); chain_want(&c, "dom"); ...
 *     chain_ask(&c);                      one postmap for each table
 *     value = chain_find(&c, "dom", &table);
 *
 * Our own tables are left out: what would the site's say without us. A word
 * that names no table is found by itself. One that joins ours with others
 * (unionmap, pipemap) is asked apart: what it says is neither's.
 */

#ifndef CTL_CHAIN_H
#define CTL_CHAIN_H

#include "ctl/postconf.h"

struct chain {
	const struct postfix *p;
	const char *parameter;
	struct words tables;
	size_t before; /* so many of them stand before ours */
	struct words keys;
	struct words answers;  /* of each table: lines `key<TAB>value` */
	struct words unasked;  /* tables that cannot be asked */
	struct words joined;   /* ours with others in one word */
	struct words together; /* their answers */
};

void chain_open(struct chain *c, const struct postfix *p, const char *name);
void chain_want(struct chain *c, const char *key);
void chain_ask(struct chain *c);

/* The first table that has the key: its value, the caller's, and which; or
 * NULL. The other asks only those that stand before ours. */
char *chain_find(const struct chain *c, const char *key, const char **table);
char *chain_find_before(
    const struct chain *c, const char *key, const char **table);
void chain_close(struct chain *c);

/*
 * The keys of an address in Postfix's order: itself, its domain, `.parent`,
 * the longest first. The caller's.
 */
void chain_keys(struct words *keys, const char *address);

/* chain_find() of the first of them that is found. */
char *chain_find_any(
    const struct chain *c, const struct words *keys, const char **table);

/* What the first word that joins ours with others says, the caller's; NULL:
 * nothing. `table` is NULL when there is no such word. */
char *chain_find_joined(
    const struct chain *c, const struct words *keys, const char **table);

#endif
