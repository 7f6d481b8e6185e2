/*
 * ports_ask.c - which ports of a host answer: connections to all of them at
 * once, which are closed as soon as they are there.
 */

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/ports.h"
#include "sys/clock.h"
#include "sys/sock.h"

#define ADDRS_MAX 8      /* of a host; more are not asked */
#define DEADLINE_MS 3000 /* for all of it together */

struct asking {
	struct ports_answers *out;
	struct pollfd *fds; /* in the order of the answers */
};

static const char *
port_state(int error)
{
	if (error == 0)
		return "open";
	if (error == ECONNREFUSED)
		return "closed";
	return sock_reason(error);
}

static void
answer_settle(struct asking *a, size_t i, int error)
{
	a->out->list.v[i].state = port_state(error);
	if (a->fds[i].fd >= 0)
		close(a->fds[i].fd);
	a->fds[i].fd = -1;
}

static void
asking_begin(struct asking *a)
{
	for (size_t i = 0; i < a->out->list.n; i++) {
		a->fds[i].fd = sock_connect(&a->out->list.v[i].addr, NULL);
		a->fds[i].events = POLLOUT;
		if (a->fds[i].fd < 0)
			answer_settle(a, i, errno);
	}
}

static size_t
asking_open(const struct asking *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->out->list.n; i++)
		n += a->fds[i].fd >= 0;
	return n;
}

static void
answers_wait(struct asking *a)
{
	struct mono end = mono_after(clock_mono(), DEADLINE_MS);

	while (asking_open(a) > 0 && !mono_due(end, clock_mono())) {
		if (poll(a->fds, (nfds_t)a->out->list.n, 100) < 0 &&
		    errno != EINTR)
			break;
		for (size_t i = 0; i < a->out->list.n; i++)
			if (a->fds[i].fd >= 0 && a->fds[i].revents != 0)
				answer_settle(a, i, sock_error(a->fds[i].fd));
	}
	for (size_t i = 0; i < a->out->list.n; i++)
		if (a->fds[i].fd >= 0) {
			close(a->fds[i].fd);
			a->out->list.v[i].state = "silent";
		}
}

static bool
is_known_ip(const struct addr *addrs, size_t n, const struct addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (addr_same_ip(&addrs[i], addr))
			return true;
	return false;
}

static int
host_look(const char *host, struct addr *addrs, size_t *n)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	int error = getaddrinfo(host, NULL, &hints, &found);

	*n = 0;
	if (error != 0)
		return call_usage("%s: %s", host, gai_strerror(error));
	for (struct addrinfo *i = found; i != NULL && *n < ADDRS_MAX;
	     i = i->ai_next) {
		struct addr addr = sock_addr(i->ai_addr);

		if (addr.family != 0 && !is_known_ip(addrs, *n, &addr))
			addrs[(*n)++] = addr;
	}
	freeaddrinfo(found);
	return CALL_OK;
}

int
ports_ask(const char *host, struct ports_answers *out)
{
	struct asking asking = { .out = out };
	struct addr addrs[ADDRS_MAX];
	int status = host_look(host, addrs, &out->naddrs);

	if (status != CALL_OK)
		return status;
	for (const struct ports_row *row = ports_table; row->port != 0; row++)
		for (size_t i = 0; i < out->naddrs; i++) {
			struct ports_answer answer = { addrs[i], "silent" };

			answer.addr.port = row->port;
			vec_push(&out->list, answer);
		}
	sock_room(out->list.n + 64);
	asking.fds = mem_new(0, out->list.n + 1, sizeof(*asking.fds));
	asking_begin(&asking);
	answers_wait(&asking);
	mem_free(asking.fds);
	return CALL_OK;
}

void
ports_answers_done(struct ports_answers *answers)
{
	vec_done(&answers->list);
}
