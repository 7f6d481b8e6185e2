#include "map/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <poll.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"

struct stream_page {
	struct stream *of;
	struct evhttp_request *req; /* NULL: the place is free */
	struct evhttp_connection *con;
};

struct stream_kept {
	uint64_t number;
	struct buf text;
};

struct stream {
	struct event *alive, *look;
	void (*hello)(void *ctx);
	void *ctx;
	uint64_t life;   /* of this process, in the numbers that we give */
	uint64_t number; /* of the last event */
	struct stream_kept kept[STREAM_KEPT]; /* by number */
	size_t octets, pages;
	struct stream_page page[STREAM_PAGES];
	struct stream_page *greeted;
};

/* Of a place whose connection has just gone, or goes now. */
static void
stream_page_clear(struct stream_page *page)
{
	page->of->pages--;
	page->req = NULL;
	page->con = NULL;
}

/* The request goes with it. */
static void
stream_page_drop(struct stream_page *page)
{
	struct evhttp_connection *con = page->con;

	evhttp_connection_set_closecb(con, NULL, NULL);
	stream_page_clear(page);
	evhttp_connection_free(con);
}

/* evhttp has let it go: the request is still ours. */
static void
on_stream_page_gone(struct evhttp_connection *con, void *arg)
{
	struct stream_page *page = arg;
	struct evhttp_request *req = page->req;

	(void)con;
	stream_page_clear(page);
	if (evhttp_request_get_connection(req) == NULL)
		evhttp_send_reply_end(req);
}

static void
stream_page_put(struct stream_page *page, const void *octets, size_t n)
{
	struct evbuffer *part = evbuffer_new();

	CHECK(part != NULL && evbuffer_add(part, octets, n) == 0);
	evhttp_send_reply_chunk(page->req, part);
	evbuffer_free(part);
}

static size_t
stream_page_unread(const struct stream_page *page)
{
	return evbuffer_get_length(bufferevent_get_output(
	    evhttp_connection_get_bufferevent(page->con)));
}

static void
stream_all(struct stream *s, const void *octets, size_t n)
{
	for (size_t i = 0; i < STREAM_PAGES; i++) {
		struct stream_page *page = &s->page[i];

		if (page->req == NULL)
			continue;
		if (stream_page_unread(page) + n > STREAM_UNREAD)
			stream_page_drop(page);
		else
			stream_page_put(page, octets, n);
	}
}

static void
on_stream_alive(evutil_socket_t fd, short what, void *arg)
{
	static const char line[] = ": all is well\n\n";

	(void)fd;
	(void)what;
	stream_all(arg, line, sizeof(line) - 1);
}

static int
stream_page_fd(const struct stream_page *page)
{
	return bufferevent_getfd(evhttp_connection_get_bufferevent(page->con));
}

/* evhttp does not read while it answers, so nobody tells it of an end. */
static void
on_stream_look(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < STREAM_PAGES; i++) {
		struct stream_page *page = &s->page[i];
		struct pollfd one = { -1, POLLRDHUP, 0 };

		if (page->req == NULL)
			continue;
		one.fd = stream_page_fd(page);
		if (poll(&one, 1, 0) > 0)
			stream_page_drop(page);
	}
}

static void
stream_forget(struct stream *s, struct stream_kept *kept)
{
	s->octets -= kept->text.n;
	buf_done(&kept->text);
	kept->number = 0;
}

/* The oldest ones go where they are too long together. */
static void
stream_keep(struct stream *s, struct buf *text)
{
	struct stream_kept *kept = &s->kept[s->number % STREAM_KEPT];

	stream_forget(s, kept);
	kept->number = s->number;
	kept->text = *text;
	s->octets += text->n;
	for (size_t i = 1; i < STREAM_KEPT && s->octets > STREAM_KEPT_OCTETS;
	     i++)
		stream_forget(s, &s->kept[(s->number + i) % STREAM_KEPT]);
}

static void
stream_text(const struct stream *s, struct buf *out, const char *event,
    const char *data, size_t n)
{
	buf_printf(out,
	    "id: %" PRIx64 "-%" PRIu64 "\nevent: %s\ndata: ", s->life,
	    s->number, event);
	buf_bytes(out, data, n);
	buf_text(out, "\n\n");
}

void
stream_say(struct stream *s, const char *event, const char *data, size_t n)
{
	struct buf text = { 0 };

	s->number++;
	stream_text(s, &text, event, data, n);
	stream_all(s, text.p, text.n);
	stream_keep(s, &text);
}

void
stream_greet(struct stream *s, const char *event, const char *data)
{
	struct buf text = { 0 };

	stream_text(s, &text, event, data, strlen(data));
	stream_page_put(s->greeted, text.p, text.n);
	buf_done(&text);
}

/* From the one behind `last` on; false: they are not all there. */
static bool
stream_since(struct stream *s, struct stream_page *page, const char *last)
{
	uint64_t life, number;
	char *end;

	life = strtoull(last, &end, 16);
	if (life != s->life || *end != '-')
		return false;
	number = strtoull(end + 1, &end, 10);
	if (*end != '\0' || number > s->number ||
	    s->number - number >= STREAM_KEPT)
		return false;
	for (uint64_t i = number + 1; i <= s->number; i++)
		if (s->kept[i % STREAM_KEPT].number != i)
			return false;
	for (uint64_t i = number + 1; i <= s->number; i++)
		stream_page_put(page, s->kept[i % STREAM_KEPT].text.p,
		    s->kept[i % STREAM_KEPT].text.n);
	return true;
}

bool
stream_open(struct stream *s, struct evhttp_request *req, const char *last)
{
	static const char again[] = "retry: 2000\n\n";
	struct stream_page *page = s->page;

	if (s->pages == STREAM_PAGES)
		return false;
	while (page->req != NULL)
		page++;
	page->of = s;
	page->req = req;
	page->con = evhttp_request_get_connection(req);
	s->pages++;
	/* That of a request (site.c) would end whoever hears nothing for so long. */
	evhttp_connection_set_timeout(page->con, -1);
	evhttp_connection_set_closecb(page->con, on_stream_page_gone, page);
	evhttp_send_reply_start(req, 200, "OK");
	stream_page_put(page, again, sizeof(again) - 1);
	if (last != NULL && stream_since(s, page, last))
		return true;
	s->greeted = page;
	s->hello(s->ctx);
	s->greeted = NULL;
	return true;
}

bool
stream_has(const struct stream *s, int fd)
{
	for (size_t i = 0; i < STREAM_PAGES; i++)
		if (s->page[i].req != NULL && stream_page_fd(&s->page[i]) == fd)
			return true;
	return false;
}

size_t
stream_pages(const struct stream *s)
{
	return s->pages;
}

struct stream *
stream_new(struct event_base *base, void (*hello)(void *ctx), void *ctx)
{
	static const struct timeval alive = { STREAM_ALIVE_S, 0 };
	static const struct timeval look = { 1, 0 };
	struct stream *s = mem_new(sizeof(*s), 0, 0);

	s->hello = hello;
	s->ctx = ctx;
	s->life = clock_wall_ms();
	s->alive = event_new(base, -1, EV_PERSIST, on_stream_alive, s);
	s->look = event_new(base, -1, EV_PERSIST, on_stream_look, s);
	CHECK(s->alive != NULL && s->look != NULL);
	event_add(s->alive, &alive);
	event_add(s->look, &look);
	return s;
}

/* Before evhttp, whose connections they are. */
void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < STREAM_PAGES; i++)
		if (s->page[i].req != NULL)
			stream_page_drop(&s->page[i]);
	for (size_t i = 0; i < STREAM_KEPT; i++)
		buf_done(&s->kept[i].text);
	event_free(s->alive);
	event_free(s->look);
	mem_free(s);
}
