/*
 * main.c - lsrd: options, order of start and stop, exit status.
 *
 *     options --> configuration --> sockets, folders --> background
 *        --> no longer root --> engine and shells --> run --> stop
 */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rc.h"
#include "cfg/conf.h"
#include "core/lsa/limits.h"
#include "daemon/init.h"
#include "daemon/priv.h"
#include "daemon/reload.h"
#include "daemon/server.h"
#include "io/history.h"
#include "io/history_file.h"
#include "io/sink.h"
#include "sys/command.h"
#include "sys/journald.h"
#include "sys/notify.h"
#include "sys/sock.h"

#define MAIN_FILES 65536
#define MAIN_LARGE 262144 /* octets of a block that is mapped by itself */

struct options {
	const char *path;
	bool foreground, check, dump, debug;
};

static const struct command_option lsrd_options[] = {
	{ 'c', "config", "FILE", "configuration (default " CONF_FILE ")" },
	{ 'f', "foreground", NULL,
	    "stay in the foreground, log to standard error" },
	{ 't', "check", NULL, "check the configuration, change nothing" },
	{ 'T', "dump", NULL, "check it, and write it in normal form" },
	{ 'd', "debug", NULL, "log what a developer wants to see, too" },
	{ 0, NULL, NULL, NULL },
};

static bool
lsrd_option_take(void *ctx, int option, const char *value)
{
	struct options *o = ctx;

	switch (option) {
	case 'c':
		o->path = value;
		return true;
	case 'd':
		o->debug = true;
		return true;
	case 'f':
		o->foreground = true;
		return true;
	case 't':
		o->check = true;
		return true;
	default:
		o->dump = true;
		return true;
	}
}

/* Returns -1 to go on, or an exit status. */
static int
lsrd_options_read(struct options *o, int argc, char **argv)
{
	char with[64];
	const struct command command = {
		.name = "lsrd",
		.usage = "lsrd [-c FILE] [-dfhtTV]",
		.see = "See lsrd(8).",
		.with = with,
		.options = lsrd_options,
		.take = lsrd_option_take,
	};

	snprintf(with, sizeof(with), "libevent %s", event_get_version());
	o->path = CONF_FILE;
	return command_read(&command, o, argc, argv);
}

static void
print_complaints(const struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->list.n; i++) {
		struct buf line = { 0 };
		char *text;

		complaint_text(&line, &complaints->list.v[i]);
		text = buf_string(&line);
		fprintf(stderr, "%s\n", text);
		mem_free(text);
	}
}

static int
conf_read(const struct options *o, struct conf **conf)
{
	struct complaints complaints = { 0 };
	int rc = conf_load(o->path, &reload_keys, conf, &complaints);

	/* who looks with the eyes of `user` says them all */
	if (rc != RC_OK || !o->check || geteuid() != 0)
		print_complaints(&complaints);
	complaints_done(&complaints);
	return rc == RC_OK ? EX_OK : EX_CONFIG;
}

static int
write_dump(const struct conf *conf)
{
	struct buf out = { 0 };
	size_t n;

	conf_dump(&out, conf);
	n = fwrite(out.p, 1, out.n, stdout);
	n = n == out.n && fflush(stdout) == 0;
	buf_done(&out);
	return n ? EX_OK : EX_IOERR;
}

/* The service manager's sockets, and ours where it has none. */
static int
lsrd_listen_at(const struct conf *conf, struct priv_sockets *sockets)
{
	const struct addr *failed;
	char text[ADDR_TEXT];
	int rc;

	sockets->n = notify_sockets("peer", sockets->fd, PRIV_SOCKETS);
	rc = priv_bind(conf, sockets, &failed);
	if (rc == RC_OK)
		return EX_OK;
	fprintf(stderr, "lsrd: cannot listen on %s: %s\n",
	    addr_text(failed, text),
	    rc == RC_LIMIT ? "too many addresses" : strerror(errno));
	if (rc == RC_LIMIT)
		return EX_CONFIG;
	if (errno != EACCES)
		return EX_OSERR;
	fprintf(stderr,
	    "lsrd: below port 1024: be started by root, or "
	    "name it in lsrd.socket: ListenStream=%s\n",
	    text);
	return EX_NOPERM;
}

static int
folders(const struct conf *conf)
{
	const char *failed = NULL;

	if (priv_folders(conf, &failed) == RC_OK)
		return EX_OK;
	fprintf(stderr, "lsrd: %s: %s\n", failed, strerror(errno));
	return EX_CANTCREAT;
}

static int
lsrd_drop(const struct conf *conf)
{
	int rc = priv_drop(conf->user, conf->setup.lab);

	if (rc == RC_OK)
		return EX_OK;
	if (rc == RC_NONE)
		fprintf(stderr, "lsrd: user %s: there is no such user\n",
		    conf->user);
	else if (rc == RC_STATE)
		fprintf(stderr, "lsrd: user %s: lsrd does not run as root\n",
		    conf->user);
	else
		fprintf(
		    stderr, "lsrd: user %s: %s\n", conf->user, strerror(errno));
	return rc == RC_IO ? EX_OSERR : EX_CONFIG;
}

/* The folders that root makes, the end of root, and those that it does not. */
static int
unprivileged(const struct conf *conf)
{
	int status = folders(conf);

	umask(022);
	if (status == EX_OK)
		status = lsrd_drop(conf);
	if (status == EX_OK)
		status = folders(conf);
	umask(077);
	return status;
}

/*
 * A reload reads everything once more as `user`: what root can read and he
 * cannot is found now, by looking with his eyes.
 */
static int
check_as_user(const struct options *o, const struct conf *conf)
{
	int status = EX_OSERR;
	pid_t pid;

	if (geteuid() != 0)
		return EX_OK;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct conf *his = NULL;

		status = lsrd_drop(conf);
		if (status == EX_OK)
			status = conf_read(o, &his);
		conf_free(his);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		fprintf(
		    stderr, "lsrd: user %s: %s\n", conf->user, strerror(errno));
		return EX_OSERR;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

/*
 * Goes into the background: the first process waits until the second says
 * that it has begun, and ends as that says. Returns where to say so, or -1:
 * it cannot be done.
 */
static int
background(void)
{
	int ends[2];
	unsigned char status = EX_OSERR;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		return -1;
	if (pid > 0) {
		close(ends[1]);
		while (read(ends[0], &status, 1) < 0 && errno == EINTR)
			;
		_exit(status);
	}
	close(ends[0]);
	(void)setsid();
	(void)!chdir("/");
	return ends[1];
}

/* The start is over: whoever waits is told, and our terminal is let go. */
static void
begun(int waits, int status)
{
	unsigned char octet = (unsigned char)status;
	int null;

	if (waits < 0)
		return;
	(void)!write(waits, &octet, 1);
	close(waits);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
}

struct start {
	struct conf *conf; /* taken over */
	struct notify *notify;
	struct priv_sockets sockets;
	int waits; /* -1: nobody */
};

static struct sink *
sink_open(const struct options *o, struct journald *journald)
{
	bool is_journal = journald_open(journald, "lsrd");

	if (o->foreground)
		return sink_new(
		    is_journal ? sink_to_journald : sink_to_stderr, journald);
	sink_begin_syslog();
	return sink_new(sink_to_syslog, NULL);
}

static int
serve(const struct options *o, const struct start *start)
{
	struct journald journald;
	struct sink *sink = sink_open(o, &journald);
	struct server *server;
	int rc;

	sink_debug(sink, o->debug);
	server = server_new(start->conf, o->path, sink, start->notify);
	server_listen(server, start->sockets.fd, start->sockets.n);
	rc = server_start(server);
	begun(start->waits, rc == RC_OK ? EX_OK : EX_UNAVAILABLE);
	if (rc == RC_OK)
		server_run(server);
	server_free(server);
	sink_free(sink);
	journald_close(&journald);
	return rc == RC_OK ? EX_OK : EX_UNAVAILABLE;
}

static int
lsrd_run(const struct options *o, struct conf *conf)
{
	struct start start = { .conf = conf, .waits = -1 };
	int status = lsrd_listen_at(conf, &start.sockets);

	if (status == EX_OK)
		status = unprivileged(conf);
	if (status == EX_OK && !o->foreground) {
		start.waits = background();
		status = start.waits < 0 ? EX_OSERR : EX_OK;
	}
	if (status != EX_OK) {
		conf_free(conf);
		return status;
	}
	sock_room(MAIN_FILES);
	start.notify = notify_new();
	status = serve(o, &start);
	notify_free(start.notify);
	return status;
}

/*
 * Large blocks come and go whole. Left to itself, glibc takes the largest that
 * was ever freed (a start's file of 25 MB) for the size from which it does so,
 * and then each array that grows leaves a hole of its old size in the heap.
 */
static void
memory_begin(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, MAIN_LARGE);
	(void)mallopt(M_TRIM_THRESHOLD, MAIN_LARGE);
#endif
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	struct conf *conf = NULL;
	char *path;
	int status;

	/* The daemon itself calls this, and nobody else (io/history.h). */
	if (argc == 3 && strcmp(argv[1], HISTORY_OPTION) == 0)
		return history_file_serve(
		    STDIN_FILENO, argv[2], LIMIT_HISTORY_OCTETS);
	memory_begin();
	status = lsrd_options_read(&o, argc, argv);
	if (status < 0 && o.foreground && !o.check && !o.dump)
		status = init_become();
	if (status >= 0)
		return status;
	/* A reload finds it from wherever we are by then. */
	path = realpath(o.path, NULL);
	if (path != NULL)
		o.path = path;
	status = conf_read(&o, &conf);
	if (status == EX_OK && o.check)
		status = check_as_user(&o, conf);
	if (status == EX_OK && o.dump)
		status = write_dump(conf);
	if (status != EX_OK || o.check || o.dump)
		conf_free(conf);
	else
		status = lsrd_run(&o, conf);
	free(path);
	return status;
}
