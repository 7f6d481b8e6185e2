#include "map/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/rc.h"
#include "map/query.h"
#include "sys/sandbox.h"

#define CANNOT_RUN 127 /* as the shell has it */

struct runner_job {
	pid_t pid; /* 0: none */
	uint32_t id;
};

struct runner {
	const struct runner_settings *set;
	int fd;
	struct runner_job jobs[RUNNER_RUNNING];
};

struct runner_end {
	uint32_t id;
	int32_t status;
};

/* --- the other process's side ------------------------------------------------- */

bool
runner_ask(int runner, uint32_t id, const char *target, int out, int said)
{
	int fds[2] = { out, said };
	char room[CMSG_SPACE(sizeof(fds))] = { 0 };
	struct iovec parts[2] = {
		{ &id, sizeof(id) },
		{ (void *)(uintptr_t)target, strlen(target) },
	};
	struct msghdr message = { .msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	ssize_t n;

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(head), fds, sizeof(fds));
	n = sendmsg(runner, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(out);
	close(said);
	return n >= 0;
}

void
runner_stop(int runner, uint32_t id)
{
	(void)send(runner, &id, sizeof(id), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool
runner_told(int runner, uint32_t *id, int *status, bool *gone)
{
	struct runner_end end;
	ssize_t n = recv(runner, &end, sizeof(end), MSG_DONTWAIT);

	*gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	if (n != (ssize_t)sizeof(end))
		return false;
	*id = end.id;
	*status = end.status;
	return true;
}

/* --- its own ------------------------------------------------------------------- */

static void
runner_tell(const struct runner *r, uint32_t id, int status)
{
	struct runner_end end = { id, status };

	while (
	    send(r->fd, &end, sizeof(end), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* In the child: never returns. */
static void
runner_become(const struct runner *r, struct query *q, int out, int said)
{
	const char *argv[QUERY_WORDS + 8] = { r->set->lsrctl, "--socket",
		r->set->socket, "--json" };
	bool past = strcmp(q->word[0], "events") == 0 ||
	            strcmp(q->word[0], "watch") == 0;
	sigset_t none;
	size_t n = 4;
	int null = open("/dev/null", O_RDONLY);

	for (size_t i = 0; i < q->n; i++) {
		argv[n++] = q->word[i];
		if (i != 0 || !past)
			continue;
		argv[n++] = "--folder";
		argv[n++] = r->set->folder;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(null, 0) == 0 && dup2(out, 1) == 1 && dup2(said, 2) == 2)
		execv(argv[0], (char **)(uintptr_t)argv);
	_exit(CANNOT_RUN);
}

static struct runner_job *
runner_place(struct runner *r, pid_t pid)
{
	for (size_t i = 0; i < RUNNER_RUNNING; i++)
		if (r->jobs[i].pid == pid)
			return &r->jobs[i];
	return NULL;
}

static void
runner_run(struct runner *r, uint32_t id, const char *target, int out, int said)
{
	static struct query q; /* it is large, and this process has one */
	struct runner_job *job = runner_place(r, 0);
	pid_t pid = -1;

	if (job != NULL && query_read(&q, target))
		pid = fork();
	if (pid == 0)
		runner_become(r, &q, out, said);
	if (pid > 0)
		*job = (struct runner_job){ pid, id };
	else
		runner_tell(r, id, RUNNER_REFUSED);
}

static void
runner_kill(const struct runner *r, uint32_t id)
{
	for (size_t i = 0; i < RUNNER_RUNNING; i++)
		if (r->jobs[i].pid != 0 && r->jobs[i].id == id)
			kill(r->jobs[i].pid, SIGKILL);
}

static int
runner_fds(struct msghdr *message, int fds[2])
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);

	if (head == NULL || head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return -1;
	memcpy(fds, CMSG_DATA(head), 2 * sizeof(int));
	return 0;
}

/* False: the other process has ended. */
static bool
runner_take(struct runner *r)
{
	char target[QUERY_OCTETS + 1], room[CMSG_SPACE(2 * sizeof(int))];
	uint32_t id;
	struct iovec parts[2] = { { &id, sizeof(id) },
		{ target, QUERY_OCTETS } };
	struct msghdr message = { .msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	ssize_t n = recvmsg(r->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int fds[2];

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n < (ssize_t)sizeof(id))
		return n > 0;
	if (runner_fds(&message, fds) != 0) {
		runner_kill(r, id);
		return true;
	}
	target[(size_t)n - sizeof(id)] = '\0';
	runner_run(r, id, target, fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
	return true;
}

static void
runner_reap(struct runner *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct runner_job *job = runner_place(r, pid);

		if (job == NULL)
			continue;
		job->pid = 0;
		runner_tell(r, job->id,
		    WIFEXITED(status) ? WEXITSTATUS(status) : RUNNER_REFUSED);
	}
}

static void
on_runner_child(int number)
{
	(void)number;
}

/* Until the other process has ended: then all that runs ends as well. */
static void
runner_serve(struct runner *r)
{
	struct sigaction act = { .sa_handler = on_runner_child };
	struct pollfd poll_of = { r->fd, POLLIN, 0 };
	sigset_t blocked, open;
	bool on = true;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &open);
	sigaction(SIGCHLD, &act, NULL);
	while (on) {
		int n = ppoll(&poll_of, 1, NULL, &open);

		runner_reap(r);
		if (n > 0)
			on = runner_take(r);
	}
}

int
runner_start(const struct runner_settings *settings)
{
	struct runner r = { .set = settings };
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	pid = fork();
	if (pid != 0) {
		close(ends[1]);
		if (pid > 0)
			return ends[0];
		close(ends[0]);
		return -1;
	}
	close(ends[0]);
	r.fd = ends[1];
	/* one who says why not is enough: the other process does */
	if (sandbox_drop(settings->user) == RC_OK) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		signal(SIGINT, SIG_IGN); /* of a terminal: it ends with us */
		runner_serve(&r);
	}
	_exit(0);
}
