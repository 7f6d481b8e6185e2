#include "map/site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rc.h"
#include "io/local.h"
#include "map/files.h"
#include "map/gate.h"
#include "map/past.h"
#include "map/present.h"
#include "map/query.h"
#include "map/stream.h"
#include "sys/clock.h"
#include "sys/sock.h"

/* A connection, known by its descriptor and what the kernel calls it. */
struct site_seen {
	ino_t socket; /* 0: none */
	struct mono since;
};

struct site {
	const struct site_settings *set;
	struct event_base *base;
	struct evhttp *http;
	struct event *sweep;
	struct site_seen seen[SITE_DESCRIPTORS];
	struct files files;
	struct ask_set *asks;
	struct answers *answers;
	struct present *present;
	struct stream *stream;
	struct past *past;
	bool failed;
};

/* --- an answer ------------------------------------------------------------------ */

/* With every answer: no page but ours runs in it, asks it, or shows it in a
 * frame, and it runs nothing that is not a file of ours: text that a script makes
 * is none, WebAssembly may be. */
static const struct {
	const char *name, *value;
} site_heads[] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
	    "style-src 'self'; worker-src 'self'; "
	    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
	    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Embedder-Policy", "require-corp" },
	{ "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
	{ "Connection", "close" },
};

static const char *
site_field(struct evhttp_request *req, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(req), name);
}

static void
site_head(struct evhttp_request *req, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(req), name, value);
}

static void
site_put_heads(struct evhttp_request *req, const char *type)
{
	for (size_t i = 0; i < sizeof(site_heads) / sizeof(site_heads[0]); i++)
		site_head(req, site_heads[i].name, site_heads[i].value);
	site_head(req, "Content-Type", type);
}

static const char *
site_word(int code)
{
	static const struct {
		int code;
		const char *word;
	} words[] = { { 200, "OK" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].code == code)
			return words[i].word;
	return "Error";
}

/* Of a HEAD the body stays here, and its length is told. */
static void
site_give(struct evhttp_request *req, struct body *body)
{
	struct evbuffer *out = evbuffer_new();
	const char *tag = site_field(req, "If-None-Match");
	char length[24];
	int code = body->code;

	CHECK(out != NULL);
	site_head(req, "Cache-Control", "private, no-cache");
	if (code == 200)
		site_head(req, "ETag", body->tag);
	if (code == 200 && tag != NULL && strcmp(tag, body->tag) == 0)
		code = 304;
	snprintf(length, sizeof(length), "%zu", body->octets.n);
	if (code != 304)
		site_head(req, "Content-Length", length);
	if (code != 304 && evhttp_request_get_command(req) != EVHTTP_REQ_HEAD)
		body_lend(body, out);
	evhttp_send_reply(req, code, site_word(code), out);
	evbuffer_free(out);
}

static void
site_body(struct evhttp_request *req, struct body *body)
{
	site_put_heads(req, body->type);
	site_give(req, body);
}

static void
site_error(
    struct evhttp_request *req, int code, const char *word, const char *text)
{
	struct body *body = body_error(code, word, text);

	site_body(req, body);
	body_release(body);
}

/* --- the paths -------------------------------------------------------------------- */

static void
on_site_answer(void *ctx, struct body *body)
{
	site_body(ctx, body);
}

static void
site_stream(struct site *s, struct evhttp_request *req, const char *target)
{
	(void)target;
	if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD) {
		site_error(req, 400, "usage", "a stream has no head alone");
		return;
	}
	if (stream_pages(s->stream) == STREAM_PAGES) {
		site_error(req, 503, "busy", "too many pages are open");
		return;
	}
	site_put_heads(req, "text/event-stream; charset=utf-8");
	site_head(req, "Cache-Control", "no-store");
	site_head(req, "X-Accel-Buffering", "no"); /* nginx: pass it on */
	stream_open(s->stream, req, site_field(req, "Last-Event-ID"));
}

static void
site_asked(struct site *s, struct evhttp_request *req, const char *target)
{
	struct query q;
	bool good = query_read(&q, target);

	if (!good && q.why != NULL)
		site_error(req, 400, "usage", q.why);
	else if (!good || q.inner)
		site_error(req, 404, "not-found", "no such path");
	else
		answers_get(s->answers, target, q.list, on_site_answer, req);
}

static void
site_topology(struct site *s, struct evhttp_request *req, const char *target)
{
	(void)target;
	site_body(req, present_topology(s->present));
}

/* What the past has, or that it has not. */
static void
site_past(struct evhttp_request *req, bool good, bool there, struct buf *out)
{
	struct body *body;

	if (good && there) {
		body = body_new(200, BODY_JSON, out);
		site_body(req, body);
		body_release(body);
		return;
	}
	buf_done(out);
	if (good)
		site_error(
		    req, 404, "no-history", "nothing is known of that moment");
	else
		site_error(req, 400, "usage",
		    "a moment is missing, or of another form: seconds since "
		    "1970");
}

static void
site_at(struct site *s, struct evhttp_request *req, const char *target)
{
	struct buf out = { 0 };
	double at;
	bool good = query_moment(target, "time", &at);

	site_past(req, good, good && past_at(s->past, at, &out), &out);
}

static void
site_compare(struct site *s, struct evhttp_request *req, const char *target)
{
	struct buf out = { 0 };
	double from, until;
	bool good = query_moment(target, "from", &from) &&
	            query_moment(target, "until", &until);

	site_past(
	    req, good, good && past_compare(s->past, from, until, &out), &out);
}

static void
site_list(struct site *s, struct evhttp_request *req, const char *target)
{
	struct buf out = { 0 };
	double since, until;
	bool good = query_moment(target, "since", &since) &&
	            query_moment(target, "until", &until);

	site_past(
	    req, good, good && past_list(s->past, since, until, &out), &out);
}

static void
site_extent(struct site *s, struct evhttp_request *req, const char *target)
{
	struct buf out = { 0 };

	(void)target;
	past_extent(s->past, &out);
	site_past(req, true, true, &out);
}

/* A name of the list, packed where that is taken. */
static void
site_file(struct site *s, struct evhttp_request *req, const char *path)
{
	const char *takes = site_field(req, "Accept-Encoding");
	const struct files_one *one =
	    files_find(&s->files, path[1] == '\0' ? "index.html" : path + 1);

	if (one == NULL) {
		site_error(req, 404, "not-found",
		    s->files.n == 0 ? "the page is not installed"
				    : "no such path");
		return;
	}
	site_put_heads(req, one->plain->type);
	site_head(req, "Vary", "Accept-Encoding");
	if (one->packed != NULL && takes != NULL &&
	    strstr(takes, "gzip") != NULL &&
	    strstr(takes, "gzip;q=0") == NULL) {
		site_head(req, "Content-Encoding", "gzip");
		site_give(req, one->packed);
	} else {
		site_give(req, one->plain);
	}
}

static const struct {
	const char *path;
	void (*answer)(
	    struct site *s, struct evhttp_request *req, const char *target);
} site_paths[] = {
	{ "/api/topology", site_topology },
	{ "/api/stream", site_stream },
	{ "/api/at", site_at },
	{ "/api/difference", site_compare },
	{ "/api/past", site_list },
	{ "/api/extent", site_extent },
};

static bool
site_is(const char *target, const char *path)
{
	size_t n = strlen(path);

	return strncmp(target, path, n) == 0 &&
	       (target[n] == '\0' || target[n] == '?');
}

static void
site_path(struct site *s, struct evhttp_request *req, const char *target)
{
	for (size_t i = 0; i < sizeof(site_paths) / sizeof(site_paths[0]); i++)
		if (site_is(target, site_paths[i].path)) {
			site_paths[i].answer(s, req, target);
			return;
		}
	if (strncmp(target, "/api/", 5) == 0)
		site_asked(s, req, target);
	else
		site_file(s, req, target);
}

/* A field that stands twice is read in two ways by two programs. */
static bool
site_twice(struct evhttp_request *req, const char *name)
{
	const struct evkeyvalq *in = evhttp_request_get_input_headers(req);
	const struct evkeyval *field;
	size_t n = 0;

	TAILQ_FOREACH(field, in, next)
	n += strcasecmp(field->key, name) == 0;
	return n > 1;
}

static void
on_site_request(struct evhttp_request *req, void *arg)
{
	struct site *s = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *target = evhttp_request_get_uri(req);
	const struct gate_request request = { site_field(req, "Host"),
		site_field(req, "Origin"), site_field(req, "Sec-Fetch-Site"),
		site_field(req, "Sec-Fetch-Mode") };
	const char *why = gate_judge(&request, s->set->names, s->set->nnames);

	if (why == NULL &&
	    (site_twice(req, "Host") || site_twice(req, "Origin")))
		why = "a field stands twice";
	if (why != NULL)
		site_error(req, 403, "forbidden", why);
	else if (uri == NULL || target == NULL || target[0] != '/' ||
		 evhttp_uri_get_host(uri) != NULL)
		site_error(req, 400, "usage", "no path");
	else
		site_path(s, req, target);
}

/* --- connections ------------------------------------------------------------------ */

/* What the descriptor is, if it is the end of a client's connection; or 0. */
static ino_t
site_client_of(int fd)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	int type = 0, listens = 1;
	socklen_t room = sizeof(int);
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode) ||
	    getpeername(fd, (struct sockaddr *)&from, &n) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &room) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &room) != 0)
		return 0;
	return type == SOCK_STREAM && listens == 0 ? st.st_ino : 0;
}

/* Who has been there for too long and is no page that listens: evhttp reads an
 * end, and frees it. */
static void
on_site_sweep(evutil_socket_t none, short what, void *arg)
{
	struct site *s = arg;
	struct mono now = clock_mono();

	(void)none;
	(void)what;
	for (int fd = 0; fd < SITE_DESCRIPTORS; fd++) {
		struct site_seen *seen = &s->seen[fd];
		ino_t socket = site_client_of(fd);

		if (socket != seen->socket)
			*seen = (struct site_seen){ socket, now };
		else if (socket != 0 &&
			 mono_since(seen->since, now) >= SITE_LIFE_S * 1000 &&
			 !stream_has(s->stream, fd))
			shutdown(fd, SHUT_RDWR);
	}
}

static void
on_site_rested(evutil_socket_t none, short what, void *arg)
{
	(void)none;
	(void)what;
	evconnlistener_enable(arg);
}

/* No descriptors left: others must go first. */
static void
on_site_short(struct evconnlistener *listener, void *arg)
{
	static const struct timeval pause = { 0, 100000 };

	(void)arg;
	if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT,
		on_site_rested, listener, &pause) == 0)
		evconnlistener_disable(listener);
}

/* The descriptor is taken; false: errno tells. */
static bool
site_bind(struct site *s, int fd)
{
	struct evconnlistener *listener;

	if (fd < 0)
		return false;
	listener = evconnlistener_new(s->base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (listener == NULL || evhttp_bind_listener(s->http, listener) == NULL)
		return false;
	evconnlistener_set_error_cb(listener, on_site_short);
	return true;
}

static bool
site_listen(struct site *s)
{
	char text[ADDR_TEXT];
	int fd;

	for (size_t i = 0; i < s->set->nlisten; i++)
		if (!site_bind(s, sock_listen(&s->set->listen[i]))) {
			fprintf(stderr, "lsrd-map: %s: %s\n",
			    addr_text(&s->set->listen[i], text),
			    strerror(errno));
			return false;
		}
	for (size_t i = 0; i < s->set->nlocal; i++) {
		int rc = local_listen(s->set->local[i], NULL, &fd);

		if (rc == RC_OK && site_bind(s, fd))
			continue;
		fprintf(stderr, "lsrd-map: %s: %s\n", s->set->local[i],
		    rc == RC_IO || rc == RC_OK ? strerror(errno) : rc_word(rc));
		return false;
	}
	return true;
}

/* --- from beginning to end ----------------------------------------------------------- */

/* A client cannot have more of us than this. */
static void
site_bound(struct site *s)
{
	struct rlimit most = { SITE_DESCRIPTORS, SITE_DESCRIPTORS };

	(void)setrlimit(RLIMIT_NOFILE, &most);
	evhttp_set_max_headers_size(s->http, SITE_HEAD);
	evhttp_set_max_body_size(s->http, 0);
	evhttp_set_timeout(s->http, 10);
	evhttp_set_allowed_methods(s->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
}

/* Nothing can be asked any more: a service manager starts us anew. */
static void
on_site_alone(void *ctx)
{
	struct site *s = ctx;

	fprintf(stderr, "<3>lsrd-map: who runs lsrctl for us has ended\n");
	s->failed = true;
	event_base_loopbreak(s->base);
}

static void
on_site_topology(void *ctx, const struct body *topology)
{
	struct site *s = ctx;

	past_take(
	    s->past, topology->octets.p, topology->octets.n, clock_wall_ms());
}

static void
on_site_away(void *ctx, bool away)
{
	struct site *s = ctx;

	past_away(s->past, away, clock_wall_ms());
	fprintf(stderr, away ? "<4>lsrd-map: lsrd does not answer\n"
			     : "<5>lsrd-map: lsrd answers\n");
}

static void
on_site_hello(void *ctx)
{
	struct site *s = ctx;

	present_greet(s->present, s->stream);
}

struct site *
site_new(
    struct event_base *base, const struct site_settings *settings, int runner)
{
	static const struct timeval second = { 1, 0 };
	struct site *s = mem_new(sizeof(*s), 0, 0);

	s->set = settings;
	s->base = base;
	s->http = evhttp_new(base);
	s->sweep = event_new(base, -1, EV_PERSIST, on_site_sweep, s);
	CHECK(s->http != NULL && s->sweep != NULL);
	s->asks = ask_set_new(base, runner, on_site_alone, s);
	s->answers = answers_new(s->asks);
	s->present = present_new(base, s->asks, s->answers);
	s->stream = stream_new(base, on_site_hello, s);
	site_bound(s);
	evhttp_set_gencb(s->http, on_site_request, s);
	event_add(s->sweep, &second);
	if (files_load(&s->files, settings->data) <= 0)
		fprintf(stderr, "<4>lsrd-map: %s: no page is there\n",
		    settings->data);
	if (site_listen(s))
		return s;
	site_free(s);
	return NULL;
}

void
site_begin(struct site *s)
{
	const struct present_calls calls = { on_site_topology, on_site_away,
		s };

	s->past = past_new(s->set->past, PAST_OCTETS);
	present_begin(s->present, s->stream, &calls);
}

bool
site_has_failed(const struct site *s)
{
	return s->failed;
}

void
site_free(struct site *s)
{
	if (s == NULL)
		return;
	if (s->past != NULL) /* nobody sees what comes now */
		past_away(s->past, true, clock_wall_ms());
	past_free(s->past);
	stream_free(s->stream);
	evhttp_free(s->http);
	event_free(s->sweep);
	ask_set_free(s->asks);
	present_free(s->present);
	answers_free(s->answers);
	files_done(&s->files);
	for (size_t i = 0; i < s->set->nlocal; i++)
		(void)unlink(s->set->local[i]);
	mem_free(s);
}
