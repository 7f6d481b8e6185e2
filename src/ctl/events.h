/*
 * events.h - `events` and `watch`: the history on disk, for a person or as it
 * stands there, and as it grows. Both read files, so they work without a
 * daemon, too.
 */

#ifndef CTL_EVENTS_H
#define CTL_EVENTS_H

#include <jansson.h>

#include "base/buf.h"
#include "ctl/verbs.h"

extern const struct verb_option events_options[];
extern const struct verb_option events_watch_options[];

int events_show(const struct call *call);
int events_watch(const struct call *call);

/* Where the daemon of this configuration keeps its state; the caller's. NULL
 * after a complaint. */
char *events_folder(const struct call *call);

/* A cause as lsrctl(1), JSON, has it: `mx1.x.org, connector a-b: is down`. */
void events_cause(struct buf *out, const json_t *cause);

/* A record for a person, in lines of so many columns; of its routes those of
 * the pattern, if there is one. `published_ms` is one more than that; 0: not known. */
void events_record(struct buf *out, const json_t *record, const char *pattern,
    uint64_t published_ms, size_t columns);

#endif
