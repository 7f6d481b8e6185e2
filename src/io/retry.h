/*
 * retry.h - after a reroute: has the MTA try the deferred mail for the moved
 * patterns again, at once and once more 31 s after that began.
 *
 *   FX_RETRY --> due --(a token)--> list the queue --> try each --> later
 *                 ^                                                  | 31 s
 *                 +---------------- once -----------------------------+
 *
 * Twice, because the MTA's queue manager may keep its last answer for 30 s;
 * what a long first round has asked for last gets ten seconds to be deferred
 * again.
 * Only messages with a recipient of a moved pattern are asked for; when they
 * are more than RETRY_MAX the MTA is asked once for all. An MTA that takes no
 * such requests on a socket is asked by SMTP for the patterns themselves
 * (asking.h). Rounds are paid for
 * from a bucket of three tokens, one every 10 s, and patterns that come
 * meanwhile share the next one. Nothing here waits: the MTA's sockets are
 * those of its own queue commands, and one that does not answer within 20 s
 * is given up.
 */

#ifndef IO_RETRY_H
#define IO_RETRY_H

#include <event2/event.h>

#include "cfg/conf.h"
#include "core/node/engine.h"
#include "io/sink.h"
#include "plugins/plugin.h"

#define RETRY_MAX 1000
#define RETRY_AGAIN_MS 31000
#define RETRY_REST_MS 10000

struct retry;

/* All are lent for its life; without a queue (NULL) it does nothing. */
struct retry *retry_new(struct event_base *base, struct sink *sink,
    const struct plugin_queue *queue);

/* Whether to do it at all, and where the MTA's queue is. */
void retry_conf(struct retry *retry, const struct conf *conf);

/* Where the queue is, when the configuration does not tell: copied. */
void retry_directory(struct retry *retry, const char *directory);

/* Where an MTA is that is asked by SMTP; retry_conf() does it, too. */
void retry_place(struct retry *retry, const struct setup *setup);

/* Where the queue is now: copied. Whether to do it at all stays. What could not
 * be asked for where it was is asked for there at once. */
void retry_moved(struct retry *retry, const char *directory);

/* The MTA has been read: where its queue is, where it is asked, and what begins
 * an extension of an address (core/lsa/match.h); copied. */
void retry_told(struct retry *retry, const struct mta *mta);

/* Mail for this pattern was rerouted; copied. */
void retry_pattern(struct retry *retry, const char *pattern);

void retry_free(struct retry *retry);

#endif
