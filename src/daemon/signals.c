#include "daemon/signals.h"

#include <signal.h>

#include "base/check.h"
#include "base/mem.h"

static const int rows[] = { SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2 };

#define ROWS (sizeof(rows) / sizeof(rows[0]))

struct signals {
	const struct signals_hands *hands;
	void *ctx;
	struct event *events[ROWS];
};

static void
on_signals_signal(evutil_socket_t number, short what, void *arg)
{
	struct signals *signals = arg;

	(void)what;
	if (number == SIGHUP)
		signals->hands->reload(signals->ctx);
	else if (number == SIGUSR1)
		signals->hands->dump(signals->ctx);
	else if (number == SIGUSR2)
		signals->hands->debug(signals->ctx);
	else
		signals->hands->stop(signals->ctx);
}

struct signals *
signals_new(
    struct event_base *base, const struct signals_hands *hands, void *ctx)
{
	struct signals *signals = mem_new(sizeof(*signals), 0, 0);

	signals->hands = hands;
	signals->ctx = ctx;
	for (size_t i = 0; i < ROWS; i++) {
		signals->events[i] =
		    evsignal_new(base, rows[i], on_signals_signal, signals);
		CHECK(signals->events[i] != NULL &&
		      evsignal_add(signals->events[i], NULL) == 0);
	}
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	return signals;
}

void
signals_free(struct signals *signals)
{
	if (signals == NULL)
		return;
	for (size_t i = 0; i < ROWS; i++)
		event_free(signals->events[i]);
	mem_free(signals);
}
