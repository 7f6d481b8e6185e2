/*
 * main.c - lsrd-map: the organization, for a browser.
 *
 *     browser --HTTP--> lsrd-map ----> its runner --> lsrctl --> lsrd
 *                    no program, no key    |  read only
 *                                          +-- one user, one group of lsrd's
 *
 * Two processes, so that whoever speaks HTTP is in none that routes, and in
 * none that can start a program. It has no model of its own: what lsrctl
 * answers is what a page gets.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <event2/event.h>
#include <sys/un.h>

#include "map/runner.h"
#include "map/site.h"
#include "sys/command.h"
#include "sys/notify.h"
#include "sys/sandbox.h"

#define USER "_lsrd-map"
#define LISTEN "127.0.0.1:8691"
#define LSRD "/run/lsrd/control"
#define STATE "/var/lib/lsrd"
#define PAST "/var/lib/lsrd-map"

static const struct command_option map_options[] = {
	{ 'l', "listen", "WHERE",
	    "an ADDRESS:PORT, or the path of a socket "
	    "(" LISTEN ")" },
	{ 'r', "remote", NULL, "the first may be another than loopback" },
	{ 'n', "name", "NAME", "what we are called in Host, besides" },
	{ 'd', "data", "FOLDER", "the page (" MAP_DATA ")" },
	{ 's', "lsrd", "SOCKET", "lsrd's control socket (" LSRD ")" },
	{ 'f', "folder", "FOLDER", "where lsrd has its history (" STATE ")" },
	{ 'p', "past", "FOLDER", "where what was is kept (" PAST ")" },
	{ 'c', "lsrctl", "FILE", "the lsrctl to run (" MAP_LSRCTL ")" },
	{ 'u', "user", "USER", "run as this one, if root (" USER ")" },
	{ 0, NULL, NULL, NULL },
};

struct map_options {
	struct site_settings set;
	struct runner_settings run;
	bool remote;
};

static bool
map_is_path(const char *path)
{
	struct sockaddr_un local;

	return path[0] == '/' && strlen(path) < sizeof(local.sun_path);
}

static bool
map_listen_at(struct site_settings *set, const char *text)
{
	if (map_is_path(text)) {
		if (set->nlocal == SITE_LISTEN)
			return false;
		set->local[set->nlocal++] = text;
		return true;
	}
	if (set->nlisten == SITE_LISTEN ||
	    !addr_read(&set->listen[set->nlisten], text))
		return false;
	return set->listen[set->nlisten++].port != 0;
}

static bool
map_name_take(struct site_settings *set, const char *name)
{
	if (set->nnames == SITE_NAMES)
		return false;
	set->names[set->nnames++] = name;
	return true;
}

static bool
map_option_take(void *ctx, int option, const char *value)
{
	struct map_options *o = ctx;

	switch (option) {
	case 'l':
		return map_listen_at(&o->set, value);
	case 'r':
		o->remote = true;
		return true;
	case 'n':
		return map_name_take(&o->set, value);
	case 'd':
		o->set.data = value;
		return true;
	case 'p':
		o->set.past = value;
		return true;
	case 's':
		o->run.socket = value;
		return map_is_path(value);
	case 'f':
		o->run.folder = value;
		return true;
	case 'c':
		o->run.lsrctl = value;
		return value[0] == '/';
	default:
		o->run.user = value;
		return true;
	}
}

/* An exit status; -1: go on. */
static int
map_options_judge(struct map_options *o)
{
	char text[ADDR_TEXT];

	if (o->set.nlisten == 0 && o->set.nlocal == 0)
		map_listen_at(&o->set, LISTEN);
	for (size_t i = 0; i < o->set.nlisten; i++) {
		if (o->remote || addr_is_loopback(&o->set.listen[i]))
			continue;
		fprintf(stderr,
		    "lsrd-map: %s is not loopback, and whoever reaches it may "
		    "read: give -r if that is meant\n",
		    addr_text(&o->set.listen[i], text));
		return EX_USAGE;
	}
	return -1;
}

static int
map_options_read(struct map_options *o, int argc, char **argv)
{
	char with[64];
	const struct command command = {
		.name = "lsrd-map",
		.usage = "lsrd-map [-hrV] [-l WHERE]... [-n NAME]... "
			 "[-d FOLDER] [-s SOCKET]\n"
			 "                [-f FOLDER] [-p FOLDER] [-c FILE] "
			 "[-u USER]",
		.see = "See lsrd-map(8).",
		.with = with,
		.options = map_options,
		.take = map_option_take,
	};
	int status;

	snprintf(with, sizeof(with), "libevent %s", event_get_version());
	status = command_read(&command, o, argc, argv);
	return status >= 0 ? status : map_options_judge(o);
}

static void
on_map_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static int
map_serve(
    struct event_base *base, struct site *site, const struct notify *notify)
{
	struct event *term = evsignal_new(base, SIGTERM, on_map_stop, base);
	struct event *in = evsignal_new(base, SIGINT, on_map_stop, base);

	signal(SIGPIPE, SIG_IGN);
	event_add(term, NULL);
	event_add(in, NULL);
	site_begin(site);
	notify_say(notify, "READY=1");
	event_base_dispatch(base);
	event_free(term);
	event_free(in);
	return site_has_failed(site) ? EX_UNAVAILABLE : EX_OK;
}

static int
map_run(const struct map_options *o)
{
	struct notify *notify =
	    notify_new(); /* no child is to have what it has */
	int runner = runner_start(&o->run);
	struct event_base *base = event_base_new();
	struct site *site;
	int status = EX_UNAVAILABLE;

	if (runner < 0 || base == NULL) {
		fprintf(stderr, "lsrd-map: %s\n", strerror(errno));
		notify_free(notify);
		return EX_OSERR;
	}
	site = site_new(base, &o->set, runner);
	if (site != NULL)
		status = sandbox_enter("lsrd-map", o->run.user);
	if (site != NULL && status == EX_OK)
		status = map_serve(base, site, notify);
	site_free(site);
	event_base_free(base);
	notify_free(notify);
	return status;
}

int
main(int argc, char **argv)
{
	struct map_options o = { .set = { .data = MAP_DATA, .past = PAST },
		.run = { MAP_LSRCTL, LSRD, STATE, USER } };
	int status = map_options_read(&o, argc, argv);

	return status >= 0 ? status : map_run(&o);
}
