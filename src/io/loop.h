/*
 * loop.h - between libevent and the engine: feeds inputs, has effects
 * carried out.
 *
 *     callback --> loop_step(input) --> engine_step() --> effects
 *                     ^                                     |
 *                     |  queued while a step is carried out |
 *                     +------------- hands <----------------+
 *
 * Every callback of libevent ends in one loop_step(). Effects are carried
 * out in order, after the engine has returned, by the hand that is in charge
 * of their kind. An input that arises meanwhile waits its turn, so the
 * engine is never entered twice, and its effects stay whole. What a hand
 * ends it only marks; loop_later() frees it when no callback is on the
 * stack.
 */

#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <event2/event.h>

#include "core/node/engine.h"
#include "io/measure.h"

struct loop;

/* How long steps took, with their effects; and those of them that decided a
 * table. */
struct loop_times {
	struct measure steps, tables;
};

/* Carries out one effect, which is lent for the call. */
typedef void loop_hand(void *ctx, const struct effect *fx);

/* Both are lent for the life of the loop. */
struct loop *loop_new(struct event_base *base, struct engine *engine);

struct event_base *loop_base(const struct loop *loop);
const struct engine *loop_engine(const struct loop *loop);
const struct loop_times *loop_times(const struct loop *loop);

/* From now on effects of this kind are carried out by `hand`. Each kind
 * that the engine gives must have one; NULL takes it away. */
void loop_carry(
    struct loop *loop, enum effect_kind kind, loop_hand *hand, void *ctx);

/*
 * Gives the engine one input; `now` and `wall` are filled in here. Within a
 * hand it is queued with copies of what `name` and `bytes` point at; `setup`
 * must live until the next IN_CONF as ever.
 */
void loop_step(struct loop *loop, const struct input *in);

/* Calls fn(ctx) once, when no callback of libevent is on the stack, or when
 * the loop is freed. */
void loop_later(struct loop *loop, void (*fn)(void *ctx), void *ctx);

void loop_free(struct loop *loop);

#endif
