#include "milter/tend.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include <sys/inotify.h>

#include "base/rc.h"
#include "milter/send.h"
#include "sys/notify.h"

#define TICK_MS 1000
#define DRAIN_TICKS 20
#define DRAIN_TICK_MS 50

struct tend {
	struct milter *m;
	struct notify *notify;
	struct report totals;
	pthread_t libmilter;
	int watch; /* inotify, of the table's directory; -1: we look ourselves */
	char told[512]; /* why there is no basis, as it was said */
};

static void
on_tend_signal(int sig)
{
	struct milter *m = milter_get();
	int saved = errno;

	if (sig == SIGHUP)
		m->reload = true;
	else if (sig == SIGUSR1)
		m->tell = true;
	else
		m->stop = true;
	errno = saved;
}

static void
signals_take(void)
{
	static const int all[] = { SIGHUP, SIGUSR1, SIGTERM, SIGINT };
	struct sigaction action = { .sa_handler = on_tend_signal };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sigaction(all[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/*
 * libmilter waits in a thread of its own for HUP and TERM, and takes both for
 * the end. The kernel may give it one that comes while the first thread has
 * another at hand. So this, which only libmilter calls, finds none ever.
 */
__attribute__((visibility("default"))) int
sigwait(const sigset_t *set, int *sig)
{
	(void)set;
	(void)sig;
	for (;;)
		pause();
}

static void *
on_thread(void *arg)
{
	(void)arg;
	smfi_main();
	return NULL;
}

/* Whose threads get no signal: all are the first thread's. */
static bool
libmilter_begin(struct tend *t)
{
	sigset_t all, before;
	bool begun;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	begun = pthread_create(&t->libmilter, NULL, on_thread, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return begun;
}

/* --- what the callbacks stand on --------------------------------------------- */

/* Says why there is none, unless that was the last thing said. */
static void
refused_say(struct milter *m, char *told, size_t room, const char *line)
{
	if (strncmp(told, line, room - 1) == 0)
		return;
	snprintf(told, room, "%s", line);
	say_line(&m->say, LOG_WARNING, "%s", line);
}

void
tend_refresh(struct milter *m, char *told, size_t room)
{
	const struct basis_files files = { m->options->table, m->options->key,
		m->options->previous_key };
	struct basis *basis;
	const char *failed;
	char line[512];
	int rc;

	if (m->basis != NULL && !m->reload && !basis_is_old(m->basis, &files))
		return;
	m->reload = false;
	rc = basis_new(&files, &basis, &failed);
	if (rc == RC_OK) {
		say_line(&m->say, m->basis == NULL ? LOG_NOTICE : LOG_DEBUG,
		    "ready: generation=%llu, routes=%u, keys=%u",
		    (unsigned long long)basis->table.now.generation,
		    basis->table.nroutes + basis->table.more,
		    basis->table.nkeys);
		milter_stand_on(m, basis);
		told[0] = '\0';
		return;
	}
	snprintf(line, sizeof(line), "%s: file=%s, why=%s; %s",
	    m->basis == NULL ? "unready" : "kept", failed,
	    rc == RC_IO ? strerror(errno) : rc_word(rc),
	    basis_remedy(rc, failed == files.table));
	refused_say(m, told, room, line);
}

/* --- the rounds ---------------------------------------------------------------- */

static void
report(struct tend *t)
{
	struct milter *m = t->m;
	struct report counts;
	bool any = false;

	pthread_mutex_lock(&m->lock);
	counts = m->counts;
	memset(m->counts.count, 0, sizeof(m->counts.count));
	pthread_mutex_unlock(&m->lock);
	for (size_t i = 0; i < REPORT_COUNTS; i++) {
		any = any || (counts.count[i] > 0 && i != REPORT_DROPPED);
		t->totals.count[i] += counts.count[i];
	}
	if (any && send_report(m->options->report, &counts))
		return;
	/* The counts of a report that was not sent go into the next one. */
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < REPORT_COUNTS; i++) {
		m->counts.count[i] += counts.count[i];
		t->totals.count[i] -= counts.count[i];
	}
	m->counts.count[REPORT_DROPPED] += any;
	pthread_mutex_unlock(&m->lock);
}

/* What has been counted, sent and not. */
static void
tend_tell(struct tend *t)
{
	struct report all = t->totals;
	struct buf line = { 0 };

	pthread_mutex_lock(&t->m->lock);
	for (size_t i = 0; i < REPORT_COUNTS; i++)
		all.count[i] += t->m->counts.count[i];
	pthread_mutex_unlock(&t->m->lock);
	report_encode(&line, &all);
	say_line(&t->m->say, LOG_NOTICE, "counters: %.*s", (int)line.n, line.p);
	buf_done(&line);
}

static void
tend_pause_ms(const struct tend *t, int ms)
{
	struct pollfd watch = { .fd = t->watch, .events = POLLIN };
	char events[4096];

	if (poll(&watch, 1, ms) > 0)
		while (read(t->watch, events, sizeof(events)) > 0)
			;
}

/* The files are replaced by rename: their directories tell. */
static void
watch_begin(struct tend *t)
{
	const char *path = t->m->options->table;
	const char *slash = strrchr(path, '/');
	char directory[512];

	t->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (slash == NULL)
		return;
	snprintf(
	    directory, sizeof(directory), "%.*s", (int)(slash - path), path);
	if (t->watch >= 0)
		inotify_add_watch(t->watch, directory, IN_MOVED_TO);
}

static bool
has_ended(const struct tend *t)
{
	return pthread_tryjoin_np(t->libmilter, NULL) == 0;
}

static void
tend_drain(struct tend *t)
{
	unsigned open = 1;

	say_line(&t->m->say, LOG_NOTICE, "stopping");
	notify_say(t->notify, "STOPPING=1");
	if (t->m->options->place.path != NULL)
		unlink(t->m->options->place.path);
	for (int i = 0; i < DRAIN_TICKS && open > 0; i++) {
		tend_pause_ms(t, DRAIN_TICK_MS);
		pthread_mutex_lock(&t->m->lock);
		open = t->m->open;
		pthread_mutex_unlock(&t->m->lock);
	}
	report(t);
	say_line(&t->m->say, LOG_NOTICE, "stopped: open=%u", open);
}

static int
rounds(struct tend *t)
{
	while (!t->m->stop) {
		tend_refresh(t->m, t->told, sizeof(t->told));
		report(t);
		if (atomic_exchange(&t->m->tell, false))
			tend_tell(t);
		notify_say(t->notify, "WATCHDOG=1");
		if (has_ended(t)) {
			say_line(&t->m->say, LOG_ERR,
			    "libmilter-ended: see its lines in the log");
			return EX_UNAVAILABLE;
		}
		tend_pause_ms(t, TICK_MS);
	}
	tend_drain(t);
	return EX_OK;
}

int
tend_run(struct milter *m)
{
	struct tend t = { .m = m, .totals = { .kind = REPORT_MILTER } };
	int status = EX_OSERR;

	t.notify = notify_new();
	signals_take();
	watch_begin(&t);
	tend_refresh(m, t.told, sizeof(t.told));
	if (libmilter_begin(&t)) {
		notify_say(t.notify, "READY=1");
		say_line(&m->say, LOG_NOTICE, "started: version=%s",
		    PACKAGE_VERSION);
		status = rounds(&t);
	}
	if (t.watch >= 0)
		close(t.watch);
	notify_free(t.notify);
	return status;
}
