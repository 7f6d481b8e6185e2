#include "exim/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

/* What a signal handler can reach: it gets no context. */
static sigjmp_buf *
back(void)
{
	static sigjmp_buf where;

	return &where;
}

static void
on_fault(int sig)
{
	siglongjmp(*back(), sig);
}

static void
handlers_take(struct sigaction before[FAULTS])
{
	struct sigaction ours = { .sa_handler = on_fault };

	sigemptyset(&ours.sa_mask);
	for (size_t i = 0; i < FAULTS; i++)
		sigaction(faults[i], &ours, &before[i]);
}

static void
handlers_give(const struct sigaction before[FAULTS])
{
	for (size_t i = 0; i < FAULTS; i++)
		sigaction(faults[i], &before[i], NULL);
}

bool
guard_run(struct guard *guard, void (*work)(void *ctx), void *ctx)
{
	struct sigaction before[FAULTS];

	if (guard->fault != 0)
		return false;
	handlers_take(before);
	guard->fault = sigsetjmp(*back(), 1);
	if (guard->fault == 0)
		work(ctx);
	handlers_give(before);
	return guard->fault == 0;
}
