/*
 * site.h - answers GET and HEAD, by libevent's evhttp.
 *
 *     a request --> for us? from a page of ours? --> which path?
 *                       | no                           |
 *                       403        /           a file of the page (files.h)
 *                                  /api/...    lsrctl's answer (answers.h)
 *                                  /api/stream what happens (stream.h)
 *
 * Who asks is nobody to be trusted, though he is on this host: a page in a
 * browser that has our address under a name of its own (so Host must be a
 * literal, "localhost" or a name that is ours), one that asks across sites
 * (so Origin must be who Host is, or a name of ours, and Sec-Fetch-Site ours),
 * or a program of another user. Nothing that he asks changes anything.
 *
 * A head has at most SITE_HEAD octets, a body none; a connection is for one
 * request, and ends after SITE_LIFE_S unless it is a page that listens; there
 * are at most as many as descriptors, and whoever comes then waits.
 */

#ifndef MAP_SITE_H
#define MAP_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

#define SITE_HEAD 8192
#define SITE_LIFE_S 40 /* longer than lsrctl may take */
#define SITE_DESCRIPTORS 320
#define SITE_LISTEN 8
#define SITE_NAMES 8

struct event_base;
struct site;

struct site_settings {
	struct addr listen[SITE_LISTEN];
	size_t nlisten;
	const char *local[SITE_LISTEN]; /* paths of sockets */
	size_t nlocal;
	const char *names[SITE_NAMES]; /* that Host may have, besides */
	size_t nnames;
	const char *data; /* the folder of the page */
	const char *past; /* that of what was (past.h) */
};

/* `settings` is lent for its life, `runner` is taken (runner.h). NULL:
 * complained on standard error. */
struct site *site_new(
    struct event_base *base, const struct site_settings *settings, int runner);

/* Asks lsrd from now on: behind the end of privileges. */
void site_begin(struct site *site);

/* Whether it ended because it could not go on. */
bool site_has_failed(const struct site *site);

void site_free(struct site *site);

#endif
