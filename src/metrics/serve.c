#include "metrics/serve.h"

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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/mem.h"
#include "metrics/accept.h"
#include "metrics/ask.h"
#include "metrics/families.h"
#include "sys/clock.h"
#include "sys/host.h"
#include "sys/sock.h"

#define TYPE_PLAIN "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* A connection, known by its descriptor and what the kernel calls it. */
struct serve_seen {
	ino_t socket; /* 0: none */
	struct mono since;
};

struct serve {
	const struct serve_settings *set;
	struct evhttp *http;
	struct event *sweep;
	struct serve_seen seen[SERVE_DESCRIPTORS];
	int kept; /* a descriptor for asking lsrd, whoever has the others */
	struct mono made;
	bool told;
	const char *why;    /* lsrd did not answer; said once */
	struct buf text[2]; /* by form */
};

static void
serve_make(struct serve *s)
{
	struct told told;
	const char *why;

	told_init(&told);
	close(s->kept);
	why = ask_lsrd(s->set->lsrd, &told);
	s->kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (why != s->why)
		fprintf(stderr, "<%d>lsrd-metrics: %s: %s\n",
		    why == NULL ? 5 : 4, s->set->lsrd,
		    why == NULL ? "lsrd answers" : why);
	s->why = why;
	for (int open = 0; open < 2; open++) {
		struct sheet sheet = { &s->text[open], open != 0 };

		buf_reset(sheet.out);
		families_put(&sheet, why == NULL ? &told : NULL);
	}
	told_done(&told);
	s->made = clock_mono();
	s->told = true;
}

/* The head that goes with every answer. */
static void
serve_head(struct evhttp_request *req, const char *type)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);

	evhttp_add_header(out, "Connection", "close");
	evhttp_add_header(out, "Content-Type", type);
	evhttp_add_header(out, "X-Content-Type-Options", "nosniff");
	evhttp_add_header(out, "Content-Security-Policy", "default-src 'none'");
	evhttp_add_header(out, "Cache-Control", "no-store");
}

/* Of a HEAD the body stays here, and its length is told. */
static void
serve_reply(struct evhttp_request *req, int code, const char *word,
    const void *octets, size_t n)
{
	struct evbuffer *body = evbuffer_new();
	char length[24];

	CHECK(body != NULL);
	snprintf(length, sizeof(length), "%zu", n);
	evhttp_add_header(
	    evhttp_request_get_output_headers(req), "Content-Length", length);
	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD)
		CHECK(evbuffer_add(body, octets, n) == 0);
	evhttp_send_reply(req, code, word, body);
	evbuffer_free(body);
}

static void
serve_refuse(
    struct evhttp_request *req, int code, const char *word, const char *why)
{
	serve_head(req, "text/plain; charset=utf-8");
	serve_reply(req, code, word, why, strlen(why));
}

static bool
may_ask(const struct serve *s, struct evhttp_request *req)
{
	struct evkeyvalq *in = evhttp_request_get_input_headers(req);
	const char *host = evhttp_find_header(in, "Host");

	return host == NULL ||
	       host_is_ours(host, s->set->names, s->set->nnames);
}

static void
serve_metrics(struct serve *s, struct evhttp_request *req)
{
	struct evkeyvalq *in = evhttp_request_get_input_headers(req);
	bool open = accept_wants_open(evhttp_find_header(in, "Accept"));
	const struct buf *text = &s->text[open];

	if (!s->told || mono_since(s->made, clock_mono()) >= SERVE_FRESH_MS)
		serve_make(s);
	serve_head(req, open ? TYPE_OPEN : TYPE_PLAIN);
	serve_reply(req, 200, "OK", text->p, text->n);
}

static void
on_serve_request(struct evhttp_request *req, void *arg)
{
	static const char page[] = "lsrd-metrics: see /metrics\n";
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);

	if (path == NULL)
		path = "";
	if (!may_ask(arg, req))
		serve_refuse(req, 403, "Forbidden",
		    "403: Host is no address and no name given with -n\n");
	else if (strcmp(path, "/metrics") == 0)
		serve_metrics(arg, req);
	else if (strcmp(path, "/") == 0 || path[0] == '\0')
		serve_refuse(req, 200, "OK", page);
	else
		serve_refuse(req, 404, "Not Found", "404: see /metrics\n");
}

/* What the descriptor is, if it is the end of a client's connection; or 0. */
static ino_t
client_of(int fd)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof(from);
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode) ||
	    getpeername(fd, (struct sockaddr *)&from, &n) != 0 ||
	    from.ss_family == AF_UNIX)
		return 0;
	return st.st_ino;
}

/* Who has been there for too long: evhttp reads an end, and frees it. */
static void
on_serve_sweep(evutil_socket_t none, short what, void *arg)
{
	struct serve *s = arg;
	struct mono now = clock_mono();

	(void)none;
	(void)what;
	for (int fd = 0; fd < SERVE_DESCRIPTORS; fd++) {
		struct serve_seen *seen = &s->seen[fd];
		ino_t socket = client_of(fd);

		if (socket != seen->socket)
			*seen = (struct serve_seen){ socket, now };
		else if (socket != 0 &&
			 mono_since(seen->since, now) >= SERVE_LIFE_S * 1000)
			shutdown(fd, SHUT_RDWR);
	}
}

static void
on_serve_rested(evutil_socket_t none, short what, void *arg)
{
	(void)none;
	(void)what;
	evconnlistener_enable(arg);
}

/* No descriptors left: others must go first. */
static void
on_serve_short(struct evconnlistener *listener, void *arg)
{
	static const struct timeval pause = { 0, 100000 };

	(void)arg;
	if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT,
		on_serve_rested, listener, &pause) == 0)
		evconnlistener_disable(listener);
}

static bool
serve_listen(struct serve *s, struct event_base *base, const struct addr *at)
{
	char text[ADDR_TEXT];
	struct evconnlistener *listener = NULL;
	int fd = sock_listen(at);

	if (fd >= 0)
		listener = evconnlistener_new(base, NULL, NULL,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (listener == NULL ||
	    evhttp_bind_listener(s->http, listener) == NULL) {
		fprintf(stderr, "lsrd-metrics: %s: %s\n", addr_text(at, text),
		    strerror(errno));
		return false;
	}
	evconnlistener_set_error_cb(listener, on_serve_short);
	return true;
}

/* A client cannot have more of us than this. */
static void
serve_bound(struct serve *s)
{
	struct rlimit most = { SERVE_DESCRIPTORS, SERVE_DESCRIPTORS };

	(void)setrlimit(RLIMIT_NOFILE, &most);
	s->kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
	evhttp_set_max_headers_size(s->http, SERVE_HEAD);
	evhttp_set_max_body_size(s->http, 0);
	evhttp_set_timeout(s->http, SERVE_LIFE_S / 2);
	evhttp_set_allowed_methods(s->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
}

struct serve *
serve_new(struct event_base *base, const struct serve_settings *settings)
{
	static const struct timeval second = { 1, 0 };
	struct serve *s = mem_new(sizeof(*s), 0, 0);

	s->set = settings;
	s->http = evhttp_new(base);
	s->sweep = event_new(base, -1, EV_PERSIST, on_serve_sweep, s);
	CHECK(s->http != NULL && s->sweep != NULL);
	serve_bound(s);
	evhttp_set_gencb(s->http, on_serve_request, s);
	event_add(s->sweep, &second);
	for (size_t i = 0; i < settings->nlisten; i++) {
		if (serve_listen(s, base, &settings->listen[i]))
			continue;
		serve_free(s);
		return NULL;
	}
	return s;
}

void
serve_free(struct serve *s)
{
	if (s == NULL)
		return;
	evhttp_free(s->http);
	event_free(s->sweep);
	close(s->kept);
	buf_done(&s->text[0]);
	buf_done(&s->text[1]);
	mem_free(s);
}
