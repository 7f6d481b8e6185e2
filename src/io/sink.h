/*
 * sink.h - what happened, as log lines: one line each, a stable word, a
 * colon, then `key=value` with commas between.
 *
 *     nbr-state: peer=hub2.example.org, from=sync, to=full
 *
 * lsrd-events(7) explains every word. The level says who must act. Lines are
 * limited for each word, subject and reason, so that a new reason is told at
 * once: three a minute of the levels warning and remote, 60 of changes and
 * errors, and 600 of one word whoever they are about. What was held back is
 * counted on the next one (`left-out=N`). Values are shown
 * as printable ASCII, at most 200 octets of each; nothing else gets into a
 * line, whatever is given.
 */

#ifndef IO_SINK_H
#define IO_SINK_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/json.h"
#include "core/lsa/event.h"

enum sink_level {
	SINK_ERROR,   /* the operator must act now */
	SINK_WARNING, /* the operator must act some time */
	SINK_REMOTE,  /* the other side must act */
	SINK_NOTICE,  /* nobody must: the network or the daemon changed */
	SINK_DEBUG    /* a developer may look; shown after sink_debug(true) */
};

struct sink;

/* Where lines go: the level's priority of syslog(3), and the line. */
typedef void sink_write(void *ctx, int priority, const char *line);

struct sink *sink_new(sink_write *write, void *ctx);

/* Three such: to the system log (facility mail); to the standard error output,
 * with <N> in front of each line unless that is a terminal; and to systemd's
 * journal, or where that fails to the standard error output. */
void sink_begin_syslog(void); /* before the first line to it */
void sink_to_syslog(void *ctx, int priority, const char *line);
void sink_to_stderr(void *ctx, int priority, const char *line);
void sink_to_journald(void *journald, int priority, const char *line);

/* Lines of this level and of those before it are written (SINK_NOTICE at
 * first); with sink_debug(true) all are, whatever the level. */
void sink_level(struct sink *sink, enum sink_level level);
void sink_debug(struct sink *sink, bool on);
bool sink_is_debug(const struct sink *sink);

void sink_event(struct sink *sink, const struct event *event);

/*
 * The same as a record of the history (history.h): {"kind":"link-state",
 * "connector":...}, with the keys of the line. False, and nothing is appended:
 * it is none for it. What developers look at is none, nor what strangers and
 * peers are refused, nor are routes, which say more themselves.
 */
bool sink_record(const struct event *event, struct buf *out);
/* What it is about, for history_add(). */
uint32_t sink_subject(const struct event *event);

/*
 * What the shells have to say. `word` is one that lsrd-events(7) knows; the
 * text is `key=value, key=value`, and its first value is whom the line is
 * about: the limits count by word, that, and the reason where there is one.
 */
__attribute__((format(printf, 4, 5))) void sink_say(struct sink *sink,
    enum sink_level level, const char *word, const char *fmt, ...);

/*
 * A connection to our port that does not become a session:
 *     peer refused from unknown[2001:db8::9]:51044: reason=not-allowed
 * in the form that log watchers such as fail2ban expect. `reason` is one of
 * our own words, never the other side's.
 */
void sink_refused(
    struct sink *sink, const struct addr *from, const char *reason);

/*
 * How often each word came, whether its line was written or not, by its reason
 * too where peers or their LSAs are refused; and all routes that moved. Keys of
 * an open object: "events", an array, and "moved".
 */
void sink_counted(const struct sink *sink, struct json *j);

void sink_free(struct sink *sink);

#endif
