/*
 * resolve.h - what Postfix's own trivial-rewrite(8) would do with a
 * recipient: the request that smtpd and qmgr make, over the same socket,
 * which root alone can reach.
 */

#ifndef CTL_RESOLVE_H
#define CTL_RESOLVE_H

#include <stdbool.h>

enum resolve_class {
	RESOLVE_NONE,
	RESOLVE_LOCAL,
	RESOLVE_ALIAS,   /* virtual_alias_domains */
	RESOLVE_VIRTUAL, /* virtual_mailbox_domains */
	RESOLVE_RELAY,
	RESOLVE_DEFAULT
};

struct resolve_answer {
	bool failed; /* a map that cannot be asked */
	enum resolve_class kind;
	char transport[128];
	char nexthop[2048];
};

struct resolve;

/* The socket below `queue`. NULL, with errno, where it does not answer. */
struct resolve *resolve_open(const char *queue);
void resolve_close(struct resolve *r);

/* True when it has stopped to answer. */
bool resolve_lost(const struct resolve *r);

/* False when it stops to answer, which takes five seconds at most. */
bool resolve_ask(struct resolve *r, const char *sender, const char *address,
    struct resolve_answer *answer);

#endif
