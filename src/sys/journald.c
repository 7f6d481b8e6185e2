#include "sys/journald.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include "sys/event_id.h"

#define EVENT_MAX 40
#define KEY_MAX 40
#define FIELDS_MAX 16
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define KEY_LETTERS LETTERS "0123456789-"
#define STRANGER "peer refused from unknown["

bool
journald_open_at(struct journald *j, const char *ident, const char *path)
{
	memset(j, 0, sizeof(*j));
	j->fd = -1;
	j->ident = ident;
	if (strlen(path) >= sizeof(j->to.sun_path) || access(path, W_OK) != 0)
		return false;
	j->to.sun_family = AF_UNIX;
	memcpy(j->to.sun_path, path, strlen(path) + 1);
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return j->fd >= 0;
}

bool
journald_open(struct journald *j, const char *ident)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char is[64] = "";

	if (fstat(STDERR_FILENO, &st) == 0)
		snprintf(is, sizeof(is), "%llu:%llu",
		    (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino);
	return journald_open_at(j, ident,
	    stream != NULL && strcmp(stream, is) == 0 ? JOURNALD_SOCKET : "");
}

void
journald_close(struct journald *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/* A field is a line of the datagram. */
static void
field_put(struct buf *out, const char *name, const char *value, size_t n)
{
	buf_printf(out, "%s=", name);
	for (size_t i = 0; i < n; i++)
		buf_u8(out, (uint8_t)value[i] < ' ' ? '?' : (uint8_t)value[i]);
	buf_u8(out, '\n');
}

static void
key_put(struct buf *out, const char *key, size_t n)
{
	buf_text(out, "LSRD_");
	for (size_t i = 0; i < n; i++)
		buf_u8(out, key[i] == '-' ? '_'
			    : key[i] >= 'a' && key[i] <= 'z'
				? (uint8_t)(key[i] - 32)
				: (uint8_t)key[i]);
}

/* `key=value` there, as a field; what follows it, or NULL: it is none. */
static const char *
pair_put(struct buf *out, const char *p)
{
	size_t key = strspn(p, KEY_LETTERS), n;
	const char *value = p + key + 1;
	bool quoted;

	if (key == 0 || key > KEY_MAX || p[key] != '=' ||
	    strchr(LETTERS, p[0]) == NULL)
		return NULL;
	quoted = *value == '"';
	value += quoted;
	n = strcspn(value, quoted ? "\"" : ",");
	key_put(out, p, key);
	field_put(out, "", value, n);
	value += n;
	return quoted && *value == '"' ? value + 1 : value;
}

static void
pairs_put(struct buf *out, const char *p)
{
	for (int i = 0; p != NULL && i < FIELDS_MAX; i++) {
		p = pair_put(out, p);
		if (p == NULL || strncmp(p, ", ", 2) != 0)
			return;
		p += 2;
	}
}

static void
event_put(struct buf *out, const char *ident, const char *event, size_t n)
{
	char word[EVENT_MAX + 1];
	const char *id;

	memcpy(word, event, n);
	word[n] = '\0';
	id = event_id(ident, word);
	if (id != NULL)
		field_put(out, "MESSAGE_ID", id, strlen(id));
	field_put(out, "LSRD_EVENT", word, n);
}

/* Of a line that begins with a word of ours: that, and its pairs. */
static void
journald_line_put(struct buf *out, const char *ident, const char *line)
{
	size_t n = strspn(line, LETTERS "-"), ip;

	if (strncmp(line, STRANGER, sizeof(STRANGER) - 1) == 0) {
		line += sizeof(STRANGER) - 1;
		ip = strcspn(line, "]");
		event_put(out, ident, "peer-refused", strlen("peer-refused"));
		field_put(out, "LSRD_ADDRESS", line, ip);
		line = strstr(line, ": ");
		pairs_put(out, line == NULL ? NULL : line + 2);
	} else if (n > 0 && n <= EVENT_MAX &&
		   (line[n] == '\0' || strncmp(line + n, ": ", 2) == 0)) {
		event_put(out, ident, line, n);
		pairs_put(out, line[n] == '\0' ? NULL : line + n + 2);
	}
}

void
journald_encode(struct buf *out, const char *ident, int priority,
    const char *event, const char *line)
{
	buf_printf(out,
	    "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\n"
	    "SYSLOG_PID=%d\n",
	    priority & LOG_PRIMASK, LOG_MAIL >> 3, ident, (int)getpid());
	if (event == NULL)
		journald_line_put(out, ident, line);
	else if (strlen(event) <= EVENT_MAX)
		event_put(out, ident, event, strlen(event));
	field_put(out, "MESSAGE", line, strlen(line));
}

/* An errno; 0: it is there. */
static int
datagram_send(
    struct journald *j, int priority, const char *event, const char *line)
{
	struct buf out = { 0 };
	ssize_t sent;

	journald_encode(&out, j->ident, priority, event, line);
	sent = sendto(j->fd, out.p, out.n, MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&j->to, sizeof(j->to));
	buf_done(&out);
	return sent < 0 ? errno : 0;
}

bool
journald_put(
    struct journald *j, int priority, const char *event, const char *line)
{
	char lost[64];
	unsigned n;
	int why;

	if (j->fd < 0)
		return false;
	why = datagram_send(j, priority, event, line);
	if (why == EAGAIN || why == ENOBUFS) {
		atomic_fetch_add(&j->lost, 1);
		return true;
	}
	if (why != 0)
		return false;
	n = atomic_exchange(&j->lost, 0);
	if (n == 0)
		return true;
	snprintf(lost, sizeof(lost), "log-lost: lines=%u", n);
	if (datagram_send(j, LOG_WARNING, NULL, lost) != 0)
		atomic_fetch_add(&j->lost, n);
	return true;
}
