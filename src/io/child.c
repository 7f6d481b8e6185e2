#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"

#define REAP_FIRST_MS 1
#define REAP_LAST_MS 500
#define FREE_TRIES 100 /* of 10 ms */

extern char **environ;

struct child {
	struct event_base *base;
	struct child_calls calls;
	struct bufferevent *bev;
	struct event *reap;
	unsigned reap_ms;
	bool reads; /* it tells, and ends by itself */
	pid_t pid;  /* 0: none */
};

static void
reap_soon(struct child *child)
{
	struct timeval tv = { .tv_usec = (suseconds_t)child->reap_ms * 1000 };

	evtimer_add(child->reap, &tv);
	if (child->reap_ms < REAP_LAST_MS)
		child->reap_ms *= 2;
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct child *child = arg;
	int status = 0;
	pid_t pid = waitpid(child->pid, &status, WNOHANG);

	(void)fd;
	(void)what;
	if (pid == 0 || (pid < 0 && errno == EINTR)) {
		reap_soon(child);
		return;
	}
	child->pid = 0;
	child->calls.gone(child->calls.ctx, status);
}

/* Nothing is heard of the child or said to it any more; its end is waited
 * for. */
static void
child_hang_up(struct child *child)
{
	if (child->bev == NULL)
		return;
	bufferevent_free(child->bev);
	child->bev = NULL;
	child->reap_ms = REAP_FIRST_MS;
	reap_soon(child);
}

static void
on_child_readable(struct bufferevent *bev, void *arg)
{
	struct child *child = arg;
	struct evbuffer *buf = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(buf);

	child->calls.took(
	    child->calls.ctx, evbuffer_pullup(buf, (ev_ssize_t)n), n);
	if (child->bev == bev)
		evbuffer_drain(buf, n);
}

/* A helper that closes is at its end; one that does not end is killed. */
static void
on_child_event(struct bufferevent *bev, short what, void *arg)
{
	struct child *child = arg;

	(void)bev;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
		return;
	if (child->reads)
		child_hang_up(child);
	else
		child_kill(child);
}

/* The child has all that there was to say. */
static void
on_child_written(struct bufferevent *bev, void *arg)
{
	struct child *child = arg;

	if (child->reads)
		shutdown(bufferevent_getfd(bev), SHUT_WR);
}

struct child *
child_new(struct event_base *base, const struct child_calls *calls)
{
	struct child *child = mem_new(sizeof(*child), 0, 0);

	child->base = base;
	child->calls = *calls;
	child->reap = evtimer_new(base, on_reap, child);
	CHECK(child->reap != NULL);
	return child;
}

static int
add_outputs(posix_spawn_file_actions_t *actions, int fd, bool reads)
{
	int err =
	    reads ? posix_spawn_file_actions_adddup2(actions, fd, STDOUT_FILENO)
		  : posix_spawn_file_actions_addopen(
			actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

	if (err == 0 && reads)
		err = posix_spawn_file_actions_addopen(
		    actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	return err;
}

static int
spawn(pid_t *pid, char *const argv[], int fd, bool reads)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	err = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (err == 0)
		err = add_outputs(&actions, fd, reads);
	if (err == 0)
		err = posix_spawn_file_actions_addclosefrom_np(
		    &actions, STDERR_FILENO + 1);
	if (err == 0)
		err =
		    posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return err;
}

static int
child_begin(struct child *child, char *const argv[])
{
	int sv[2];
	int err;

	CHECK(child->pid == 0);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) != 0)
		return RC_IO;
	err = spawn(&child->pid, argv, sv[1], child->reads);
	close(sv[1]);
	if (err == 0 && evutil_make_socket_nonblocking(sv[0]) != 0)
		err = EIO;
	if (err != 0) {
		child->pid = 0;
		close(sv[0]);
		errno = err;
		return RC_IO;
	}
	child->bev =
	    bufferevent_socket_new(child->base, sv[0], BEV_OPT_CLOSE_ON_FREE);
	CHECK(child->bev != NULL);
	bufferevent_setcb(child->bev, on_child_readable, on_child_written,
	    on_child_event, child);
	bufferevent_enable(child->bev, EV_READ | EV_WRITE);
	return RC_OK;
}

int
child_start(struct child *child, char *const argv[])
{
	child->reads = false;
	return child_begin(child, argv);
}

int
child_read(struct child *child, char *const argv[], const char *input)
{
	int rc;

	child->reads = true;
	rc = child_begin(child, argv);
	if (rc == RC_OK && input != NULL)
		bufferevent_write(child->bev, input, strlen(input));
	return rc;
}

bool
child_is_there(const struct child *child)
{
	return child->pid != 0;
}

pid_t
child_pid(const struct child *child)
{
	return child->pid;
}

void
child_send(struct child *child, const void *octets, size_t n)
{
	if (child->bev != NULL)
		bufferevent_write(child->bev, octets, n);
}

size_t
child_waiting(const struct child *child)
{
	return child->bev == NULL
	           ? 0
	           : evbuffer_get_length(bufferevent_get_output(child->bev));
}

void
child_flush(struct child *child)
{
	struct evbuffer *out;
	size_t n = child_waiting(child);

	if (n == 0)
		return;
	out = bufferevent_get_output(child->bev);
	(void)send(bufferevent_getfd(child->bev),
	    evbuffer_pullup(out, (ev_ssize_t)n), n,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
child_kill(struct child *child)
{
	if (child->pid == 0)
		return;
	kill(child->pid, SIGKILL);
	child_hang_up(child);
}

void
child_free(struct child *child)
{
	struct timespec tick = { .tv_nsec = 10000000 };

	if (child == NULL)
		return;
	/* The loop would close it later, and the child ends by that. */
	if (child->bev != NULL) {
		shutdown(bufferevent_getfd(child->bev), SHUT_RDWR);
		bufferevent_free(child->bev);
	}
	for (int i = 0; child->pid != 0 && i < FREE_TRIES; i++) {
		if (waitpid(child->pid, NULL, WNOHANG) != 0)
			child->pid = 0;
		else
			nanosleep(&tick, NULL);
	}
	if (child->pid != 0)
		kill(child->pid, SIGKILL);
	event_free(child->reap);
	mem_free(child);
}
