#include "ctl/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/mono.h"
#include "ctl/paths.h"
#include "sys/clock.h"

#define SBIN "/usr/sbin/"
#define OUTPUT_MAX (16u << 20)

/* Both ends of what a program writes: its output, and what it complains of. */
struct ends {
	int out[2], said[2];
};

/* The child's: never returns. */
static void
become(char *const argv[], FILE *input, const struct ends *ends)
{
	int null = open("/dev/null", O_RDWR);

	dup2(input != NULL ? fileno(input) : null, STDIN_FILENO);
	dup2(ends->out[1], STDOUT_FILENO);
	dup2(ends->said[1], STDERR_FILENO);
	close(ends->out[1]);
	close(ends->said[1]);
	execvp(argv[0], argv);
	_exit(127);
}

bool
run_has_said(struct run *run, const char *word)
{
	bool has;

	buf_u8(&run->said, 0);
	has = strstr((const char *)run->said.p, word) != NULL;
	run->said.n--;
	return has;
}

/* False: that was all. */
static bool
take_more(int fd, struct buf *out, size_t most)
{
	char chunk[4096];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n > 0 && out->n + (size_t)n < most)
		buf_bytes(out, chunk, (size_t)n);
	return n > 0;
}

/* Until both ends are closed. */
static void
take_all(pid_t pid, const struct ends *ends, struct run *run)
{
	struct pollfd fds[] = { { ends->out[0], POLLIN, 0 },
		{ ends->said[0], POLLIN, 0 } };
	struct buf *to[] = { run->out, &run->said };
	struct mono end = mono_after(clock_mono(), (uint64_t)run->ms);

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		uint64_t left = mono_since(clock_mono(), end);
		int n = poll(fds, 2, run->ms == 0 ? -1 : (int)left);

		if (n == 0)
			kill(pid, SIGKILL);
		if (n < 0)
			continue; /* a signal */
		for (size_t i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents != 0 &&
			    !take_more(fds[i].fd, to[i],
				i == 0 && run->most > 0 ? run->most
							: OUTPUT_MAX))
				fds[i].fd = -1;
		if (run->last != NULL && run_has_said(run, run->last))
			kill(pid, SIGKILL);
	}
}

static bool
ends_open(struct ends *ends)
{
	if (pipe2(ends->out, O_CLOEXEC) != 0)
		return false;
	if (pipe2(ends->said, O_CLOEXEC) == 0)
		return true;
	close(ends->out[0]);
	close(ends->out[1]);
	return false;
}

int
run_program(struct run *run)
{
	struct ends ends;
	int status = -1;
	pid_t pid;

	if (!ends_open(&ends))
		return -1;
	pid = fork();
	if (pid == 0)
		become(run->argv, run->input, &ends);
	close(ends.out[1]);
	close(ends.said[1]);
	if (pid > 0)
		take_all(pid, &ends, run);
	close(ends.out[0]);
	close(ends.said[0]);
	if (pid <= 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

char *
run_located(const char *program)
{
	char path[64];

	snprintf(path, sizeof(path), SBIN "%s", program);
	return mem_str(*program != '/' && paths_is_file(path) ? path : program);
}
