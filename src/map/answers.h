/*
 * answers.h - what lsrctl has answered, and who waits for it: the same question
 * is asked once however many ask, and not again while nothing has happened.
 *
 *     answers_get --> as fresh as need be? --> given at once
 *                         | no
 *                         +--> in the asking? --> waits with the others
 *                                  | no
 *                                  +--> a place free? --> ask.h
 *                                           | no --> waits for its turn, or 503
 */

#ifndef MAP_ANSWERS_H
#define MAP_ANSWERS_H

#include <stdbool.h>

#include "map/ask.h"
#include "map/body.h"

#define ANSWERS_KEPT 32       /* questions; the one asked last goes last */
#define ANSWERS_ASKING 3      /* at once */
#define ANSWERS_FRESH_MS 2000 /* an answer is old then, whatever happens */

struct answers;

/* The body is lent for the call. */
typedef void answers_given(void *ctx, struct body *body);

struct answers *answers_new(struct ask_set *asks);
void answers_free(struct answers *answers); /* who waits is forgotten */

/* `target` is one that query_read() takes. given() is called once: now, or
 * later. */
void answers_get(struct answers *answers, const char *target, bool list,
    answers_given *given, void *ctx);

/* Something has happened: what is kept is old. */
void answers_news(struct answers *answers);

/* What an ended lsrctl stands for. */
struct body *answers_body(
    int status, bool list, const struct buf *out, const struct buf *said);

#endif
