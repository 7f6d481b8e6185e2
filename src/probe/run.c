#include "probe/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/mono.h"
#include "base/rc.h"
#include "sys/clock.h"
#include "sys/trusted.h"

#define UNSTARTED 127 /* exit status: no exec came about */
#define SWEEP_MS 1000 /* for who left the process group */
#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static void
on_child(int sig)
{
	(void)sig;
}

/* In the child: itself, and nothing of us; without us it ends. */
static void
run_become(
    const struct run *run, const struct helper_question *question, pid_t us)
{
	static char path_variable[] = PATH, locale[] = "LC_ALL=C";
	char path[4096], server[sizeof(question->server)];
	char *argv[] = { path, server, NULL };
	char *env[] = { path_variable, locale, NULL };
	struct rlimit none = { 0, 0 };
	sigset_t none_blocked;
	int null = open("/dev/null", O_RDWR);

	snprintf(path, sizeof(path), "%s/%s", run->directory, question->name);
	snprintf(server, sizeof(server), "%s", question->server);
	sigemptyset(&none_blocked);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != us || setsid() < 0 || null < 0 ||
	    dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || chdir("/") != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		_exit(UNSTARTED);
	(void)close_range(STDERR_FILENO + 1, ~0u, 0);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none_blocked, NULL);
	execve(path, argv, env);
	_exit(UNSTARTED);
}

/* Until something happens; false: it is over. */
static bool
run_wait(const struct run *run, struct mono until, const sigset_t *open)
{
	uint64_t ms = mono_since(clock_mono(), until);
	struct timespec left = { (time_t)(ms / 1000),
		(long)(ms % 1000 * 1000000) };
	struct pollfd asker = { .fd = run->asker };
	int n;

	if (ms == 0)
		return false;
	n = ppoll(&asker, 1, &left, open);
	return n < 0 ? errno == EINTR : n == 0;
}

/* Those of our children that /proc tells of. */
static void
run_kill_children(void)
{
	char path[64];
	FILE *f;
	long pid;

	snprintf(
	    path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
	f = fopen(path, "re");
	if (f == NULL)
		return;
	while (fscanf(f, "%ld", &pid) == 1)
		kill((pid_t)pid, SIGKILL);
	fclose(f);
}

/* No child is left, or that is beyond us. */
static void
run_sweep(pid_t group)
{
	struct mono until = mono_after(clock_mono(), SWEEP_MS);
	struct timespec moment = { 0, 2000000 };

	kill(-group, SIGKILL);
	while (!mono_due(until, clock_mono())) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid > 0)
			continue;
		run_kill_children();
		nanosleep(&moment, NULL);
	}
}

/* True when it ended by itself. It is not reaped yet, so its number, which is
 * that of its group, is nobody else's. */
static bool
run_ended(
    const struct run *run, pid_t pid, const sigset_t *open, siginfo_t *status)
{
	struct mono until = mono_after(clock_mono(), run->deadline_ms);

	for (;;) {
		status->si_pid = 0;
		if (waitid(P_PID, (id_t)pid, status,
			WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    status->si_pid == pid)
			return true;
		if (!run_wait(run, until, open))
			return false;
	}
}

static struct helper_answer
run_judge(bool ended, const siginfo_t *status)
{
	struct helper_answer answer = { .word = HELPER_SILENT };

	answer.why =
	    !ended ? HELPER_TIMEOUT
	    : status->si_code == CLD_EXITED && status->si_status == UNSTARTED
		? HELPER_MISSING
		: HELPER_STATUS;
	if (ended && status->si_code == CLD_EXITED && status->si_status <= 1)
		answer.word = status->si_status == 0 ? HELPER_UP : HELPER_DOWN;
	return answer;
}

struct helper_answer
run_command(const struct run *run, const struct helper_question *question)
{
	struct sigaction child = { .sa_handler = on_child };
	struct helper_answer silent = { .word = HELPER_SILENT };
	sigset_t block, open;
	siginfo_t status;
	bool ended;
	int rc = trusted_judge(run->directory, question->name, NULL);
	pid_t us = getpid(), pid;

	silent.why = rc == RC_NONE ? HELPER_MISSING : HELPER_UNSAFE;
	if (rc != RC_OK)
		return silent;
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &open);
	/* Whoever started us may have blocked it. */
	sigdelset(&open, SIGCHLD);
	sigaction(SIGCHLD, &child, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (pid == 0)
		run_become(run, question, us);
	if (pid < 0) {
		silent.why = HELPER_MISSING;
		return silent;
	}
	ended = run_ended(run, pid, &open, &status);
	run_sweep(pid);
	return run_judge(ended, &status);
}
