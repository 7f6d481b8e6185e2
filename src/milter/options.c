#include "milter/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <syslog.h>

#include <libmilter/mfapi.h>

#define PLACE "unix:/var/spool/postfix/lsrd/milter"
#define USER "_lsrd-milter"
#define TABLE "/var/lib/lsrd/milter/table"
#define KEY "/etc/lsrd/keys/mark.key"
#define REPORT "/run/lsrd/report"

static const char usage_text[] =
    "usage: lsrd-milter [-fhtV] [-p SOCKET] ...\n"
    "  -p, --socket SOCKET         listen there: unix:/path, inet:port@host\n"
    "                              (" PLACE ")\n"
    "  -m, --mode OCTAL            of a unix socket (0660)\n"
    "  -g, --group GROUP           of a unix socket (its directory's)\n"
    "  -u, --user USER             run as this one (" USER ")\n"
    "  -T, --table FILE            lsrd's routes and mark keys\n"
    "                              (" TABLE ")\n"
    "  -k, --key FILE              the mark key (" KEY ")\n"
    "  -K, --previous-key FILE     the mark key before it (none)\n"
    "  -R, --reinject TRANSPORT:HOP  our own smtpd for mail of sendmail(1)\n"
    "                              that breaks a limit (none)\n"
    "  -r, --report SOCKET         lsrd's, for reports (" REPORT ")\n"
    "  -H, --hop-limit N           the MTA's limit of Received fields (100)\n"
    "  -l, --log-level LEVEL       error, warning, notice or debug (notice)\n"
    "  -f, --foreground            stay, log to standard error\n"
    "  -t, --check                 say what is wrong with all this, and end\n"
    "  -V, --version               write the version and end\n"
    "  -h, --help                  write this and end\n"
    "See lsrd-milter(8).\n";

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 'p' },
	{ "mode", required_argument, NULL, 'm' },
	{ "group", required_argument, NULL, 'g' },
	{ "user", required_argument, NULL, 'u' },
	{ "table", required_argument, NULL, 'T' },
	{ "key", required_argument, NULL, 'k' },
	{ "previous-key", required_argument, NULL, 'K' },
	{ "reinject", required_argument, NULL, 'R' },
	{ "report", required_argument, NULL, 'r' },
	{ "hop-limit", required_argument, NULL, 'H' },
	{ "log-level", required_argument, NULL, 'l' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "check", no_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	const char *word;
	int level;
} levels[] = {
	{ "error", LOG_ERR },
	{ "warning", LOG_WARNING },
	{ "notice", LOG_NOTICE },
	{ "debug", LOG_DEBUG },
};

static void
milter_options_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	place_read(&o->place, PLACE);
	o->user = USER;
	o->table = TABLE;
	o->key = KEY;
	o->report = REPORT;
	o->mode = 0660;
	o->hop_limit = 100;
	o->level = LOG_NOTICE;
}

/* Digits of this base alone, at most four of them. */
static bool
milter_options_number(const char *text, int base, uint32_t *out)
{
	const char *digits = base == 8 ? "01234567" : "0123456789";
	size_t n = strlen(text);

	if (n == 0 || n > 4 || strspn(text, digits) != n)
		return false;
	*out = (uint32_t)strtoul(text, NULL, base);
	return true;
}

static bool
level_read(struct options *o, const char *word)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(word, levels[i].word) == 0) {
			o->level = levels[i].level;
			return true;
		}
	}
	return false;
}

/* The options that are a text and nothing more. */
static const char **
options_text_of(struct options *o, int option)
{
	switch (option) {
	case 'g':
		return &o->group;
	case 'u':
		return &o->user;
	case 'T':
		return &o->table;
	case 'k':
		return &o->key;
	case 'K':
		return &o->previous_key;
	case 'r':
		return &o->report;
	case 'R':
		return &o->reinject;
	default:
		return NULL;
	}
}

/* True when the value is one. */
static bool
milter_options_option_take(struct options *o, int option, const char *value)
{
	const char **text = options_text_of(o, option);

	if (text != NULL) {
		*text = value;
		return value[0] != '\0';
	}
	switch (option) {
	case 'p':
		return place_read(&o->place, value);
	case 'm':
		return milter_options_number(value, 8, &o->mode) &&
		       o->mode <= 0777;
	case 'H':
		/* under 24 a hop's window would shrink to nothing */
		return milter_options_number(value, 10, &o->hop_limit) &&
		       o->hop_limit >= 24;
	case 'l':
		return level_read(o, value);
	case 't':
		o->check = true;
		return true;
	default:
		o->foreground = true;
		return true;
	}
}

static void
version_say(void)
{
	unsigned major, minor, patch;

	smfi_version(&major, &minor, &patch);
	printf("lsrd-milter %s (libmilter %u.%u.%u)\n", PACKAGE_VERSION, major,
	    minor, patch);
}

int
options_read(struct options *options, int argc, char **argv)
{
	int c;

	milter_options_defaults(options);
	while ((c = getopt_long(argc, argv, "p:m:g:u:T:k:K:r:R:H:l:ftVh",
		    long_options, NULL)) != -1) {
		if (c == 'V') {
			version_say();
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
		if (!milter_options_option_take(options, c, optarg)) {
			fprintf(stderr, "lsrd-milter: -%c: %s: bad value\n", c,
			    optarg);
			return EX_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "lsrd-milter: %s: unknown argument\n%s", argv[optind],
	    usage_text);
	return EX_USAGE;
}
