#include "map/present.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"

#define STATUS_MS 1000      /* between two */
#define STATUS_IDLE_MS 5000 /* where no page is open */
#define WATCH_AGAIN_MS 1000
#define LOOK_MS 200 /* between two topologies, at least */
#define LOOK_REST 4 /* so often the time that one took, at least */
#define LOOK_SOON_MS 20

struct present {
	struct event_base *base;
	struct ask_set *asks;
	struct answers *answers;
	struct stream *stream;
	struct present_calls calls;
	struct event *status, *watch, *look;
	bool asking;      /* the topology */
	bool again;       /* and once more then */
	bool known, away; /* known: whether it is away */
	struct mono asked, rested;
	char *digest;          /* of the last status, with what else counts */
	struct body *topology; /* the last; NULL: none yet */
	struct body *none;     /* why there is none */
	uint64_t number;       /* of topologies */
};

static void
present_timer(struct event *event, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	evtimer_add(event, &tv);
}

/* --- the topology ------------------------------------------------------------- */

/* Something is other: it is asked for, soon. */
static void
present_look(struct present *p)
{
	struct mono now = clock_mono();
	uint64_t wait = mono_since(now, p->rested);

	if (p->asking)
		p->again = true;
	else if (!evtimer_pending(p->look, NULL))
		present_timer(
		    p->look, wait < LOOK_SOON_MS ? LOOK_SOON_MS : wait);
}

static void
present_number(const struct present *p, char *out, size_t room)
{
	snprintf(out, room, "{\"id\":%" PRIu64 "}", p->number);
}

static void
present_changed(struct present *p, struct body *topology)
{
	char text[32];

	body_release(p->topology);
	p->topology = body_hold(topology);
	p->number++;
	answers_news(p->answers);
	present_number(p, text, sizeof(text));
	stream_say(p->stream, "topology", text, strlen(text));
	p->calls.topology(p->calls.ctx, topology);
}

static void
on_present_topology(
    void *ctx, int status, const struct buf *out, const struct buf *said)
{
	struct present *p = ctx;
	struct body *body = answers_body(status, false, out, said);
	struct mono now = clock_mono();
	uint64_t rest = LOOK_REST * mono_since(p->asked, now);

	p->asking = false;
	p->rested = mono_after(now, rest < LOOK_MS ? LOOK_MS : rest);
	if (body->code == 200 && !p->away &&
	    (p->topology == NULL || !body_equal(body, p->topology)))
		present_changed(p, body);
	body_release(body);
	if (!p->again)
		return;
	p->again = false;
	present_look(p);
}

static void
on_present_look(evutil_socket_t fd, short what, void *arg)
{
	struct present *p = arg;
	struct ask_calls calls = { NULL, on_present_topology, p };

	(void)fd;
	(void)what;
	p->asked = clock_mono();
	p->asking = ask_begin(p->asks, "/api/topology", &calls);
	if (!p->asking)
		present_timer(p->look, LOOK_MS);
}

/* --- whether it answers, and whether anything is other --------------------------- */

static void
present_is_away(struct present *p, struct body *why)
{
	bool was = p->known && p->away;

	body_release(p->none);
	p->none = body_hold(why);
	p->known = p->away = true;
	if (was)
		return;
	answers_news(p->answers);
	stream_say(p->stream, "away", "{}", 2);
	p->calls.away(p->calls.ctx, true);
}

static void
present_is_there(struct present *p, const char *digest)
{
	bool back = p->known && p->away;

	if (!p->known || back)
		p->calls.away(p->calls.ctx, false);
	p->known = true;
	p->away = false;
	if (back)
		stream_say(p->stream, "back", "{}", 2);
	if (!back && p->digest != NULL && strcmp(p->digest, digest) == 0)
		return;
	mem_free(p->digest);
	p->digest = mem_str(digest);
	answers_news(p->answers);
	present_look(p);
}

/* What of a status is another where a topology or a table is. */
static void
present_judge(struct present *p, struct body *body)
{
	static const char *const keys[] = { "digest", "generation", "present",
		"state", "published" };
	json_t *status = json_loadb((const char *)body->octets.p,
	    body->octets.n, JSON_DISABLE_EOF_CHECK, NULL);
	struct buf text = { 0 };
	char *digest;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *one = json_object_get(status, keys[i]);

		if (json_is_string(one))
			buf_text(&text, json_string_value(one));
		buf_printf(&text, " %" JSON_INTEGER_FORMAT " ",
		    json_integer_value(one));
	}
	json_decref(status);
	digest = buf_string(&text);
	present_is_there(p, digest);
	mem_free(digest);
}

static void
on_present_status(
    void *ctx, int status, const struct buf *out, const struct buf *said)
{
	struct present *p = ctx;
	struct body *body = answers_body(status, false, out, said);

	if (body->code == 200)
		present_judge(p, body);
	else
		present_is_away(p, body);
	body_release(body);
	present_timer(p->status, stream_pages(p->stream) > 0 || p->away
				     ? STATUS_MS
				     : STATUS_IDLE_MS);
}

static void
on_present_status_due(evutil_socket_t fd, short what, void *arg)
{
	struct present *p = arg;
	struct ask_calls calls = { NULL, on_present_status, p };

	(void)fd;
	(void)what;
	if (!ask_begin(p->asks, "/api/status", &calls))
		present_timer(p->status, STATUS_MS);
}

/* --- what happens --------------------------------------------------------------- */

static void
on_present_record(void *ctx, const char *line, size_t n)
{
	struct present *p = ctx;

	answers_news(p->answers);
	stream_say(p->stream, "change", line, n);
	present_look(p);
}

static void
on_present_watch_end(
    void *ctx, int status, const struct buf *out, const struct buf *said)
{
	struct present *p = ctx;

	(void)status;
	(void)out;
	(void)said;
	present_timer(p->watch, WATCH_AGAIN_MS);
}

static void
on_present_watch(evutil_socket_t fd, short what, void *arg)
{
	struct present *p = arg;
	struct ask_calls calls = { on_present_record, on_present_watch_end, p };

	(void)fd;
	(void)what;
	if (!ask_begin(p->asks, "/api/watch", &calls))
		present_timer(p->watch, WATCH_AGAIN_MS);
}

struct body *
present_topology(const struct present *p)
{
	return p->topology != NULL && !p->away ? p->topology : p->none;
}

void
present_greet(struct present *p, struct stream *stream)
{
	char text[96];

	/* The first page does not wait until an idle one is asked. */
	if (stream_pages(stream) == 1 && evtimer_pending(p->status, NULL))
		present_timer(p->status, 0);
	snprintf(text, sizeof(text), "{\"version\":\"%s\",\"away\":%s}",
	    PACKAGE_VERSION, p->away ? "true" : "false");
	stream_greet(stream, "hello", text);
	if (p->away)
		stream_greet(stream, "away", "{}");
	present_number(p, text, sizeof(text));
	if (p->topology != NULL)
		stream_greet(stream, "topology", text);
}

struct present *
present_new(
    struct event_base *base, struct ask_set *asks, struct answers *answers)
{
	struct present *p = mem_new(sizeof(*p), 0, 0);

	p->base = base;
	p->asks = asks;
	p->answers = answers;
	p->none = body_error(503, "starting", "lsrd has not answered yet");
	p->status = evtimer_new(base, on_present_status_due, p);
	p->watch = evtimer_new(base, on_present_watch, p);
	p->look = evtimer_new(base, on_present_look, p);
	CHECK(p->status != NULL && p->watch != NULL && p->look != NULL);
	return p;
}

void
present_begin(
    struct present *p, struct stream *stream, const struct present_calls *calls)
{
	p->stream = stream;
	p->calls = *calls;
	present_timer(p->status, 0);
	present_timer(p->watch, 0);
}

void
present_free(struct present *p)
{
	if (p == NULL)
		return;
	event_free(p->status);
	event_free(p->watch);
	event_free(p->look);
	body_release(p->topology);
	body_release(p->none);
	mem_free(p->digest);
	mem_free(p);
}
