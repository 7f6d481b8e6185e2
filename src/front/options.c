#include "front/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/un.h>

#include "base/rc.h"
#include "front/address.h"
#include "sys/command.h"

#define LSRD_SOCKET "/run/lsrd/front"
#define USER "_lsrd-front"

static const struct command_option front_options[] = {
	{ 'l', "listen", "ADDRESS:PORT", "accept SMTP there" },
	{ 'b', "backend", "ADDRESS:PORT",
	    "the MTA behind; without it, only the verb" },
	{ 'x', "proxy", "v2|v1|none", "tell it the client's address (v2)" },
	{ 'o', "hand-over", "SOCKET",
	    "strangers to an smtpd of type pass there" },
	{ 'p', "peer", "ADDRESS", "offer X-LSA-2 to this one" },
	{ 'P', "peers", "FILE", "and to those in the file" },
	{ 's', "lsrd", "SOCKET", "lsrd's socket (" LSRD_SOCKET ")" },
	{ 'n', "name", "NAME", "what we are called, without an MTA" },
	{ 'm', "sessions", "N", "at most, in all (4000)" },
	{ 'c', "per-source", "N", "at most, from one address (200)" },
	{ 'i', "idle", "SECONDS", "end a session without a word (3600)" },
	{ 't', "connect", "SECONDS", "wait for the MTA (30)" },
	{ 'u', "user", "USER", "run as this one (" USER ")" },
	{ 'f', "foreground", NULL, "stay, log to standard error" },
	{ 0, NULL, NULL, NULL },
};

struct front_taken {
	struct options *options;
	struct front *front;
};

static void
options_defaults(struct options *o, struct front_settings *set)
{
	memset(o, 0, sizeof(*o));
	o->user = USER;
	if (gethostname(o->name, sizeof(o->name) - 1) != 0)
		memcpy(o->name, "localhost", sizeof("localhost"));
	set->name = o->name;
	set->lsrd = LSRD_SOCKET;
	set->proxy = PROXY_V2;
	set->sessions = 4000;  /* three descriptors each; see FRONT_SCRATCH */
	set->per_source = 200; /* a large site behind one address */
	set->idle_s = 3600;    /* RFC 5321 knows no longer wait than 600 */
	set->connect_s = 30;   /* as Postfix's smtp_connect_timeout */
}

static bool
options_number(const char *text, uint32_t *out)
{
	if (text[0] == '\0' || strlen(text) > 7 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	*out = (uint32_t)strtoul(text, NULL, 10);
	return *out > 0;
}

static bool
proxy(const char *text, enum proxy_form *form)
{
	static const char *const words[] = { "none", "v1", "v2" };

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(text, words[i]) == 0) {
			*form = (enum proxy_form)i;
			return true;
		}
	}
	return false;
}

static bool
options_listen_at(struct front_settings *set, const char *text)
{
	if (set->nlisten == FRONT_LISTEN)
		return false;
	return address_of_text(text, &set->listen[set->nlisten++]) == RC_OK;
}

static bool
front_option_take(void *ctx, int option, const char *value)
{
	struct front_taken *taken = ctx;
	struct options *o = taken->options;
	struct front_settings *set = &taken->front->set;
	struct sockaddr_un local;

	switch (option) {
	case 'l':
		return options_listen_at(set, value);
	case 'b':
		return address_of_text(value, &set->mta) == RC_OK;
	case 'x':
		return proxy(value, &set->proxy);
	case 'p':
		return peerlist_add(&taken->front->peers, value) == RC_OK;
	case 'P':
		set->peers = value;
		return true;
	case 'o':
		set->hand = value;
		return strlen(value) < sizeof(local.sun_path);
	case 's':
		set->lsrd = value;
		return strlen(value) < sizeof(local.sun_path);
	case 'n':
		set->name = value;
		return strlen(value) < sizeof(o->name);
	case 'm':
		return options_number(value, &set->sessions);
	case 'c':
		return options_number(value, &set->per_source);
	case 'i':
		return options_number(value, &set->idle_s);
	case 't':
		return options_number(value, &set->connect_s);
	case 'u':
		o->user = value;
		return true;
	default:
		o->foreground = true;
		return true;
	}
}

int
options_read(
    struct options *options, struct front *front, int argc, char **argv)
{
	struct front_taken taken = { options, front };
	char with[64];
	const struct command command = {
		.name = "lsrd-front",
		.usage = "lsrd-front [-fhV] [-l ADDRESS:PORT]... "
			 "[-b ADDRESS:PORT] ...",
		.see = "See lsrd-front(8).",
		.with = with,
		.options = front_options,
		.take = front_option_take,
	};
	int status;

	snprintf(with, sizeof(with), "libevent %s", event_get_version());
	options_defaults(options, &front->set);
	status = command_read(&command, &taken, argc, argv);
	if (status >= 0)
		return status;
	if (front->set.hand != NULL && front->set.mta.family == 0) {
		fprintf(stderr, "lsrd-front: -o needs -b: listed peers and "
				"what cannot be handed over go there\n");
		return EX_USAGE;
	}
	return -1;
}
