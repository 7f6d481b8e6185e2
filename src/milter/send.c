#include "milter/send.h"

#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

bool
send_report(const char *path, const struct report *report)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct buf line = { 0 };
	bool sent;
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	report_encode(&line, report);
	sent = sendto(fd, line.p, line.n, MSG_NOSIGNAL,
		   (const struct sockaddr *)&to, sizeof(to)) == (ssize_t)line.n;
	buf_done(&line);
	close(fd);
	return sent;
}
