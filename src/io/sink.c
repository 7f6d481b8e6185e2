#include "io/sink.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/count.h"
#include "io/log_limit.h"
#include "sys/clock.h"
#include "sys/journald.h"

#define SINK_VALUE_MAX 200
#define SINK_LINES 3 /* of one word, subject and reason ... */
#define SINK_WINDOW_MS 60000
#define SINK_SUBJECTS 512
/*
 * What changes: one line a second about one subject, and ten about all of
 * them. An organization whose servers all restart says less; who flaps
 * all day, or certified servers that say and withdraw without end, say no
 * more, and journald's 10 000 in 30 s are left to others.
 */
#define SINK_CHANGES 60
#define SINK_OF_A_WORD 600
#define SINK_REFUSALS 60 /* lines in a window about all strangers together */

struct sink {
	sink_write *write;
	void *ctx;
	bool debug;
	enum sink_level level;
	struct log_limit *limit;
	struct log_limit *changes; /* by word and subject */
	struct log_limit *words;   /* by word */
	struct log_limit *strangers;
	struct count count;
	uint64_t moved; /* routes */
};

/* One row for each kind of event: its word, its level, and the key under
 * which each field is shown, if it is. */
struct sink_row {
	const char *word;
	enum sink_level level;
	const char *peer, *origin, *name, *from, *to, *reason, *value, *total;
};

/* clang-format off */
static const struct sink_row rows[EVENT_KINDS] = {
	[EVENT_NBR_STATE] = { "nbr-state", SINK_NOTICE,
		.peer = "peer", .from = "from", .to = "to", .reason = "reason" },
	[EVENT_SESSION_REFUSED] = { "session-refused", SINK_REMOTE,
		.peer = "peer", .reason = "reason" },
	[EVENT_LSA_REFUSED] = { "lsa-refused", SINK_REMOTE,
		.peer = "peer", .origin = "origin", .name = "id", .reason = "reason" },
	[EVENT_LSA_INSTALLED] = { "lsa-installed", SINK_DEBUG,
		.origin = "origin", .name = "id", .from = "type", .value = "sequence" },
	[EVENT_LSA_PURGED] = { "lsa-purged", SINK_NOTICE,
		.origin = "origin", .name = "id", .from = "type" },
	[EVENT_LINK_STATE] = { "link-state", SINK_NOTICE,
		.name = "connector", .peer = "bridgehead", .from = "from", .to = "to", .reason = "reason" },
	[EVENT_MAIL_STATE] = { "mail-state", SINK_NOTICE,
		.peer = "server", .from = "from", .to = "to", .reason = "reason" },
	[EVENT_MTA_STATE] = { "mta-state", SINK_ERROR,
		.from = "from", .to = "to", .reason = "reason" },
	[EVENT_MTA_ASKS] = { "mta-asks", SINK_ERROR,
		.from = "from", .to = "to", .reason = "missing" },
	[EVENT_SPACE_STATE] = { "space-state", SINK_WARNING,
		.name = "pattern", .from = "from", .to = "to", .reason = "reason" },
	[EVENT_SERVER_STATE] = { "server-state", SINK_NOTICE,
		.from = "from", .to = "to", .reason = "reason" },
	[EVENT_ROUTES] = { "routes", SINK_NOTICE,
		.value = "moved", .total = "total", .name = "generation", .reason = "patterns" },
	[EVENT_KEY] = { "key-leaves", SINK_WARNING,
		.name = "pattern", .from = "until", .to = "state" },
	[EVENT_KEYS] = { "keys-leave", SINK_WARNING,
		.value = "more" },
	[EVENT_LARGE_LOST] = { "large-packets-lost", SINK_WARNING,
		.peer = "peer", .value = "octets" },
	[EVENT_ALONE] = { "alone", SINK_ERROR,
		.to = "state" },
	[EVENT_BEHIND] = { "table-behind", SINK_ERROR,
		.value = "ms" },
	[EVENT_FIGHT] = { "fight-back", SINK_WARNING,
		.origin = "origin", .name = "id", .value = "times" },
	[EVENT_CLONE] = { "clone", SINK_ERROR,
		.origin = "origin", .name = "id", .value = "times" },
	[EVENT_BREACH] = { "key-misused", SINK_ERROR,
		.origin = "origin", .name = "id", .value = "epoch" },
	[EVENT_RELAY_DENIED] = { "relay-denied", SINK_WARNING,
		.name = "pattern" },
	[EVENT_CLAIM_DENIED] = { "claim-denied", SINK_WARNING,
		.name = "pattern" },
	[EVENT_LIST_DENIED] = { "list-denied", SINK_WARNING,
		.name = "pattern", .value = "refused" },
	[EVENT_LIST_OLDER] = { "list-unread", SINK_WARNING,
		.origin = "origin", .to = "state" },
	[EVENT_ISSUE_TIME] = { "issue-time", SINK_WARNING,
		.origin = "origin", .value = "seconds" },
	[EVENT_LSDB_FULL] = { "lsdb-full", SINK_ERROR,
		.value = "lsas", .total = "octets" },
	[EVENT_LSDB_FILLING] = { "lsdb-filling", SINK_WARNING,
		.origin = "origin", .value = "lsas", .total = "octets" },
	[EVENT_LSDB_BAD] = { "lsdb-bad", SINK_ERROR,
		.value = "lsas" },
	[EVENT_RESTORED] = { "restored", SINK_NOTICE,
		.value = "lsas", .total = "refused", .reason = "reason" },
	[EVENT_CONFIRM] = { "confirm-wanted", SINK_ERROR,
		.value = "moved", .total = "total" },
	[EVENT_FORGOTTEN] = { "forgotten", SINK_NOTICE,
		.origin = "origin" },
	[EVENT_REVOKED] = { "key-revoked", SINK_WARNING,
		.origin = "server", .name = "key" },
	[EVENT_OWN_REVOKED] = { "own-key-revoked", SINK_ERROR,
		.peer = "peer", .name = "key" },
	[EVENT_DIFFERS] = { "database-differs", SINK_WARNING,
		.peer = "peer", .to = "state", .value = "seconds" },
	[EVENT_EXPIRED] = { "certificate-expired", SINK_ERROR,
		.peer = "peer", .value = "seconds" },
	[EVENT_CONGESTION] = { "congestion", SINK_NOTICE,
		.peer = "bridgehead", .from = "from", .to = "to", .value = "late", .total = "waiting" },
	[EVENT_SHORTAGE] = { "own-shortage", SINK_ERROR,
		.to = "state", .reason = "reason" },
	[EVENT_COMMAND] = { "probe-command", SINK_WARNING,
		.name = "command", .peer = "bridgehead", .to = "state", .reason = "reason" },
	[EVENT_REPORT_REFUSED] = { "report-refused", SINK_WARNING,
		.value = "times", .reason = "reason" },
	[EVENT_UNCLAIMED] = { "connector-unclaimed", SINK_WARNING,
		.origin = "origin", .name = "connector", .from = "group", .to = "state" },
	[EVENT_SHARE] = { "share-jumped", SINK_WARNING,
		.origin = "server", .value = "percent", .total = "before" },
	[EVENT_AUTHORITY] = { "authority-over", SINK_ERROR,
		.value = "seconds" },
	[EVENT_ADDRESS] = { "address-claimed", SINK_ERROR,
		.origin = "origin", .name = "address", .from = "owner", .to = "state" },
	[EVENT_ROUTE_REFUSED] = { "route-refused", SINK_ERROR,
		.name = "pattern", .peer = "server", .from = "hop", .to = "state", .reason = "reason", .value = "seconds" },
	[EVENT_DRAIN] = { "server-drain", SINK_NOTICE,
		.origin = "server", .to = "state", .from = "until", .peer = "by", .reason = "reason" },
	[EVENT_OVERRIDE] = { "override", SINK_NOTICE,
		.name = "what", .to = "state", .from = "until", .peer = "by", .reason = "reason" },
	[EVENT_HELD] = { "held-too-long", SINK_ERROR,
		.name = "pattern", .peer = "message", .to = "until" },
};
/* clang-format on */

static const int priorities[] = {
	[SINK_ERROR] = LOG_ERR,
	[SINK_WARNING] = LOG_WARNING,
	[SINK_REMOTE] = LOG_WARNING,
	[SINK_NOTICE] = LOG_NOTICE,
	[SINK_DEBUG] = LOG_DEBUG,
};

struct sink *
sink_new(sink_write *write, void *ctx)
{
	struct sink *sink = mem_new(sizeof(*sink), 0, 0);

	sink->write = write;
	sink->ctx = ctx;
	sink->level = SINK_NOTICE;
	sink->limit = log_limit_new(SINK_LINES, SINK_WINDOW_MS, SINK_SUBJECTS);
	sink->changes =
	    log_limit_new(SINK_CHANGES, SINK_WINDOW_MS, SINK_SUBJECTS);
	sink->words =
	    log_limit_new(SINK_OF_A_WORD, SINK_WINDOW_MS, SINK_SUBJECTS);
	sink->strangers = log_limit_new(SINK_REFUSALS, SINK_WINDOW_MS, 1);
	return sink;
}

void
sink_begin_syslog(void)
{
	openlog("lsrd", LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
sink_to_syslog(void *ctx, int priority, const char *line)
{
	(void)ctx;
	syslog(priority | LOG_MAIL, "%s", line);
}

void
sink_to_stderr(void *ctx, int priority, const char *line)
{
	(void)ctx;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "lsrd: %s\n", line);
	else
		fprintf(stderr, "<%d>%s\n", priority, line);
}

void
sink_to_journald(void *ctx, int priority, const char *line)
{
	if (!journald_put(ctx, priority, NULL, line))
		sink_to_stderr(NULL, priority, line);
}

void
sink_level(struct sink *sink, enum sink_level level)
{
	sink->level = level;
}

void
sink_debug(struct sink *sink, bool on)
{
	sink->debug = on;
}

bool
sink_is_debug(const struct sink *sink)
{
	return sink->debug;
}

static bool
sink_is_wanted(const struct sink *sink, enum sink_level level)
{
	return level <= sink->level || sink->debug;
}

/* Printable ASCII alone, and not more than is good for a line. */
static void
put_clean(struct buf *line, const char *value)
{
	size_t n = strlen(value);

	for (size_t i = 0; i < n && i < SINK_VALUE_MAX; i++) {
		char c = value[i];

		buf_u8(line, c < ' ' || c > '~' ? '?' : (uint8_t)c);
	}
}

static void
put_value(struct buf *line, const char *value)
{
	bool quote = value[0] == '\0' || strpbrk(value, " ,\"=") != NULL;

	if (!quote) {
		put_clean(line, value);
		return;
	}
	buf_u8(line, '"');
	for (size_t i = 0; value[i] != '\0' && i < SINK_VALUE_MAX; i++) {
		char one[2] = { value[i] == '"' ? '\'' : value[i], '\0' };

		put_clean(line, one);
	}
	buf_u8(line, '"');
}

static void
put_pair(struct buf *line, const char *key, const char *value)
{
	if (key == NULL || value == NULL)
		return;
	buf_printf(line, "%s%s=", line->n ? ", " : "", key);
	put_value(line, value);
}

static void
put_number(struct buf *line, const char *key, uint64_t value)
{
	if (key != NULL)
		buf_printf(
		    line, "%s%s=%" PRIu64, line->n ? ", " : "", key, value);
}

/* The head, the text (which is ended here), and what was left out before. */
static void
put_line(struct sink *sink, enum sink_level level, const char *head,
    struct buf *text, uint64_t left_out)
{
	struct buf line = { 0 };
	char *done;

	buf_text(&line, head);
	if (text->n > 0)
		buf_text(&line, ": ");
	buf_bytes(&line, text->p, text->n);
	if (left_out > 0)
		buf_printf(&line, ", left-out=%" PRIu64, left_out);
	done = buf_string(&line);
	sink->write(sink->ctx, priorities[level], done);
	mem_free(done);
	buf_done(text);
}

/* Why, if the line says so: one of our own words, so there are few. */
static void
put_reason(struct buf *key, const struct buf *text)
{
	static const char mark[] = ", reason=";
	const uint8_t *end, *p = NULL;
	size_t n;

	if (text->n > 0)
		p = memmem(text->p, text->n, mark, sizeof(mark) - 1);
	if (p == NULL)
		return;
	n = text->n - (size_t)(p - text->p);
	end = memchr(p + 1, ',', n - 1);
	buf_bytes(key, p, end == NULL ? n : (size_t)(end - p));
}

/* Complaints are few and are told at once when the reason is another; of
 * changes each matters, as long as somebody could read them. */
static bool
may_pass(struct sink *sink, enum sink_level level, const char *word,
    const char *key, uint64_t *left_out)
{
	struct mono now = clock_mono();
	uint64_t others = 0;
	bool pass;

	*left_out = 0;
	if (level == SINK_DEBUG)
		return true;
	if (level == SINK_WARNING || level == SINK_REMOTE)
		pass = log_limit_pass(sink->limit, key, now, left_out);
	else
		pass = log_limit_pass(sink->changes, key, now, left_out);
	pass = pass && log_limit_pass(sink->words, word, now, &others);
	*left_out += others;
	return pass;
}

/* `about` is emptied: whom and why; lines of one word about the same are
 * limited together. */
static void
put_limited(struct sink *sink, enum sink_level level, const char *word,
    struct buf *about, struct buf *text)
{
	uint64_t left_out;
	struct buf key = { 0 };
	char *name;

	buf_printf(&key, "%s ", word);
	buf_bytes(&key, about->p, about->n);
	buf_done(about);
	name = buf_string(&key);
	if (may_pass(sink, level, word, name, &left_out))
		put_line(sink, level, word, text, left_out);
	else
		buf_done(text);
	mem_free(name);
}

/* Whom the line is about; what he may vary at will is not: the id of an LSA,
 * or a number that rises. */
static const char *
subject_of(const struct event *event)
{
	if (event->kind == EVENT_ROUTES)
		return NULL;
	if (event->kind == EVENT_LINK_STATE || event->kind == EVENT_SPACE_STATE)
		return event->name;
	if (event->kind == EVENT_LSA_REFUSED)
		return event->peer; /* the rest is what he says */
	return event->origin ? event->origin
	       : event->peer ? event->peer
	                     : event->name;
}

/* That something is well again is no alarm, nor is a boot. */
static enum sink_level
sink_level_of(const struct sink_row *row, const struct event *event)
{
	static const char *const well[] = { "up", "joined", "full", "yes",
		"claimed", "well", "used" };

	if (event->early && row->level < SINK_NOTICE)
		return SINK_NOTICE;
	/* Two that dial each other at once keep one session of the two. */
	if (event->kind == EVENT_SESSION_REFUSED &&
	    strcmp(event->reason, "second-session") == 0)
		return SINK_NOTICE;
	for (size_t i = 0; i < sizeof(well) / sizeof(well[0]); i++)
		if (event->to != NULL && row->level < SINK_NOTICE &&
		    strcmp(event->to, well[i]) == 0)
			return SINK_NOTICE;
	return row->level;
}

/* Whether an event's reason is one of our own words; of some kinds it is
 * other text. */
static bool
is_why(const struct sink_row *row, const struct event *event)
{
	return event->reason != NULL && row->reason != NULL &&
	       strcmp(row->reason, "reason") == 0;
}

static void
sink_count(
    struct sink *sink, const struct sink_row *row, const struct event *event)
{
	bool refused = event->kind == EVENT_LSA_REFUSED ||
	               event->kind == EVENT_SESSION_REFUSED;

	count_one(&sink->count, row->word, refused ? event->reason : NULL);
	if (event->kind == EVENT_ROUTES)
		sink->moved += event->value;
}

void
sink_event(struct sink *sink, const struct event *event)
{
	const char *subject = subject_of(event);
	const struct sink_row *row;
	struct buf text = { 0 }, about = { 0 };
	enum sink_level level;

	CHECK((unsigned)event->kind < EVENT_KINDS);
	row = &rows[event->kind];
	sink_count(sink, row, event);
	level = sink_level_of(row, event);
	if (!sink_is_wanted(sink, level))
		return;
	if (event->kind == EVENT_LINK_STATE) /* the connector comes first */
		put_pair(&text, row->name, event->name);
	put_pair(&text, row->peer, event->peer);
	put_pair(&text, row->origin, event->origin);
	if (event->kind != EVENT_LINK_STATE)
		put_pair(&text, row->name, event->name);
	put_pair(&text, row->from, event->from);
	put_pair(&text, row->to, event->to);
	put_number(&text, row->value, event->value);
	put_number(&text, row->total, event->total);
	put_pair(&text, row->reason, event->reason);
	if (event->kind == EVENT_ROUTES) { /* of the first of the patterns */
		put_pair(&text, "from", event->from);
		put_pair(&text, "to", event->to);
		put_pair(&text, "cause", event->text);
	} else {
		put_pair(&text, "said", event->text);
	}
	/* Never looked for in the text: a peer may have written there. */
	buf_printf(&about, "%s %s", subject == NULL ? "" : subject,
	    is_why(row, event) ? event->reason : "");
	put_limited(sink, level, row->word, &about, &text);
}

static void
record_pair(struct json *j, const char *key, const char *value)
{
	if (key != NULL && value != NULL)
		json_str(j, key, value);
}

bool
sink_record(const struct event *event, struct buf *out)
{
	const struct sink_row *row = &rows[event->kind];
	struct json j = { .out = out };

	if (row->level == SINK_DEBUG || row->level == SINK_REMOTE ||
	    event->kind == EVENT_ROUTES || event->kind == EVENT_REPORT_REFUSED)
		return false;
	json_open(&j, NULL, '{');
	json_str(&j, "kind", row->word);
	record_pair(&j, row->name, event->name);
	record_pair(&j, row->peer, event->peer);
	record_pair(&j, row->origin, event->origin);
	record_pair(&j, row->from, event->from);
	record_pair(&j, row->to, event->to);
	if (row->value != NULL)
		json_uint(&j, row->value, event->value);
	if (row->total != NULL)
		json_uint(&j, row->total, event->total);
	record_pair(&j, row->reason, event->reason);
	record_pair(&j, "said", event->text);
	json_close(&j, '}');
	return true;
}

uint32_t
sink_subject(const struct event *event)
{
	const char *subject = subject_of(event);

	return str_hash(str_hash(0, rows[event->kind].word),
	    subject == NULL ? "" : subject);
}

void
sink_say(struct sink *sink, enum sink_level level, const char *word,
    const char *fmt, ...)
{
	char raw[1024];
	struct buf text = { 0 }, about = { 0 };
	va_list ap;

	count_one(&sink->count, word, NULL);
	if (!sink_is_wanted(sink, level))
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	for (const char *p = raw; *p != '\0'; p++)
		buf_u8(&text, *p < ' ' || *p > '~' ? '?' : (uint8_t)*p);
	raw[strcspn(raw, ",")] = '\0';
	buf_text(&about, raw);
	put_reason(&about, &text);
	put_limited(sink, level, word, &about, &text);
}

/* The part of an address that a stranger cannot change at will: IPv6 hosts
 * get a /64 each. */
static void
source_of(const struct addr *from, char *out)
{
	struct addr net = *from;

	if (net.family == 6)
		memset(net.ip + 8, 0, 8);
	addr_ip_text(&net, out);
}

void
sink_refused(struct sink *sink, const struct addr *from, const char *reason)
{
	char ip[ADDR_TEXT], head[ADDR_TEXT + 40];
	struct buf text = { 0 };
	struct mono now = clock_mono();
	uint64_t left_out, others;

	count_one(&sink->count, "peer-refused", reason);
	if (!sink_is_wanted(sink, SINK_REMOTE))
		return;
	source_of(from, ip);
	if (!log_limit_pass(sink->limit, ip, now, &left_out))
		return;
	if (!log_limit_pass(sink->strangers, "", now, &others))
		return;
	snprintf(head, sizeof(head), "peer refused from unknown[%s]:%u",
	    addr_ip_text(from, ip), from->port);
	put_pair(&text, "reason", reason);
	put_line(sink, SINK_REMOTE, head, &text, left_out + others);
}

void
sink_counted(const struct sink *sink, struct json *j)
{
	json_uint(j, "moved", sink->moved);
	count_show(&sink->count, j, "events");
}

void
sink_free(struct sink *sink)
{
	if (sink == NULL)
		return;
	count_done(&sink->count);
	log_limit_free(sink->limit);
	log_limit_free(sink->changes);
	log_limit_free(sink->words);
	log_limit_free(sink->strangers);
	mem_free(sink);
}
