#include "milter/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <syslog.h>

#include <libmilter/mfapi.h>

#include "sys/command.h"

#define PLACE "unix:/var/spool/postfix/lsrd/milter"
#define USER "_lsrd-milter"
#define TABLE "/var/lib/lsrd/milter/table"
#define KEY "/etc/lsrd/keys/mark.key"
#define REPORT "/run/lsrd/report"

static const struct command_option milter_options[] = {
	{ 'p', "socket", "SOCKET",
	    "listen there: unix:/path, inet:port@host\n(" PLACE ")" },
	{ 'm', "mode", "OCTAL", "of a unix socket (0660)" },
	{ 'g', "group", "GROUP", "of a unix socket (its directory's)" },
	{ 'u', "user", "USER", "run as this one (" USER ")" },
	{ 'T', "table", "FILE", "lsrd's routes and mark keys\n(" TABLE ")" },
	{ 'k', "key", "FILE", "the mark key (" KEY ")" },
	{ 'K', "previous-key", "FILE", "the mark key before it (none)" },
	{ 'R', "reinject", "TRANSPORT:HOP",
	    "our own smtpd for mail of sendmail(1)\n"
	    "that breaks a limit (none)" },
	{ 'r', "report", "SOCKET", "lsrd's, for reports (" REPORT ")" },
	{ 'H', "hop-limit", "N", "the MTA's limit of Received fields (100)" },
	{ 'l', "log-level", "LEVEL",
	    "error, warning, notice or debug (notice)" },
	{ 'f', "foreground", NULL, "stay, log to standard error" },
	{ 't', "check", NULL, "say what is wrong with all this, and end" },
	{ 0, NULL, NULL, NULL },
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

static bool
milter_option_take(void *ctx, int option, const char *value)
{
	struct options *o = ctx;
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

int
options_read(struct options *options, int argc, char **argv)
{
	unsigned major, minor, patch;
	char with[64];
	const struct command command = {
		.name = "lsrd-milter",
		.usage = "lsrd-milter [-fhtV] [-p SOCKET] ...",
		.see = "See lsrd-milter(8).",
		.with = with,
		.options = milter_options,
		.take = milter_option_take,
	};

	smfi_version(&major, &minor, &patch);
	snprintf(with, sizeof(with), "libmilter %u.%u.%u", major, minor, patch);
	milter_options_defaults(options);
	return command_read(&command, options, argc, argv);
}
