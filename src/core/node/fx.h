/*
 * fx.h - the effects of a step: what the shell is to do once it is over.
 *
 * They own what they point to: copies that live until the next step.
 */

#ifndef CORE_FX_H
#define CORE_FX_H

#include "base/vec.h"
#include "core/node/engine.h"

struct session;

struct fx {
	VEC(struct effect) list;
	VEC(void *) arena; /* freed at the next step */
	struct mono wake;  /* the next step is no later */
	uint32_t saves;    /* number of the last FX_SAVE */
};

/* A copy that lives until the next step. */
void *fx_copy(struct engine *e, const void *p, size_t n);
void fx_add(struct engine *e, struct effect fx);
/* Counted as said, and not yet written, in this session. */
void fx_send(struct engine *e, struct session *s, const struct buf *frame);
/* The texts of `event` are copied. */
void fx_event(struct engine *e, struct event event);
/* A record: one JSON object, copied; of the same subject (str_hash()) only so
 * many are kept (io/history_limit.h). */
void fx_history(struct engine *e, uint32_t subject, const struct buf *record);
/* No later than `at`. */
void fx_wake(struct engine *e, struct mono at);

/* A step begins: nothing is to be done yet. */
void fx_clear(struct engine *e);
void fx_done(struct engine *e);

#endif
