#include "daemon/init.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sys/wait.h>

#define KILLED 128 /* and the signal, as a shell says it */

/* What is handed on, and what tells of an end. */
static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1,
	SIGUSR2, SIGCHLD };

/* Buries all who have ended; lsrd's exit status if it is among them, or -1. */
static int
bury(pid_t lsrd)
{
	int status, is = -1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == lsrd)
			is = WIFEXITED(status) ? WEXITSTATUS(status)
			                       : KILLED + WTERMSIG(status);
	return is;
}

static int
init_run(pid_t lsrd, const sigset_t *set)
{
	int status = -1, sig;

	while (status < 0) {
		sig = sigwaitinfo(set, NULL);
		if (sig == SIGCHLD)
			status = bury(lsrd);
		else if (sig > 0)
			(void)kill(lsrd, sig);
	}
	return status;
}

/* Sockets that were opened for process 1 are ours. */
static void
sockets_inherit(void)
{
	const char *pid = getenv("LISTEN_PID");
	char own[24];

	if (pid == NULL || strcmp(pid, "1") != 0)
		return;
	snprintf(own, sizeof(own), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", own, 1);
}

int
init_become(void)
{
	sigset_t set, before;
	pid_t lsrd;

	if (getpid() != 1)
		return -1;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, &before);
	lsrd = fork();
	if (lsrd < 0) {
		fprintf(stderr, "lsrd: fork: %s\n", strerror(errno));
		return EX_OSERR;
	}
	if (lsrd > 0)
		return init_run(lsrd, &set);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sockets_inherit();
	return -1;
}
