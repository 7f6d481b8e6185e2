/*
 * publish.h - lsrd's side of the publisher: hands it differences, and kills
 * it when it hangs.
 *
 *                 start            acknowledged
 *   none ----> (whole table) ----> idle <-----------------+
 *    ^              |                |  newer table       | acknowledged
 *    | gone,        | late           v                    |
 *    | after a     killed <-------- busy (differences) ---+
 *    | while        |         late
 *    +--------------+
 *
 * One batch is under way at a time; of what comes meanwhile the patterns are
 * noted, and what they have by then is handed over as one difference
 * afterwards: the newest table is never behind a queue, and what it costs is in
 * proportion to what changed. A publisher that says it has another table gets
 * the whole.
 * The publisher says when it is about to lock the MTA's tables and when it
 * has let go. From the hand-over, and from each such word, it has 500 ms for
 * the next one: then it is killed (its tables stay whole) and another gets
 * the whole table, and has twice the time, 32 s at most. A batch that is
 * written has the next one wait for twice its own longest silence. Within the
 * lock the time is counted apart: there mail stands. The loop never waits for
 * a disk. The milter's table comes last and waits for a
 * pause: it delays nothing, and nobody is killed for it.
 */

#ifndef IO_PUBLISH_H
#define IO_PUBLISH_H

#include <event2/event.h>

#include "cfg/conf.h"
#include "core/node/engine.h"
#include "core/view/rib.h"
#include "io/sink.h"

struct publish;

/*
 * `done` is told each generation that is published, and whether a table was
 * missing before; `file`, why FILE_COPY or FILE_MILTER cannot be written, or
 * FILE_TABLE not in time, or NULL once it can. The daemon makes them an IN_PUBLISHED and an IN_FILE.
 */
struct publish_calls {
	void (*done)(void *ctx, uint64_t generation, bool made);
	void (*file)(void *ctx, enum file_what what, const char *reason);
	void *ctx;
};

/* `base`, `sink`, `mta` (whose tables these are) and `ctx` are lent for its
 * life; `calls` is copied. */
struct publish *publish_new(struct event_base *base, struct sink *sink,
    const char *mta, const struct publish_calls *calls);

/*
 * Takes over from the configuration what concerns it: the program, the
 * directories, the names of services, the addresses that are our own. To be
 * called once before the first table, and after each reload.
 */
void publish_conf(struct publish *publish, const struct conf *conf);

/*
 * What is published, from the plain copy in this directory, in the form of
 * SAVE_TABLE (core/node/engine.h); the newer or the one before. Nothing when
 * there is no good one.
 */
void publish_saved(const char *directory, struct buf *out);

/* What there is to publish, as of FX_ROUTES. */
struct publish_news {
	const struct rib *rib; /* lent until the next one, or publish_free() */
	const struct rib_changes *changes; /* of it; NULL: all may be new */
	const uint8_t *annex; /* what the milter's table has besides; copied */
	size_t n;             /* 0: that is as it was */
	unsigned kept; /* and these of its parts are (core/node/engine.h) */
};

void publish_table(struct publish *publish, const struct publish_news *news);

/* Lets the publisher end; the tables stay as they are. */
void publish_free(struct publish *publish);

#endif
