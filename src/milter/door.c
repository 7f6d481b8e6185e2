/*
 * door.c - who may come in: libmilter's accept(2), which only its first thread
 * calls. It asks the system again at once, for ever, where no descriptor is
 * left, and takes the last of them, with which a newer table is read and
 * reports are sent. So this one rests a moment then; who waits outside waits in
 * the kernel's queue, and the MTA no longer than its timeouts say.
 */

#include <errno.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/syscall.h>

#include "milter/milter.h"
#include "sys/clock.h"
#include "sys/spare.h"

#define REST_US 250000
#define OVER_MS 60000 /* nobody was kept out for so long */

/* The next descriptor would be one that is kept. */
static bool
is_crowded(int fd)
{
	int next = dup(fd);
	bool crowded = next < 0 || spare_reached(next);

	if (next >= 0)
		close(next);
	return crowded;
}

static void
say_crowded(struct milter *m)
{
	struct mono now = clock_mono();

	if (m->crowded.ms == 0 || mono_since(m->crowded, now) > OVER_MS)
		say_line(&m->say, LOG_WARNING,
		    "no-descriptors: sessions wait outside; raise LimitNOFILE "
		    "of the unit, or have fewer of them");
	m->crowded = now;
}

/* libmilter's calls come here by name: all else is hidden. */
__attribute__((visibility("default"))) int
accept(int fd, struct sockaddr *from, socklen_t *size)
{
	int got = is_crowded(fd)
	              ? -1
	              : (int)syscall(SYS_accept4, fd, from, size, SOCK_CLOEXEC);
	int error = got < 0 ? errno : 0;

	if (got >= 0 || error == EINTR || error == EAGAIN)
		return got;
	say_crowded(milter_get());
	usleep(REST_US);
	errno = EMFILE;
	return -1;
}
