/*
 * main.c - lsrd-maillog: the MTA's log in, evidence of next hops out.
 *
 *     follow --> plugins/postfix/maillog --> log/tally --> one datagram a hop
 *           \--> plugins/exim/mainlog   -/                        --> lsrd
 *
 * It reads what strangers had a hand in, so it is a process of its own, with
 * no key and nothing to lose: when it dies, nothing is reported, and nothing
 * else happens.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/mono.h"
#include "base/rc.h"
#include "core/lsa/way.h"
#include "maillog/follow.h"
#include "plugins/exim/mainlog.h"
#include "plugins/log/tally.h"
#include "plugins/postfix/maillog.h"
#include "sys/clock.h"
#include "sys/command.h"
#include "sys/sandbox.h"
#include "sys/say.h"

#define REPORT "/run/lsrd/report"
#define USER "_lsrd-maillog"
#define EVERY_MS 1000 /* reports are gathered for so long */

static const struct command_option maillog_options[] = {
	{ 'F', "follow", "FILE", "the log, from its end on (standard input)" },
	{ 'm', "mta", "MTA", "whose log it is: postfix or exim (postfix)" },
	{ 'r', "report", "SOCKET", "lsrd's, for reports (" REPORT ")" },
	{ 't', "tag", "TAG",
	    "of the lines that count (" MAILLOG_TAG ", " MAINLOG_TAG ")" },
	{ 'T', "transport", "NAME",
	    "another transport that lsrd.conf names; so often as there are" },
	{ 'u', "user", "USER", "run as this one, if root (" USER ")" },
	{ 0, NULL, NULL, NULL },
};

/* Postfix's have a tag each. */
static void
read_postfix_by(struct tally_line *out, const char *line, size_t n,
    const char *tag, const char *name)
{
	(void)tag;
	maillog_read_by(out, line, n, name);
}

/* Whose logs are known. */
static const struct format {
	const char *mta, *tag;
	void (*read)(struct tally_line *out, const char *line, size_t n,
	    const char *tag);
	/* those of another transport, by its name */
	void (*read_by)(struct tally_line *out, const char *line, size_t n,
	    const char *tag, const char *name);
} formats[] = {
	{ "postfix", MAILLOG_TAG, maillog_read, read_postfix_by },
	{ "exim", MAINLOG_TAG, mainlog_read, mainlog_read_by },
};

#define TRANSPORTS_MAX 16

struct reader {
	const char *file, *tag, *user; /* lent */
	const char *transports[TRANSPORTS_MAX];
	size_t ntransports;
	const struct format *format;
	struct sockaddr_un report;
	int fd;
	bool lost; /* the file cannot be read now */
	struct tally tally;
	struct mono sent;
};

static volatile sig_atomic_t stopping;

static void
on_maillog_stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static bool
report_at(struct reader *r, const char *path)
{
	if (strlen(path) >= sizeof(r->report.sun_path))
		return false;
	r->report.sun_family = AF_UNIX;
	memcpy(r->report.sun_path, path, strlen(path) + 1);
	return true;
}

static bool
format_find(struct reader *r, const char *mta)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].mta, mta) == 0) {
			r->format = &formats[i];
			return true;
		}
	return false;
}

static bool
transport_add(struct reader *r, const char *name)
{
	if (r->ntransports == TRANSPORTS_MAX ||
	    name[way_by_name(name)] != '\0' || way_by(name) != RC_OK)
		return false;
	r->transports[r->ntransports++] = name;
	return true;
}

static bool
maillog_option_take(void *ctx, int option, const char *value)
{
	struct reader *r = ctx;

	switch (option) {
	case 'F':
		r->file = value;
		return true;
	case 'm':
		return format_find(r, value);
	case 'r':
		return report_at(r, value);
	case 't':
		r->tag = value;
		return true;
	case 'T':
		return transport_add(r, value);
	default:
		r->user = value;
		return true;
	}
}

/* An exit status; -1: go on. */
static int
maillog_options_read(struct reader *r, int argc, char **argv)
{
	static const struct command command = {
		.name = "lsrd-maillog",
		.usage = "lsrd-maillog [-hV] [-F FILE] [-m MTA] [-r SOCKET] "
			 "[-t TAG] [-T NAME] [-u USER]",
		.see = "See lsrd-maillog(8).",
		.options = maillog_options,
		.take = maillog_option_take,
	};

	report_at(r, REPORT);
	return command_read(&command, r, argc, argv);
}

static void
on_maillog_line(void *ctx, const char *line, size_t n)
{
	struct reader *r = ctx;
	const char *tag = r->tag == NULL ? r->format->tag : r->tag;
	struct tally_line read;

	r->format->read(&read, line, n, tag);
	for (size_t i = 0; read.what == TALLY_NOTHING && i < r->ntransports;
	     i++)
		r->format->read_by(&read, line, n, tag, r->transports[i]);
	tally_count(&r->tally, &read);
}

/* Where nobody listens, or not fast enough, reports are lost. */
static void
send_reports(struct reader *r)
{
	struct report report;

	if (mono_since(r->sent, clock_mono()) < EVERY_MS)
		return;
	while (tally_next(&r->tally, &report)) {
		struct buf line = { 0 };

		report_encode(&line, &report);
		(void)sendto(r->fd, line.p, line.n, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&r->report, sizeof(r->report));
		buf_done(&line);
		r->sent = clock_mono();
	}
}

/* Said once, and when it is over. */
static void
maillog_lost(struct reader *r, bool lost)
{
	if (lost && !r->lost)
		say_text("lsrd-maillog", LOG_WARNING, "log-missing",
		    "%s: %s; waiting for it", r->file, strerror(errno));
	else if (!lost && r->lost)
		say_text("lsrd-maillog", LOG_NOTICE, "log-read", "%s: is read",
		    r->file);
	r->lost = lost;
}

static void
maillog_run(struct reader *r)
{
	struct follow follow;

	follow_begin(&follow, r->file);
	maillog_lost(r, follow.fd < 0);
	while (!stopping && follow_read(&follow, on_maillog_line, r)) {
		maillog_lost(r, follow.fd < 0);
		send_reports(r);
	}
	r->sent = (struct mono){ 0 };
	send_reports(r);
	follow_end(&follow);
	tally_done(&r->tally);
}

int
main(int argc, char **argv)
{
	struct sigaction stop = { .sa_handler = on_maillog_stop };
	struct reader r = { .format = &formats[0], .user = USER };
	int status = maillog_options_read(&r, argc, argv);

	if (status >= 0)
		return status;
	r.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (r.fd < 0) {
		fprintf(stderr, "lsrd-maillog: socket: %s\n", strerror(errno));
		return EX_OSERR;
	}
	status = sandbox_enter("lsrd-maillog", r.user);
	if (status > 0)
		return status;
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	maillog_run(&r);
	close(r.fd);
	return EX_OK;
}
