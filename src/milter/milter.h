/*
 * milter.h - lsrd-milter as a whole: what libmilter's threads share.
 *
 *     main.c     options, socket, the end of privileges, the order of it all
 *     tend.c     the first thread: newer tables, signals, reports, watchdog
 *     door.c     libmilter's first thread: who may come in
 *     filter.c   libmilter's threads: the callbacks, one session each
 *     session.c  what a message has told, and what follows from it; pure
 *     admission.c  likewise, where a connector has limits
 *
 * One lock guards all that changes, and is taken in milter.c and tend.c alone,
 * for a moment: nothing under it waits for anything. Whatever goes wrong on
 * our side, mail is accepted as it came.
 */

#ifndef MILTER_MILTER_H
#define MILTER_MILTER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <pthread.h>

#include "core/trace/mark.h"
#include "core/trace/ruling.h"
#include "core/wire/report.h"
#include "message/basis.h"
#include "message/session.h"
#include "milter/options.h"
#include "sys/say.h"

/* A message that we have marked: its name in the queue, and its visit's time. */
struct milter_passed {
	char id[MARK_QUEUE_ID + 1];
	uint64_t time_ms;
};

struct milter {
	const struct options *options; /* do not change */
	struct say say;

	pthread_mutex_t lock; /* for what follows, up to `open` */
	struct basis *basis;  /* NULL: nothing to stand on yet */
	struct mark_memory *memory;
	struct ruling_memory splits;
	struct report counts; /* since the last report that went out */
	struct say say_limit; /* of lines that others cause */
	struct milter_passed passed[LIMIT_PASSED];
	unsigned npassed; /* in all; the oldest is overwritten */
	unsigned open;    /* messages between MAIL and their end */
	unsigned tables;  /* bases that have not ended */
	unsigned judged;  /* transactions that keep one */

	struct mono crowded; /* of libmilter's first thread: no descriptor was
				left then */

	/* by signal handlers, in any thread, for the first one */
	atomic_bool stop, reload, tell;
};

/*
 * The one there is: libmilter's first callback and the handler of a signal
 * get no context. milter_init() comes first; *options is lent.
 */
struct milter *milter_get(void);
void milter_init(struct milter *m, const struct options *options);
void milter_done(struct milter *m);

/* What to stand on now, or NULL; to be given back with milter_unref(). */
struct basis *milter_ref(struct milter *m);
void milter_unref(struct milter *m, struct basis *basis);

/* The same to be kept from RCPT on, with what is computed over it, however long
 * the client is silent: where a connector has limits, unless too many are kept
 * already. milter_kept() takes it back. */
struct basis *milter_keep(struct milter *m);
void milter_kept(struct milter *m, struct basis *basis);

/* Whether a connector has limits now. */
bool milter_limits(struct milter *m);

/* `basis` from now on, in place of the one before; NULL takes it away. */
void milter_stand_on(struct milter *m, struct basis *basis);

void milter_count(struct milter *m, enum report_count what);

/* session_judge(), with what is remembered of messages that came far. */
enum mark_verdict milter_judge(
    struct milter *m, const struct session *s, const struct session_ask *ask);

/* It passed with this visit; `id` is its name in the queue, or "-". */
void milter_remember(struct milter *m, const struct session *s,
    const struct visit *visit, const char *id);

/* Its recipients are to be taken apart; and whether those of this try are:
 * then size and priority of *message are filled in (core/trace/ruling.h). */
void milter_split(struct milter *m, const struct ruling_try *who,
    const struct policy_message *message, uint64_t now_ms);
bool milter_recall(struct milter *m, const struct ruling_try *who,
    uint64_t now_ms, struct policy_message *message);

/*
 * A message was marked; and whether this is that very one, with the mark on it
 * still in the queue that it had then: the MTA's list names us twice. It has
 * been nowhere, so that is no loop.
 */
void milter_marked(struct milter *m, const char *id, uint64_t time_ms);
bool milter_is_again(
    struct milter *m, const char *id, const struct mark_trace *trace);

/* A message has begun (+1) or ended (-1). */
void milter_open(struct milter *m, int change);

/* What others cause: a line of the log, limited. */
__attribute__((format(printf, 3, 4))) void milter_say(
    struct milter *m, int priority, const char *fmt, ...);

#endif
