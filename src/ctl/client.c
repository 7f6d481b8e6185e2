#include "ctl/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cur.h"
#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "ctl/complain.h"

/* A database at its bound of 128 MB is twice that as JSON, and more where it is
 * made of short names: who forgets and revokes must still be able to read it. */
#define ANSWER_OCTETS 1073741824

/* The socket that a configuration names. The caller's; NULL after a
 * complaint. Keys are no business of ours. */
static char *
client_socket_of(const char *file)
{
	struct complaints complaints = { 0 };
	struct buf text = { 0 };
	char *path = NULL;
	struct conf *conf;

	if (conf_load(file, NULL, &conf, &complaints) == RC_OK) {
		path = mem_str(conf->control_socket);
	} else {
		complaint_text(&text, &complaints.list.v[0]);
		call_usage("%.*s", (int)text.n, (const char *)text.p);
		call_usage("--socket PATH asks without reading %s", file);
	}
	buf_done(&text);
	complaints_done(&complaints);
	conf_free(conf);
	return path;
}

/* Where the caller wants it: the last one counts. */
__attribute__((format(printf, 2, 3))) static int
client_down(const struct call *call, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (call->complaint == NULL) {
		call_usage("%s", text);
	} else {
		buf_reset(call->complaint);
		buf_text(call->complaint, text);
	}
	return CALL_DOWN;
}

static int
no_daemon(const struct call *call, const char *path)
{
	complain_code(errno == EACCES ? "forbidden" : "no-daemon");
	if (errno == EACCES)
		return client_down(call,
		    "%s: %s; ask as root, or as a member of the group of lsrd",
		    path, strerror(errno));
	return client_down(call,
	    "no daemon answers at %s (%s); is lsrd running? --socket or "
	    "--config names another",
	    path, strerror(errno));
}

static int
connected(const char *path, int patience_ms)
{
	struct timeval patience = { .tv_sec = CLIENT_PATIENCE_S };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (patience_ms > 0) {
		patience.tv_sec = patience_ms / 1000;
		patience.tv_usec = patience_ms % 1000 * 1000;
	}
	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
send_line(int fd, const char *request)
{
	struct buf line = { 0 };
	size_t at = 0;
	ssize_t n = 1;

	buf_printf(&line, "%s\n", request);
	while (n > 0 && at < line.n) {
		n = send(fd, line.p + at, line.n - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			at += (size_t)n;
	}
	buf_done(&line);
	return n > 0 ? 0 : -1;
}

/* To the end, which the daemon makes. -1: errno tells. */
static int
client_read_all(int fd, struct buf *out)
{
	char block[65536];
	ssize_t n;

	while ((n = recv(fd, block, sizeof(block), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		buf_bytes(out, block, (size_t)n);
		if (out->n > ANSWER_OCTETS) {
			errno = EFBIG;
			return -1;
		}
	}
	if (out->n > 0 && out->p[out->n - 1] == '\n')
		return 0;
	errno = ECONNRESET; /* it ended in the middle of a line */
	return -1;
}

/* {"error":"..."}: the daemon did not take the question; for one that only
 * reads {"ok":false,"reason":"..."} says the same. */
static int
client_refused(const struct buf *out, bool reads)
{
	size_t n = 0;
	json_t *line;
	const char *why;
	int status = CALL_OK;

	while (out->p[n] != '\n')
		n++;
	line = json_loadb((const char *)out->p, n, 0, NULL);
	why = json_string_value(json_object_get(line, "error"));
	if (why == NULL && reads && json_is_false(json_object_get(line, "ok")))
		why = json_string_value(json_object_get(line, "reason"));
	if (why != NULL) {
		complain_code("refused");
		status = call_usage("the daemon refuses: %s", why);
	}
	json_decref(line);
	return status;
}

static int
ctl_client_ask(const struct call *call, const char *request, struct buf *out)
{
	char *path = call->config != NULL   ? client_socket_of(call->config)
	             : call->socket != NULL ? mem_str(call->socket)
	                                    : mem_str(CLIENT_SOCKET);
	int fd, status = CALL_OK;

	if (path == NULL)
		return CALL_USAGE;
	fd = connected(path, call->patience_ms);
	if (fd < 0) {
		status = no_daemon(call, path);
	} else {
		if (send_line(fd, request) != 0 ||
		    client_read_all(fd, out) != 0)
			status = client_down(call,
			    "the daemon at %s does not answer: %s", path,
			    errno == EAGAIN ? "nothing came in time"
					    : strerror(errno));
		close(fd);
	}
	mem_free(path);
	return status;
}

static int
ask_and_see(
    const struct call *call, const char *request, bool reads, struct buf *out)
{
	int status = ctl_client_ask(call, request, out);

	if (status == CALL_OK)
		status = client_refused(out, reads);
	if (status == CALL_OK && out->n == 1)
		buf_reset(out); /* an empty line: nothing to tell */
	return status;
}

int
client_ask(const struct call *call, const char *request, struct buf *out)
{
	return ask_and_see(call, request, false, out);
}

int
client_read(const struct call *call, const char *request, struct buf *out)
{
	return ask_and_see(call, request, true, out);
}

int
client_db(const struct call *call, const char *what, struct buf *out)
{
	static const char no[] = "{\"ok\":false";
	struct buf request = { 0 };
	int status;

	buf_printf(&request, "db %s", what);
	buf_u8(&request, 0);
	status = client_ask(call, (const char *)request.p, out);
	buf_done(&request);
	if (status != CALL_OK || out->n < sizeof(no) ||
	    memcmp(out->p, no, sizeof(no) - 1) != 0)
		return status;
	buf_reset(out);
	return client_read(call, "db", out);
}

int
client_each(const struct buf *answer,
    void (*each)(void *ctx, const json_t *line), void *ctx)
{
	struct cur lines = cur_over(answer->p, answer->n);

	while (lines.left > 0) {
		struct cur text = cur_line(&lines);
		json_t *line =
		    json_loadb((const char *)text.p, text.left, 0, NULL);

		if (!json_is_object(line)) {
			json_decref(line);
			complain_code("bad-answer");
			call_usage("the daemon's answer is not JSON");
			return CALL_DOWN;
		}
		each(ctx, line);
		json_decref(line);
	}
	return CALL_OK;
}
