/*
 * stream.h - Server-Sent Events: what happens, once, to every page that
 * listens.
 *
 *     stream_say --> a number, kept for who comes back
 *           +------> page, page, page ... each with a bounded queue
 *
 * A page that does not read what it gets, or is gone, is let go; its browser
 * comes back by itself and says the number that it had last, and gets what came
 * since, or is told to look anew where that is too long ago.
 */

#ifndef MAP_STREAM_H
#define MAP_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#define STREAM_PAGES 200
#define STREAM_UNREAD 1048576 /* octets of one page */
#define STREAM_KEPT 512       /* events */
#define STREAM_KEPT_OCTETS 1048576
#define STREAM_ALIVE_S 15

struct evhttp_request;
struct event_base;
struct stream;

/* What a page gets first that has no number of ours: hello() puts it. */
struct stream *stream_new(
    struct event_base *base, void (*hello)(void *ctx), void *ctx);
void stream_free(struct stream *stream);

/* The head is put already; `last` is the number it says it had, or NULL. False:
 * there are too many. */
bool stream_open(
    struct stream *stream, struct evhttp_request *req, const char *last);

/* To all. `data` is one line. */
void stream_say(
    struct stream *stream, const char *event, const char *data, size_t n);

/* Inside hello(): to the one who is coming. */
void stream_greet(struct stream *stream, const char *event, const char *data);

size_t stream_pages(const struct stream *stream);

/* Whether this descriptor is a page's. */
bool stream_has(const struct stream *stream, int fd);

#endif
