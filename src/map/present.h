/*
 * present.h - what is so now, and tells the pages when it is so no more.
 *
 *     lsrctl watch ----------line--> `change` to the pages
 *                              \
 *     lsrctl status, each second -> other? --> lsrctl export json --> other?
 *         |                                                             |
 *         no answer: `away`; again: `back`                        `topology`
 *
 * Both, for a watch leaves out what flaps, and a status says nothing of why.
 * However much happens, the topology is asked for five times a second at most,
 * and has a fifth of the time that this takes.
 */

#ifndef MAP_PRESENT_H
#define MAP_PRESENT_H

#include <stdbool.h>

#include "map/answers.h"
#include "map/stream.h"

struct present;

struct present_calls {
	/* Another topology: lent. */
	void (*topology)(void *ctx, const struct body *topology);
	/* lsrd answers, or does not. */
	void (*away)(void *ctx, bool away);
	void *ctx;
};

struct present *present_new(
    struct event_base *base, struct ask_set *asks, struct answers *answers);
void present_begin(struct present *present, struct stream *stream,
    const struct present_calls *calls);
void present_free(struct present *present);

/* The topology, or why there is none: lent. */
struct body *present_topology(const struct present *present);

/* What a page gets first; whether lsrd answers is asked again for the first one. */
void present_greet(struct present *present, struct stream *stream);

#endif
