/*
 * moved.h - which routes a new table moves, from which hops to which, and
 * because of what: for the history on disk, and for `lsrctl routes`.
 *
 *     moved_begin --> moved_route, for each that moves --> moved_end
 *
 * Between the two both tables stay. A record names MOVED_PATTERNS of them, in
 * MOVED_GROUPS groups that go the same way for the same reason; the rest is
 * counted. The first table of a life moves nothing: it has no table before.
 */

#ifndef CORE_MOVED_H
#define CORE_MOVED_H

#include "base/json.h"
#include "base/tree.h"
#include "base/vec.h"
#include "core/node/cause.h"
#include "core/view/rib.h"

/* A table of any size is a record of 300 kB at most, and mostly of 1 kB. */
#define MOVED_PATTERNS 4096
#define MOVED_GROUPS 64

struct moved_group {
	const struct route *from, *to; /* NULL: there is none */
	struct cause *cause;           /* NULL: time alone, or not known */
	VEC(const char *) patterns;
};

struct moved {
	VEC(struct moved_group) groups;
	size_t n, named;
};

/* Since when each route is as it is, as far as this life has seen it move. */
struct trails {
	struct tree by_pattern;
};

struct engine;

/* As a route of route_same() moves: `from` or `to` may be NULL. */
void moved_route(struct engine *e, struct moved *moved,
    const struct route *from, const struct route *to);

/* The first of what moved, for a line of the log: texts, each with its NUL. */
struct moved_said {
	struct buf from, to, cause;
};

/* False: nothing has moved. */
bool moved_words(const struct moved *moved, struct moved_said *said);
void moved_said_done(struct moved_said *said);

/* The record of the table of this generation, if something moved. */
void moved_end(struct engine *e, struct moved *moved, const struct rib *rib);

/* The table of this generation is published: how soon after its cause. */
void moved_published(struct engine *e, uint64_t generation);

/* `since` and `cause` of a route, if this life has seen it move. */
void moved_show(const struct engine *e, struct json *j, const char *pattern);

void moved_done(struct engine *e);

#endif
