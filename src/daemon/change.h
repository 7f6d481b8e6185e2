/*
 * change.h - changes of the configuration: held, tried for a time, confirmed,
 * taken back.
 *
 *     reload --> loaded --+--> in force                     (undo: the one before)
 *                         +--> held: moves too many routes --- confirm --> in force
 *     reload within=S ----+--> in force, and tried --+-- confirm --> in force
 *                                                    +-- S, undo, a restart --> back
 *
 * While the file says something that is not in force, or is not to stay, a
 * start goes on with what is (kept.h).
 */

#ifndef DAEMON_CHANGE_H
#define DAEMON_CHANGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/lsa/setup.h"
#include "daemon/reload.h"
#include "io/sink.h"
#include "sys/notify.h"

#define CHANGE_WITHIN_LEAST_S 1
#define CHANGE_WITHIN_MOST_S 86400

struct event_base;
struct change;

enum change_how {
	CHANGE_ASKED = 0,     /* not if it moves too many routes */
	CHANGE_CONFIRMED = 1, /* whatever it moves */
	CHANGE_TRIED = 3      /* nothing is in force: what would move is told */
};

/* What the daemon does for it. */
struct change_hands {
	/* It is in force, and *fresh is what was before, without `self`. False:
	 * the engine holds it, or was only asked; the lines go to `moves`. */
	bool (*put)(void *ctx, struct reload *fresh, enum change_how how,
	    struct buf *moves);
	const struct conf *(*in_force)(void *ctx);
	/* To be shown. */
	void (*stands)(void *ctx, const struct setup_standing *standing);
};

/* All is lent for its life. */
struct change_world {
	struct event_base *base;
	const char *path;
	struct sink *sink;
	struct notify *notify;
	const struct crypto *crypto;
	const struct change_hands *hands;
	void *ctx; /* theirs */
};

/* `kept`: this life began with what kept.h says, not with the file. */
struct change *change_new(const struct change_world *world, bool kept);

/* `reload [dry] [within=SECONDS]`, `confirm`, `undo [steps=N]`, `config`: appends the
 * answer, JSON lines, the last one without a line feed. */
void change_request(
    struct change *change, const char *line, struct buf *answer);

void change_free(struct change *change);

#endif
