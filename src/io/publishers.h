/*
 * publishers.h - a publisher for each MTA whose tables are written (publish.h),
 * so that one that hangs, or cannot write, stops no other.
 *
 * A generation is published once all have it. The milter's table is the work of
 * the first.
 */

#ifndef IO_PUBLISHERS_H
#define IO_PUBLISHERS_H

#include "base/json.h"
#include "io/publish.h"

struct publishers;

/* As publish_new(), for all MTAs of the configuration: they stay the same, as
 * long as lsrd runs. */
struct publishers *publishers_new(struct event_base *base, struct sink *sink,
    const struct conf *conf, const struct publish_calls *calls);

/* As publish_conf(), publish_table() and publish_free(), for each. */
void publishers_conf(struct publishers *all, const struct conf *conf);
void publishers_table(struct publishers *all, const struct publish_news *news);
void publishers_free(struct publishers *all);

/* What each has published so far, as an array "publishers" of an open object:
 * "mta", "tables" (acknowledged), "generation". */
void publishers_counted(const struct publishers *all, struct json *j);

/* As publish_saved(): the newest of what all have published. */
void publishers_saved(const struct conf *conf, struct buf *out);

#endif
