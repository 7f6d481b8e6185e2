/*
 * show.h - routes and explanations as JSON, and as tables of 80 columns for
 * a person (lsrctl(1), JSON). Both say the same.
 *
 * Everything goes into a buffer that the caller prints. In the tables what
 * could move a terminal's cursor is shown as `?`; a name that is longer than
 * the line has a line of its own.
 */

#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "base/buf.h"
#include "core/paths/explain.h"
#include "core/paths/routes.h"
#include "ctl/ways.h"

#define SHOW_COLUMNS 80

/* A route of one server. `why` is asked for an unreachable one alone. */
struct show_route {
	const struct net *net;
	const char *pattern;
	const struct routes_one *route;
	const char *why;
};

/* {"pattern":...} and a line feed. */
void show_route_json(struct buf *out, const struct show_route *r);

void show_routes_head(struct buf *out);
void show_route_table(struct buf *out, const struct show_route *r);

/* A route before and after a change, as seen from one server. */
struct show_move {
	const char *from;
	struct show_route before, after;
};

void show_move_json(struct buf *out, const struct show_move *m);
void show_move_table(struct buf *out, const struct show_move *m, bool first);

struct show_count {
	uint64_t servers, routes, moved, unreachable;
};

void show_count_json(struct buf *out, const struct show_count *count);
void show_count_table(struct buf *out, const struct show_count *count);

struct show_explain {
	const struct net *net;
	const char *address, *from;
	const struct explain *explain;
	const struct ways *ways; /* NULL: not asked for */
};

void show_explain_json(struct buf *out, const struct show_explain *e);
void show_explain_table(struct buf *out, const struct show_explain *e);

/* Prints the buffer on standard output and empties it. */
void show_flush(struct buf *out);

/* `  label      text, text`, wrapped; for other tables too. */
void show_words(
    struct buf *out, const char *label, const char *const *words, size_t n);

/* The same of a text of several words, broken at spaces. */
void show_text(struct buf *out, const char *label, const char *text);

#endif
