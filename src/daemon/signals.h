/*
 * signals.h - signals as events of the loop: HUP reloads, TERM and INT stop
 * in order, USR1 writes the state to the log, USR2 turns debug lines on and
 * off. All of it can be done over the control socket, too, but stopping.
 */

#ifndef DAEMON_SIGNALS_H
#define DAEMON_SIGNALS_H

#include <event2/event.h>

struct signals;

struct signals_hands {
	void (*reload)(void *ctx);
	void (*stop)(void *ctx);
	void (*dump)(void *ctx);
	void (*debug)(void *ctx);
};

/* `hands` and `ctx` are lent for its life. */
struct signals *signals_new(
    struct event_base *base, const struct signals_hands *hands, void *ctx);
void signals_free(struct signals *signals);

#endif
