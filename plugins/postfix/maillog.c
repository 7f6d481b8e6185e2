#include "plugins/postfix/maillog.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "core/lsa/match.h"
#include "idn/labels.h"

/* What is left of a line. */
struct rest {
	const char *p, *end;
};

static bool
skip(struct rest *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0)
		return false;
	r->p += n;
	return true;
}

/* Octets until `stop`, which is passed over; false: it does not come. */
static bool
until(struct rest *r, const char *stop, struct rest *out)
{
	size_t n = strlen(stop);

	out->p = r->p;
	for (; (size_t)(r->end - r->p) >= n; r->p++)
		if (memcmp(r->p, stop, n) == 0) {
			out->end = r->p;
			r->p += n;
			return true;
		}
	return false;
}

static bool
maillog_word(struct rest *r)
{
	const char *start = r->p;

	while (r->p < r->end && *r->p != ' ')
		r->p++;
	if (r->p == start || r->p == r->end)
		return false;
	while (r->p < r->end && *r->p == ' ')
		r->p++;
	return true;
}

/* `Nov 21 17:22:56 host tag[7]: ` or `2026-11-21T17:22:56.1+00:00 host ...` */
static bool
head(struct rest *r, const char *tag)
{
	struct rest pid;
	int words = r->p < r->end && *r->p >= '0' && *r->p <= '9' ? 2 : 4;

	while (words-- > 0)
		if (!maillog_word(r))
			return false;
	if (!skip(r, tag) || !skip(r, "[") || !until(r, "]: ", &pid))
		return false;
	for (; pid.p < pid.end; pid.p++)
		if (*pid.p < '0' || *pid.p > '9')
			return false;
	return true;
}

/* `HOP[IP]`, and `:PORT` with `port`. */
static bool
hop(struct rest *r, bool port, struct addr *out)
{
	char text[ADDR_TEXT];
	struct rest name, ip, digits = { NULL, NULL };
	size_t n, more = 0;

	if (!until(r, "[", &name) ||
	    memchr(name.p, ' ', (size_t)(name.end - name.p)) != NULL)
		return false;
	if (!until(r, "]", &ip))
		return false;
	if (port) {
		digits.p = r->p;
		if (!skip(r, ":"))
			return false;
		while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
			r->p++;
		digits.end = r->p;
		more = (size_t)(digits.end - digits.p);
	}
	n = (size_t)(ip.end - ip.p);
	if (n + more + 3 > sizeof(text) || memchr(ip.p, '\0', n) != NULL)
		return false;
	if (memchr(ip.p, ':', n) != NULL && port) {
		text[0] = '[';
		memcpy(text + 1, ip.p, n);
		text[++n] = ']';
		n++;
	} else {
		memcpy(text, ip.p, n);
	}
	memcpy(text + n, port ? digits.p : "", more);
	text[n + more] = '\0';
	return addr_read(out, text) && (!port || out->port != 0);
}

/*
 * A recipient that a report can say: no blank, nothing quoted. Postfix writes
 * it as it came: a domain in UTF-8 is a pattern of ours in its other spelling,
 * and of a user like that no pattern is.
 */
static void
maillog_recipient(const char *p, const char *end, char *out)
{
	size_t n = (size_t)(end - p);
	const char *at;
	char *spelt;

	out[0] = '\0';
	if (n > LIMIT_REPORT_RECIPIENT)
		return;
	memcpy(out, p, n);
	out[n] = '\0';
	spelt = labels_to_a(out);
	n = strlen(spelt) <= LIMIT_REPORT_RECIPIENT ? strlen(spelt) : 0;
	at = strrchr(spelt, '@');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)spelt[i];
		bool foreign = c > '~' && at != NULL && spelt + i < at;

		if (c <= ' ' || c == '"' || c == '\\' || (c > '~' && !foreign))
			n = 0;
		out[i] = foreign ? '_' : spelt[i];
	}
	out[n] = '\0';
	mem_free(spelt);
	if (!match_is_address(out))
		out[0] = '\0';
}

/* The recipient, whatever it is made of: `<"a>, relay=x"@dom>`. */
static bool
maillog_address(struct rest *r)
{
	bool quoted = false;

	for (; r->p < r->end; r->p++) {
		if (*r->p == '\\' && quoted && r->end - r->p > 1)
			r->p++;
		else if (*r->p == '"')
			quoted = !quoted;
		else if (*r->p == '>' && !quoted)
			break;
	}
	return skip(r, ">");
}

/* A session that ends while the two still greet each other fails a probe as
 * well. */
static enum maillog_what
ended_while(struct rest r)
{
	static const char *const greetings[] = {
		"receiving the initial server greeting",
		"performing the EHLO handshake",
		"performing the HELO handshake",
	};

	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
		if (skip(&r, greetings[i]))
			return MAILLOG_FAILED;
	return MAILLOG_REPLIED;
}

/* There is no session that this host's own policy would use. */
static bool
is_no_session(struct rest r)
{
	static const char *const says[] = {
		"TLS is required, but ",
		"Cannot start TLS",
		"Server certificate not ",
		"TLSA ",
		"no TLSA ",
		"SASL ",
	};

	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (skip(&r, says[i]))
			return true;
	return false;
}

/* The first `HOP[IP]` behind `host `; false: it is not named. */
static bool
host_named(struct rest r, struct addr *out)
{
	struct rest skipped;

	return until(&r, "host ", &skipped) && hop(&r, false, out);
}

/* Why a message is not there: what Postfix says, not what the hop says. */
static enum maillog_what
maillog_reason(struct rest r, struct addr *out)
{
	if (skip(&r, "lost connection with "))
		return hop(&r, false, out) && skip(&r, " while ")
		           ? ended_while(r)
		           : MAILLOG_NOTHING;
	if (skip(&r, "conversation with "))
		return hop(&r, false, out) && skip(&r, " timed out while ")
		           ? ended_while(r)
		           : MAILLOG_NOTHING;
	if (skip(&r, "route refused: "))
		return MAILLOG_UNRELAYED;
	if (is_no_session(r)) {
		if (out->family == 0 && !host_named(r, out))
			return MAILLOG_NOTHING;
		return MAILLOG_REFUSED;
	}
	if (!skip(&r, "host ") || !hop(&r, false, out))
		return MAILLOG_NOTHING;
	if (skip(&r, " refused to talk to me: 5"))
		return MAILLOG_REFUSED;
	if (skip(&r, " refused to talk to me: "))
		return MAILLOG_FAILED;
	return skip(&r, " said: 4") ? MAILLOG_REPLIED : MAILLOG_NOTHING;
}

/* A recipient as Postfix has it inside, without the quotation marks, may say
 * all that follows, but not take away that it follows. */
static bool
is_said_twice(struct rest r)
{
	struct rest before;

	return until(&r, ">, relay=", &before);
}

/* What follows `to=`: the outcome for one recipient. */
static void
outcome(struct maillog_line *out, struct rest r)
{
	struct rest skipped;
	struct addr other;
	const char *start;

	if (!skip(&r, "<"))
		return;
	start = r.p;
	if (!maillog_address(&r))
		return;
	maillog_recipient(start, r.p - 1, out->to);
	if (!skip(&r, ", "))
		return;
	if (skip(&r, "orig_to=<") && (!maillog_address(&r) || !skip(&r, ", ")))
		return;
	if (!skip(&r, "relay=") || is_said_twice(r) ||
	    !hop(&r, true, &out->hop))
		return;
	if (!until(&r, ", status=", &skipped))
		return;
	other = out->hop;
	if (skip(&r, "sent "))
		out->what = MAILLOG_OK;
	else if (skip(&r, "deferred ("))
		out->what = maillog_reason(r, &other);
}

static bool
maillog_queue_id(struct rest *r, char out[MAILLOG_ID])
{
	struct rest id;
	size_t n;

	if (!until(r, ": ", &id))
		return false;
	n = (size_t)(id.end - id.p);
	if (n == 0 || n >= MAILLOG_ID)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((id.p[i] >= '0' && id.p[i] <= '9') ||
			(id.p[i] >= 'A' && id.p[i] <= 'Z') ||
			(id.p[i] >= 'a' && id.p[i] <= 'z')))
			return false;
	memcpy(out, id.p, n);
	out[n] = '\0';
	return true;
}

void
maillog_read(
    struct maillog_line *out, const char *line, size_t n, const char *tag)
{
	struct rest r = { line, line + n };

	memset(out, 0, sizeof(*out));
	if (!head(&r, tag))
		return;
	if (skip(&r, "connect to ")) {
		if (hop(&r, true, &out->hop) && skip(&r, ": "))
			out->what = MAILLOG_FAILED;
	} else if (maillog_queue_id(&r, out->id)) {
		if (skip(&r, "to="))
			outcome(out, r);
		else
			out->what = maillog_reason(r, &out->hop);
	}
}

static struct maillog_hop *
maillog_hop_get(struct maillog_tally *tally, const struct addr *addr)
{
	struct maillog_hop new = { .addr = *addr }, *idle = NULL;

	new.used = ++tally->used;
	for (size_t i = 0; i < tally->hops.n; i++) {
		struct maillog_hop *h = &tally->hops.v[i];

		if (addr_equal(&h->addr, addr) ||
		    (addr->port == 0 && addr_same_ip(&h->addr, addr))) {
			h->used = new.used;
			return h;
		}
		if (h->ok + h->failed + h->refused + h->replies == 0 &&
		    (idle == NULL || h->used < idle->used))
			idle = h;
	}
	if (tally->hops.n < MAILLOG_HOPS) {
		vec_push(&tally->hops, new);
		return &tally->hops.v[tally->hops.n - 1];
	}
	if (idle != NULL)
		*idle = new;
	return idle;
}

/* A delivery there tells of the address without a port, too. */
static void
forget_refusals(struct maillog_tally *tally, const struct addr *addr)
{
	for (size_t i = 0; i < tally->hops.n; i++) {
		struct maillog_hop *h = &tally->hops.v[i];

		if (!addr_same_ip(&h->addr, addr) ||
		    (h->addr.port != 0 && h->addr.port != addr->port))
			continue;
		h->refused = 0;
		h->nseen = 0;
	}
}

static bool
is_seen(const struct maillog_hop *h, const char *id)
{
	for (size_t i = 0; i < h->nseen && i < MAILLOG_SEEN; i++)
		if (strcmp(h->seen[i], id) == 0)
			return true;
	return false;
}

/* Of the recipient alone, not of the hop. */
static void
route_count(struct maillog_tally *tally, const struct maillog_line *line)
{
	struct maillog_route route = { .hop = line->hop,
		.refused = line->what == MAILLOG_UNRELAYED };

	if (tally->routes.n == MAILLOG_ROUTES || line->to[0] == '\0')
		return;
	memcpy(route.to, line->to, sizeof(route.to));
	vec_push(&tally->routes, route);
}

void
maillog_count(struct maillog_tally *tally, const struct maillog_line *line)
{
	struct maillog_hop *h;

	if (line->what == MAILLOG_NOTHING)
		return;
	h = maillog_hop_get(tally, &line->hop);
	if (h == NULL)
		return;
	if (line->what == MAILLOG_OK) {
		forget_refusals(tally, &line->hop);
		h->ok++;
		if (h->watch > 0) {
			h->watch--;
			route_count(tally, line);
		}
	} else if (line->what == MAILLOG_FAILED) {
		h->failed++;
	} else if (line->what == MAILLOG_REPLIED) {
		h->replies++;
	} else if (line->what == MAILLOG_UNRELAYED) {
		h->watch = MAILLOG_WATCH;
		route_count(tally, line);
	} else if (!is_seen(h, line->id)) {
		memcpy(
		    h->seen[h->nseen++ % MAILLOG_SEEN], line->id, MAILLOG_ID);
		h->refused++;
	}
}

static bool
route_next(struct maillog_tally *tally, struct report *out)
{
	const struct maillog_route *route;

	if (tally->told == tally->routes.n) {
		tally->told = tally->routes.n = 0;
		return false;
	}
	route = &tally->routes.v[tally->told++];
	memset(out, 0, sizeof(*out));
	out->kind = REPORT_ROUTE;
	out->hop = route->hop;
	memcpy(out->to, route->to, sizeof(out->to));
	out->count[route->refused ? REPORT_UNRELAYED : REPORT_RELAYED] = 1;
	return true;
}

bool
maillog_next(struct maillog_tally *tally, struct report *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = REPORT_EVIDENCE;
	for (size_t i = 0; i < tally->hops.n; i++) {
		struct maillog_hop *h = &tally->hops.v[i];

		out->hop = h->addr;
		if (h->ok > 0 || h->failed > 0) {
			out->count[REPORT_OK] = h->ok;
			out->count[REPORT_FAILED] = h->failed;
			h->ok = h->failed = 0;
			return true;
		}
	}
	for (size_t i = 0; i < tally->hops.n; i++) {
		struct maillog_hop *h = &tally->hops.v[i];

		out->hop = h->addr;
		if (h->refused > 0 || h->replies > 0) {
			out->count[REPORT_TURNED] = h->refused;
			out->count[REPORT_REPLIES] = h->replies;
			h->refused = h->replies = 0;
			return true;
		}
	}
	return route_next(tally, out);
}

void
maillog_done(struct maillog_tally *tally)
{
	vec_done(&tally->hops);
	vec_done(&tally->routes);
}
