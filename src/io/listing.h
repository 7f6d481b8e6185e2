/*
 * listing.h - the MTA's queue, read once: its socket is opened, a pure reader
 * (plugins/plugin.h) is fed, and whoever asked is told of each message. An
 * MTA that is silent for LISTING_PATIENCE_S is given up. A queue of files is
 * read by folder.h, with what is known of them from before.
 */

#ifndef IO_LISTING_H
#define IO_LISTING_H

#include <event2/event.h>

#include "io/folder.h"
#include "plugins/plugin.h"

#define LISTING_PATIENCE_S 20

struct listing;

/* All are lent until `done` is called, or the listing is freed. */
struct listing_job {
	const struct plugin_queue *queue;
	struct folder *folder; /* of a queue of files; else NULL */
	const char *directory; /* the MTA's, of its queue */
	plugin_found *found;
	/* Once, unless it is freed before: why is NULL when all was listed,
	 * else a text, lent for the call. The listing is gone then. */
	void (*done)(void *ctx, const char *why);
	void *ctx;
};

/* NULL: it does not open; errno tells, and `done` is not called. */
struct listing *listing_begin(
    struct event_base *base, const struct listing_job *job);

/* Gives it up; NULL is nothing to free. */
void listing_free(struct listing *listing);

/* What a listing opens, below the directory. */
const char *listing_of(const struct plugin_queue *queue);

/* A stream to a socket below the directory; -1: errno tells. */
int listing_connect(const char *directory, const char *name);

#endif
