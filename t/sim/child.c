#include "t/sim/child.h"

#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One that takes more has no end. The sanitizers reserve all that there is. */
#define PLAY_S 1200 /* of a processor */
#define PLAY_OCTETS (UINT64_C(2) << 30)
#ifdef __SANITIZE_ADDRESS__
#define PLAY_IS_BOUNDED 0
#else
#define PLAY_IS_BOUNDED 1
#endif

/* What a signal finds; in the child alone. */
static struct {
	const struct scene_run *run;
	int out;
} playing;

static uint64_t
cpu_us(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The first place outside the C library, as addr2line -e takes it. */
static void
place_say(struct said *said, int signal)
{
	void *at[32];
	int n = backtrace(at, 32);
	const char *place = "nowhere";
	char **names;

	for (int i = 0; i < n; i++) /* into the call itself */
		at[i] = (char *)at[i] - 1;
	names = backtrace_symbols(at, n);
	for (int i = 2; names != NULL && i < n; i++)
		if (strstr(names[i], "/libc.") == NULL &&
		    strstr(names[i], "(+") != NULL) {
			place = strstr(names[i], "(+") + 2;
			break;
		}
	snprintf(said->why, sizeof(said->why), CHILD_STOPPED " %d at %.*s",
	    signal, (int)strcspn(place, ")"), place);
}

/* It has stopped for good: what is not safe in a handler can do no more harm. */
static void
on_stop(int signal)
{
	struct said said = { .failed = true,
		.line = playing.run->line,
		.ms = playing.run->ms,
		.cpu_us = cpu_us() };

	fflush(stdout);
	snprintf(said.title, sizeof(said.title), "%s", playing.run->title);
	place_say(&said, signal);
	if (write(playing.out, &said, sizeof(said)) != sizeof(said))
		_exit(2);
	_exit(1);
}

static void
stops_watch(void)
{
	static const int stops[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGVTALRM };
	struct sigaction action = { .sa_handler = on_stop,
		.sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		sigaction(stops[i], &action, NULL);
}

static void
child_is_bounded(void)
{
	const struct rlimit most = { PLAY_OCTETS, PLAY_OCTETS };

	if (PLAY_IS_BOUNDED && setrlimit(RLIMIT_AS, &most) != 0)
		abort();
}

bool
child_begins(struct child *child, int *out)
{
	int fd[2];

	fflush(stdout);
	if (pipe(fd) != 0 || (child->pid = fork()) < 0)
		abort();
	child->in = fd[0];
	*out = fd[1];
	if (child->pid > 0)
		close(fd[1]);
	else {
		close(fd[0]);
		child_is_bounded();
	}
	return child->pid == 0;
}

void
child_play(struct scene_run *run, int out)
{
	struct itimerval most = { .it_value = { .tv_sec = PLAY_S } };
	struct said said = { 0 };
	uint64_t begun = cpu_us();

	playing.run = run;
	playing.out = out;
	stops_watch();
	setitimer(ITIMER_VIRTUAL, &most, NULL);
	scene_run(run);
	said.failed = run->failed != NULL;
	said.line = run->line;
	said.ms = run->ms;
	said.trace = run->trace;
	said.steps = run->steps;
	said.letters = run->letters;
	said.cpu_us = cpu_us() - begun;
	snprintf(said.title, sizeof(said.title), "%s", run->title);
	if (said.failed)
		snprintf(said.why, sizeof(said.why), "%s", run->failed);
	fflush(stdout);
	if (write(out, &said, sizeof(said)) != sizeof(said))
		exit(1);
}

bool
child_says(const struct child *child, struct said *said)
{
	bool all = read(child->in, said, sizeof(*said)) == sizeof(*said);
	bool stopped =
	    all && said->failed &&
	    strncmp(said->why, CHILD_STOPPED, strlen(CHILD_STOPPED)) == 0;
	int status = 0;

	if (all && !stopped)
		return true;
	waitpid(child->pid, &status, 0);
	if (stopped)
		return false;
	*said = (struct said){ .failed = true };
	snprintf(said->why, sizeof(said->why), CHILD_STOPPED " %d",
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return false;
}

void
child_ends(const struct child *child, bool stopped)
{
	close(child->in);
	if (!stopped)
		waitpid(child->pid, NULL, 0);
}

void
child_run(struct scene_run *run)
{
	struct child child;
	struct said said;
	int out;

	if (child_begins(&child, &out)) {
		child_play(run, out);
		exit(0);
	}
	child_ends(&child, !child_says(&child, &said));
	run->failed = said.failed ? mem_str(said.why) : NULL;
	run->line = said.line;
	run->ms = said.ms;
	run->trace = said.trace;
	run->steps = said.steps;
	run->letters = said.letters;
	snprintf(run->title, sizeof(run->title), "%s", said.title);
}
