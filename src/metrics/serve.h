/*
 * serve.h - answers GET and HEAD of /metrics, by libevent's evhttp.
 *
 *     a request --> Host? --> path? --> younger than FRESH_MS? --> the text
 *                                          | no                     again
 *                                          +--> ask lsrd --> a new text
 *
 * Who asks is nobody to be trusted, though he is on this host: a page in a
 * browser, which has our address under a name of its own (so Host must be a
 * literal, "localhost" or a name that is ours), or a program of another user.
 * A head has at most SERVE_HEAD octets, a body none; a connection is for one
 * request and ends after SERVE_LIFE_S, however slowly it says something; there
 * are at most as many as descriptors (SERVE_DESCRIPTORS), and whoever comes
 * then waits. Whatever they do, lsrd is asked once in FRESH_MS.
 */

#ifndef METRICS_SERVE_H
#define METRICS_SERVE_H

#include <stddef.h>

#include "base/addr.h"

#define SERVE_HEAD 8192
#define SERVE_LIFE_S 10
#define SERVE_DESCRIPTORS 64
#define SERVE_FRESH_MS 500
#define SERVE_LISTEN 8
#define SERVE_NAMES 8

struct event_base;
struct serve;

struct serve_settings {
	struct addr listen[SERVE_LISTEN];
	size_t nlisten;
	const char *names[SERVE_NAMES]; /* that Host may have, besides */
	size_t nnames;
	const char *lsrd; /* its control socket */
};

/* `settings` is lent for its life. NULL: complained on standard error. */
struct serve *serve_new(
    struct event_base *base, const struct serve_settings *settings);

void serve_free(struct serve *serve);

#endif
