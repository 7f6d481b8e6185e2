/*
 * history.h - keeps the history: what happened here, for who asks later.
 *
 *     records --> a process of ours --> history (history_file.h)
 *
 * A disk that hangs, or is full, is no matter of the loop: a second process of
 * this program takes the lines and writes them (`lsrd --history FOLDER`). What it does not take waits, up to
 * HISTORY_WAITING octets, then is lost and counted. Where it cannot write that
 * is one line of the log, and one when it can again; if it dies there is
 * another. It ends by itself when we do, and has written what it was given.
 */

#ifndef IO_HISTORY_H
#define IO_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"
#include "io/sink.h"

#define HISTORY_OPTION "--history"
#define HISTORY_WAITING ((size_t)4 << 20)
#define HISTORY_AGAIN_S 1 /* after it died */

struct history;

/* Carries out FX_HISTORY. The folder is copied; loop and sink are lent for its
 * life. */
struct history *history_new(
    struct loop *loop, struct sink *sink, const char *dir);

/* One JSON object about this subject (history_limit.h); the moment is put in
 * front of what it says. */
void history_add(
    struct history *history, uint32_t subject, const void *object, size_t n);

/* An event, if it is one for the history (sink_record). */
void history_event(struct history *history, const struct event *event);

/* Gives away what waits. */
void history_free(struct history *history);

#endif
