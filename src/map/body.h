/*
 * body.h - octets of an answer, shared by all who are being given them: a
 * topology of a megabyte stands in memory once, however many pages read it.
 */

#ifndef MAP_BODY_H
#define MAP_BODY_H

#include <stdbool.h>

#include "base/buf.h"

#define BODY_TAG 24

struct evbuffer;

struct body {
	unsigned holders;
	int code;           /* of HTTP */
	const char *type;   /* its media type; fixed, or as long-lived */
	char tag[BODY_TAG]; /* "0123456789abcdef", quotes and all: its ETag */
	struct buf octets;
};

#define BODY_JSON "application/json"

/* Takes the octets; the caller holds it. */
struct body *body_new(int code, const char *type, struct buf *octets);

/* {"error":{"code":CODE,"text":TEXT}} */
struct body *body_error(int status, const char *code, const char *text);

struct body *body_hold(struct body *body);
void body_release(struct body *body); /* NULL is none */

bool body_equal(const struct body *a, const struct body *b);

/* Lends its octets to a buffer, and is held for so long. */
void body_lend(struct body *body, struct evbuffer *to);

#endif
