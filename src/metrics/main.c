/*
 * main.c - lsrd-metrics: what lsrd has counted, for a Prometheus.
 *
 *     Prometheus --HTTP--> lsrd-metrics --control socket--> lsrd
 *
 * A process of its own, so that whoever speaks HTTP is in no process that
 * routes; it may read what any member of lsrd's group may, and has no key.
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <event2/event.h>
#include <sys/un.h>

#include "metrics/ask.h"
#include "metrics/families.h"
#include "metrics/serve.h"
#include "sys/command.h"
#include "sys/notify.h"
#include "sys/sandbox.h"

#define USER "_lsrd-metrics"
#define LISTEN "127.0.0.1:9691"

static const struct command_option metrics_options[] = {
	{ 'l', "listen", "ADDRESS:PORT", "answer HTTP there (" LISTEN ")" },
	{ 'r', "remote", NULL, "that may be another than loopback" },
	{ 'n', "name", "NAME", "what we are called in Host, besides" },
	{ 's', "lsrd", "SOCKET", "lsrd's control socket (" ASK_SOCKET ")" },
	{ 'u', "user", "USER", "run as this one, if root (" USER ")" },
	{ 'L', "list", NULL, "write the names and types of all metrics" },
	{ 0, NULL, NULL, NULL },
};

struct metrics_options {
	struct serve_settings set;
	const char *user;
	bool remote, list;
};

static bool
metrics_listen_at(struct serve_settings *set, const char *text)
{
	if (set->nlisten == SERVE_LISTEN ||
	    !addr_read(&set->listen[set->nlisten], text))
		return false;
	return set->listen[set->nlisten++].port != 0;
}

static bool
metrics_option_take(void *ctx, int option, const char *value)
{
	struct metrics_options *o = ctx;
	struct sockaddr_un local;

	switch (option) {
	case 'l':
		return metrics_listen_at(&o->set, value);
	case 'r':
		o->remote = true;
		return true;
	case 'n':
		if (o->set.nnames == SERVE_NAMES)
			return false;
		o->set.names[o->set.nnames++] = value;
		return true;
	case 's':
		o->set.lsrd = value;
		return strlen(value) < sizeof(local.sun_path);
	case 'L':
		o->list = true;
		return true;
	default:
		o->user = value;
		return true;
	}
}

/* An exit status; -1: go on. */
static int
metrics_options_judge(struct metrics_options *o)
{
	char text[ADDR_TEXT];

	if (o->set.nlisten == 0)
		metrics_listen_at(&o->set, LISTEN);
	for (size_t i = 0; i < o->set.nlisten; i++) {
		if (o->remote || addr_is_loopback(&o->set.listen[i]))
			continue;
		fprintf(stderr,
		    "lsrd-metrics: %s is not loopback, and whoever reaches it "
		    "may read: give -r if that is meant\n",
		    addr_text(&o->set.listen[i], text));
		return EX_USAGE;
	}
	return -1;
}

static int
metrics_options_read(struct metrics_options *o, int argc, char **argv)
{
	char with[64];
	const struct command command = {
		.name = "lsrd-metrics",
		.usage = "lsrd-metrics [-hLrV] [-l ADDRESS:PORT]... "
			 "[-n NAME]... [-s SOCKET] [-u USER]",
		.see = "See lsrd-metrics(8) and lsrd-metrics(7).",
		.with = with,
		.options = metrics_options,
		.take = metrics_option_take,
	};
	int status;

	snprintf(with, sizeof(with), "libevent %s", event_get_version());
	status = command_read(&command, o, argc, argv);
	return status >= 0 ? status : metrics_options_judge(o);
}

static int
metrics_list(void)
{
	struct buf out = { 0 };

	families_list(&out);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static void
on_metrics_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static int
metrics_run(const struct metrics_options *o)
{
	struct event_base *base = event_base_new();
	struct notify *notify = notify_new();
	struct serve *serve = base == NULL ? NULL : serve_new(base, &o->set);
	int status = serve == NULL ? EX_UNAVAILABLE : EX_OK;

	if (status == EX_OK)
		status = sandbox_enter("lsrd-metrics", o->user);
	if (status == EX_OK) {
		struct event *term =
		    evsignal_new(base, SIGTERM, on_metrics_stop, base);
		struct event *in =
		    evsignal_new(base, SIGINT, on_metrics_stop, base);

		signal(SIGPIPE, SIG_IGN);
		event_add(term, NULL);
		event_add(in, NULL);
		notify_say(notify, "READY=1");
		event_base_dispatch(base);
		event_free(term);
		event_free(in);
	}
	serve_free(serve);
	notify_free(notify);
	if (base != NULL)
		event_base_free(base);
	return status;
}

int
main(int argc, char **argv)
{
	struct metrics_options o = { .set = { .lsrd = ASK_SOCKET },
		.user = USER };
	int status = metrics_options_read(&o, argc, argv);

	if (status >= 0)
		return status;
	return o.list ? metrics_list() : metrics_run(&o);
}
