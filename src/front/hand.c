#include "front/hand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "front/address.h"
#include "sys/sock.h"

static void
put_word(struct buf *out, const char *word)
{
	buf_bytes(out, word, strlen(word) + 1);
}

static void
put_addr(
    struct buf *out, const char *ip, const char *port, const struct addr *a)
{
	char text[ADDR_TEXT];

	put_word(out, ip);
	put_word(out, addr_ip_text(a, text));
	put_word(out, port);
	snprintf(text, sizeof(text), "%u", (unsigned)a->port);
	put_word(out, text);
}

/* The octet that carries the descriptor, then attributes: names and values,
 * each with its NUL; an empty name ends them. */
static void
hand_put_text(struct buf *out, int fd, const struct addr *client)
{
	struct sockaddr_storage name;
	socklen_t n = sizeof(name);
	struct addr here;

	memset(&name, 0, sizeof(name));
	getsockname(fd, (struct sockaddr *)&name, &n);
	here = sock_addr((const struct sockaddr *)&name);
	put_word(out, "");
	put_addr(out, "client_address", "client_port", client);
	put_addr(out, "server_address", "server_port", &here);
	put_word(out, "");
}

/* All or nothing: it fits into the buffer of a fresh socket. */
static bool
hand_put(int to, const struct buf *text, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { text->p, text->n };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(to, &message, MSG_NOSIGNAL) == (ssize_t)text->n;
}

bool
hand_over(const char *path, int fd, const struct addr *client)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	struct buf text = { 0 };
	int to = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int flags = fcntl(fd, F_GETFL), error;
	bool done;

	memcpy(where.sun_path, path, strlen(path));
	hand_put_text(&text, fd, client);
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK); /* it is theirs, too */
	done = to >= 0 &&
	       connect(to, (struct sockaddr *)&where, sizeof(where)) == 0 &&
	       hand_put(to, &text, fd);
	error = errno;
	buf_done(&text);
	if (to >= 0)
		close(to);
	if (done)
		close(fd);
	else
		fcntl(fd, F_SETFL, flags);
	errno = error;
	return done;
}
