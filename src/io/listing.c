#include "io/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "sys/spare.h"

struct listing {
	struct listing_job job;
	void *state;             /* the reader's */
	struct bufferevent *bev; /* NULL: the queue is a folder */
};

int
listing_connect(const char *directory, const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int n = snprintf(
	    sun.sun_path, sizeof(sun.sun_path), "%s/%s", directory, name);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (spare_reached(fd)) { /* it can wait */
		close(fd);
		errno = EMFILE;
		return -1;
	}
	/* A local socket connects at once, or says EAGAIN when it is full. */
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

void
listing_free(struct listing *l)
{
	if (l == NULL)
		return;
	if (l->bev == NULL)
		folder_stop(l->job.folder);
	else
		bufferevent_free(l->bev);
	mem_free(l->state);
	mem_free(l);
}

static void
listing_end(struct listing *l, const char *why)
{
	struct listing_job job = l->job;

	listing_free(l);
	job.done(job.ctx, why);
}

static void
on_listing_readable(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);
	struct listing *l = arg;
	int rc = l->job.queue->feed(l->state,
	    evbuffer_pullup(in, (ev_ssize_t)n), n, l->job.found, l->job.ctx);

	evbuffer_drain(in, n);
	if (rc != RC_OK)
		listing_end(l, rc_word(rc));
}

static void
on_listing_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if ((what & BEV_EVENT_EOF) != 0)
		listing_end(arg, NULL);
	else if ((what & BEV_EVENT_TIMEOUT) != 0)
		listing_end(arg, "no answer");
	else if ((what & BEV_EVENT_CONNECTED) == 0)
		listing_end(arg, strerror(errno));
}

static void
on_listing_found(void *ctx, const struct plugin_queued *found)
{
	struct listing *l = ctx;

	l->job.found(l->job.ctx, found);
}

static void
on_listing_read(void *ctx, const char *why)
{
	listing_end(ctx, why);
}

static struct listing *
listing_files(const struct listing_job *job)
{
	struct listing *l = mem_new(sizeof(*l), 0, 0);
	struct folder_job files = { job->directory, on_listing_found,
		on_listing_read, l };

	l->job = *job;
	if (folder_read(job->folder, &files))
		return l;
	mem_free(l);
	return NULL;
}

const char *
listing_of(const struct plugin_queue *queue)
{
	return queue->spool == NULL ? queue->list : queue->spool->folder;
}

struct listing *
listing_begin(struct event_base *base, const struct listing_job *job)
{
	struct timeval patience = { .tv_sec = LISTING_PATIENCE_S };
	struct listing *l;
	int fd;

	if (job->queue->spool != NULL)
		return listing_files(job);
	fd = listing_connect(job->directory, job->queue->list);
	if (fd < 0)
		return NULL;
	l = mem_new(sizeof(*l), 0, 0);
	l->job = *job;
	l->state = mem_new(job->queue->state_size, 0, 0);
	l->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	CHECK(l->bev != NULL);
	bufferevent_setcb(
	    l->bev, on_listing_readable, NULL, on_listing_event, l);
	bufferevent_set_timeouts(l->bev, &patience, NULL);
	bufferevent_enable(l->bev, EV_READ);
	return l;
}
