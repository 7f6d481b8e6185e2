/*
 * show.h - routes and explanations of a document as JSON (lsrctl(1), JSON), of
 * which ctl/table.h makes what a person reads.
 *
 * Everything goes into a buffer that the caller prints.
 */

#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "base/buf.h"
#include "core/paths/explain.h"
#include "core/paths/routes.h"
#include "ctl/ways.h"

/* A route of one server. `why` is asked for an unreachable one alone. */
struct show_route {
	const struct net *net;
	const char *pattern;
	const struct routes_one *route;
	const char *why;
};

/* {"pattern":...} and a line feed. */
void show_route_json(struct buf *out, const struct show_route *r);

/* A route before and after a change, as seen from one server. */
struct show_move {
	const char *from;
	struct show_route before, after;
};

void show_move_json(struct buf *out, const struct show_move *m);

struct show_count {
	uint64_t servers, routes, moved, unreachable;
};

void show_count_json(struct buf *out, const struct show_count *count);

struct show_explain {
	const struct net *net;
	const char *address, *from;
	const struct explain *explain;
	const struct ways *ways; /* NULL: not asked for */
};

void show_explain_json(struct buf *out, const struct show_explain *e);

/* Prints the buffer on standard output and empties it. */
void show_flush(struct buf *out);

/* `  label      text`, folded (ctl/fold.h). */
void show_text(struct buf *out, const char *label, const char *text);

#endif
