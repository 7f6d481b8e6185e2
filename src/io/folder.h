/*
 * folder.h - an MTA's queue that is a folder of files (struct plugin_spool),
 * read in slices between other events: what is known of a message is told
 * again, and a file is read only when it is new or was written since.
 *
 *     folder_read --> a slice: names, stat(2), a few files --> the next slice
 *                        |                                        |
 *                        +--> found, for each recipient           +--> done
 *
 * Files come and go meanwhile: one that vanished is no message, one that is
 * none yet is looked at again the next time. More than FOLDER_MOST messages
 * are not looked at.
 */

#ifndef IO_FOLDER_H
#define IO_FOLDER_H

#include <event2/event.h>

#include "plugins/plugin.h"

#define FOLDER_LOOK 256 /* names in a slice */
#define FOLDER_READ 32  /* messages read in a slice */
#define FOLDER_MOST 100000
#define FOLDER_SAID 8192 /* octets of a message's log, its end */

struct folder;

/* Both are lent for its life. */
struct folder *folder_new(
    struct event_base *base, const struct plugin_spool *spool);

struct folder_job {
	const char *directory; /* of the queue; copied */
	plugin_found *found;
	/* Once: why is NULL when all was read, else a text. */
	void (*done)(void *ctx, const char *why);
	void *ctx;
};

/* False: it does not open; errno tells, and `done` is not called. */
bool folder_read(struct folder *folder, const struct folder_job *job);

void folder_stop(struct folder *folder);
void folder_free(struct folder *folder);

#endif
