#include "publish/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rc.h"

/* What comes through the pipe. */
struct outcome {
	int rc, error;
	struct aside_told told;
};

void
aside_init(struct aside *aside)
{
	*aside = (struct aside){ .fd = -1 };
}

/* A lock belongs to whoever has the descriptor, and all mail waits for that of
 * a table. So descriptors go first; the pipe's is put below the others. */
static int
aside_child(int pipe_fd, pid_t parent)
{
	int fd = dup2(pipe_fd, STDIN_FILENO);

	(void)close_range(STDERR_FILENO + 1, ~0u, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || getppid() != parent)
		_exit(1);
	return fd;
}

int
aside_begin(struct aside *aside,
    int (*work)(void *ctx, struct aside_told *told), void *ctx)
{
	struct outcome outcome;
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return RC_IO;
	aside->pid = fork();
	if (aside->pid == 0) {
		int fd = aside_child(ends[1], parent);

		memset(&outcome, 0, sizeof(outcome));
		outcome.rc = work(ctx, &outcome.told);
		outcome.error = errno;
		_exit(write(fd, &outcome, sizeof(outcome)) < 0);
	}
	close(ends[1]);
	aside->fd = ends[0];
	if (aside->pid > 0)
		return RC_OK;
	close(ends[0]);
	aside->fd = -1;
	return RC_IO;
}

int
aside_end(struct aside *aside, struct aside_told *told)
{
	struct outcome outcome = { .rc = RC_IO, .error = ECHILD };
	ssize_t n;

	do
		n = read(aside->fd, &outcome, sizeof(outcome));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(outcome))
		outcome = (struct outcome){ .rc = RC_IO, .error = ECHILD };
	aside_done(aside);
	*told = outcome.told;
	errno = outcome.error;
	return outcome.rc;
}

void
aside_done(struct aside *aside)
{
	if (aside->fd < 0)
		return;
	kill(aside->pid, SIGKILL);
	while (waitpid(aside->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	close(aside->fd);
	aside->fd = -1;
}
