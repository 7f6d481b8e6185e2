#include "front/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <event2/event.h>
#include <sys/un.h>

#include "base/rc.h"
#include "front/address.h"

#define LSRD_SOCKET "/run/lsrd/front"
#define USER "_lsrd-front"

static const char usage_text[] =
    "usage: lsrd-front [-fhV] [-l ADDRESS:PORT]... [-b ADDRESS:PORT] ...\n"
    "  -l, --listen ADDRESS:PORT   accept SMTP there\n"
    "  -b, --backend ADDRESS:PORT  the MTA behind; without it, only the verb\n"
    "  -x, --proxy v2|v1|none      tell it the client's address (v2)\n"
    "  -o, --hand-over SOCKET      strangers to an smtpd of type pass there\n"
    "  -p, --peer ADDRESS          offer X-LSA-2 to this one\n"
    "  -P, --peers FILE            and to those in the file\n"
    "  -s, --lsrd SOCKET           lsrd's socket (" LSRD_SOCKET ")\n"
    "  -n, --name NAME             what we are called, without an MTA\n"
    "  -m, --sessions N            at most, in all (4000)\n"
    "  -c, --per-source N          at most, from one address (200)\n"
    "  -i, --idle SECONDS          end a session without a word (3600)\n"
    "  -t, --connect SECONDS       wait for the MTA (30)\n"
    "  -u, --user USER             run as this one (" USER ")\n"
    "  -f, --foreground            stay, log to standard error\n"
    "  -V, --version               write the version and end\n"
    "  -h, --help                  write this and end\n"
    "See lsrd-front(8).\n";

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "backend", required_argument, NULL, 'b' },
	{ "proxy", required_argument, NULL, 'x' },
	{ "hand-over", required_argument, NULL, 'o' },
	{ "peer", required_argument, NULL, 'p' },
	{ "peers", required_argument, NULL, 'P' },
	{ "lsrd", required_argument, NULL, 's' },
	{ "name", required_argument, NULL, 'n' },
	{ "sessions", required_argument, NULL, 'm' },
	{ "per-source", required_argument, NULL, 'c' },
	{ "idle", required_argument, NULL, 'i' },
	{ "connect", required_argument, NULL, 't' },
	{ "user", required_argument, NULL, 'u' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
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

/* True when the value is one. */
static bool
options_option_take(
    struct options *o, struct front *front, int option, const char *value)
{
	struct front_settings *set = &front->set;
	struct sockaddr_un local;

	switch (option) {
	case 'l':
		return options_listen_at(set, value);
	case 'b':
		return address_of_text(value, &set->mta) == RC_OK;
	case 'x':
		return proxy(value, &set->proxy);
	case 'p':
		return peerlist_add(&front->peers, value) == RC_OK;
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
	int c;

	options_defaults(options, &front->set);
	while ((c = getopt_long(argc, argv, "l:b:x:o:p:P:s:n:m:c:i:t:u:fVh",
		    long_options, NULL)) != -1) {
		if (c == 'V') {
			printf("lsrd-front %s (libevent %s)\n", PACKAGE_VERSION,
			    event_get_version());
			return EX_OK;
		}
		if (c == 'h') {
			fputs(usage_text, stdout);
			return EX_OK;
		}
		if (c == '?') {
			fputs(usage_text, stderr);
			return EX_USAGE;
		}
		if (!options_option_take(options, front, c, optarg)) {
			fprintf(stderr, "lsrd-front: -%c: %s: bad value\n", c,
			    optarg);
			return EX_USAGE;
		}
	}
	if (front->set.hand != NULL && front->set.mta.family == 0) {
		fprintf(stderr, "lsrd-front: -o needs -b: listed peers and "
				"what cannot be handed over go there\n");
		return EX_USAGE;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "lsrd-front: %s: unknown argument\n%s", argv[optind],
	    usage_text);
	return EX_USAGE;
}
