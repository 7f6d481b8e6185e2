#include "front/tell.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "front/front.h"

/* Beside where sessions are brought (io/front_io.h). */
#define COUNTED ".counts"

/* A neighbour's connection is there when connect(2) returns, or there is none
 * now; what is written fits into the kernel's buffer whole. */
static void
tell_line(const char *path, const struct buf *line)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd;

	if (n + sizeof(COUNTED) > sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, n);
	memcpy(to.sun_path + n, COUNTED, sizeof(COUNTED));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		(void)send(fd, line->p, line->n, MSG_NOSIGNAL);
	close(fd);
}

void
tell_counts(struct front *front, struct mono now)
{
	struct buf line = { 0 };

	if (mono_since(front->told, now) < TELL_MS)
		return;
	front->told = now;
	buf_printf(&line,
	    "lsrd-front/1 counts sessions=%" PRIu32 " accepted=%" PRIu64
	    " handed=%" PRIu64 " refused=%" PRIu64 " verbs=%" PRIu64 "\n",
	    front->count, front->accepted, front->handed, front->refused,
	    front->verbs);
	tell_line(front->set.lsrd, &line);
	buf_done(&line);
}
