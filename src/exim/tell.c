#include "exim/tell.h"

#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "plugins/exim/event.h"

static void
tell_send(const char *path, const struct report *report)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct buf line = { 0 };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	report_encode(&line, report);
	(void)sendto(fd, line.p, line.n, MSG_DONTWAIT | MSG_NOSIGNAL,
	    (const struct sockaddr *)&to, sizeof(to));
	buf_done(&line);
	close(fd);
}

/* Of this hop the same was told for another recipient of the message. */
static bool
tell_again(struct judge *j, const struct report *report)
{
	bool ok = report->count[REPORT_OK] > 0;

	if (ok && addr_equal(&j->told, &report->hop))
		return true;
	if (ok)
		j->told = report->hop;
	return false;
}

void
tell_event(struct judge *j, const char *const *args)
{
	struct event_words words = { args[1], args[2], args[3], args[4],
		args[5] };
	struct report report;

	if (event_report(&words, &report) && !tell_again(j, &report))
		tell_send(args[0][0] == '\0' ? TELL_SOCKET : args[0], &report);
}
