/*
 * postconf.h - Postfix's configuration as its own postconf(1) tells it, read
 * once, and findings whose remedy is a command of it.
 *
 * Values are lent until postconf_close(). Each command that a finding names
 * is noted for the way back (undo.h): what stood there before it.
 */

#ifndef CTL_POSTCONF_H
#define CTL_POSTCONF_H

#include <stdbool.h>

#include "ctl/check.h"

/* The lines `NAME = VALUE` of one answer. */
struct postconf_lines {
	char *text; /* each line, and the last one, ends with NUL */
	size_t n;
};

struct postfix {
	struct check_list *list;
	const struct conf *conf;
	const char *directory; /* of main.cf; NULL: Postfix's default */
	struct undo *undo;
	struct postconf_lines set;     /* what main.cf says itself */
	struct postconf_lines raw;     /* all, as written */
	struct postconf_lines full;    /* all, with $ expanded */
	struct postconf_lines options; /* SERVICE/TYPE/OPTION, master.cf */
	struct postconf_lines services;
	struct postconf_lines types; /* of tables */
};

/* False when postconf does not answer: there is no Postfix here. */
bool postconf_open(struct postfix *p);
void postconf_close(struct postfix *p);

/* A parameter as it is written, or with what it names put in; "" where
 * Postfix does not know it. */
const char *postconf_raw(const struct postfix *p, const char *name);
const char *postconf_full(const struct postfix *p, const char *name);

/* What main.cf says itself; NULL where it leaves the default. */
const char *postconf_set(const struct postfix *p, const char *name);

/* `SERVICE/TYPE/OPTION` of master.cf; NULL where it is not given. */
const char *postconf_option(const struct postfix *p, const char *name);

/* The line of a service, "smtp/unix", with single blanks; NULL. */
const char *postconf_service(const struct postfix *p, const char *service);

bool postconf_has_type(const struct postfix *p, const char *type);

/* The text of a line of `services` that is word N, in out. */
void postconf_field(const char *line, size_t n, char *out, size_t room);

/* A finding whose remedy is `postconf -e 'NAME = VALUE'`. */
void postconf_want(const struct postfix *p, enum check_level level,
    const char *name, const char *value, const char *text);

/* The same for a service of master.cf (`-M`) or an option of one (`-P`). */
void postconf_want_service(const struct postfix *p, const char *service,
    const char *line, const char *text);
void postconf_want_option(const struct postfix *p, enum check_level level,
    const char *option, const char *value);

/* `postconf [-c DIRECTORY] OPTION 'TEXT'`, quoted for a shell. */
void postconf_command(struct buf *out, const struct postfix *p,
    const char *option, const char *text);

/* A time as main.cf has it, in seconds; `unit` where it has none. */
long postconf_seconds(const char *value, char unit);

/* True if one of the words of a list is exactly this. */
bool postconf_word(const char *list, const char *word);

/* The words of a list; what is in braces is one. Begin with { 0 }. */
struct words {
	VEC(char *) list;
};
void words_split(struct words *words, const char *text);
void words_done(struct words *words);

/*
 * PROGRAM [-c DIRECTORY] A B C: what it writes, up to 16 MB, less the last line
 * feed; the caller's. NULL when it fails. What is NULL is left out; `input` is
 * what it reads.
 */
struct postfix_run {
	const char *program, *a, *b;
	const struct buf *input; /* NULL: nothing */
	const char *c;
};
char *postfix_run(const struct postfix *p, const struct postfix_run *run);

/* --- the parts of `check` that ask Postfix ---------------------------------- */

/* Tables, their types, and what asks them. */
void check_lines(const struct postfix *p);

/* Puts behind the site's `maps` by sender what has to stand before the table
 * of `*` for them, and for its relays by sender. */
void senders_add(
    const struct postfix *p, struct buf *line, const struct words *maps);

/* Adds each smart host that a sender has by sender_dependent_relayhost_maps. */
void senders_relays(const struct postfix *p, struct words *out);

/* Whom it relays for, and which recipients it takes. */
void check_relay(const struct postfix *p);

/* Sub-domains: by their own keys in our tables, as before in the site's. */
void check_parents(const struct postfix *p);

/* A refusal to relay waits: conf/postfix/route-refused.regexp. */
#define POSTCONF_ROUTE_REFUSED "regexp:" PKGDATADIR "/route-refused.regexp"

/* The services of master.cf that our tables name. */
void check_services(const struct postfix *p);

/* What they look names up by, where they are in a chroot. */
void check_chroot(const struct postfix *p);

/* The other ones that carry mail to own servers; `lines` is our table as
 * postmap -s lists it, `transports` transport_maps, asked. */
struct chain;
void check_ways(
    const struct postfix *p, const char *lines, const struct chain *transports);

/* What lsrd-milter(8) needs; called when this server has a mark key. */
void check_milter(const struct postfix *p);

/* What Postfix would do, against what our table says. */
void check_ask(const struct postfix *p);

/* What the daemon knows of Postfix and of the servers that send to it. */
void check_daemon(const struct postfix *p, const struct call *call);

/* What it knows of next hops by name, which ours are not; `lines` is our
 * table as postmap -s lists it. */
void check_next_hops(const struct postfix *p, const char *lines);

/* Where connectors have limits: maps that change recipients, and content
 * filters besides those that lsrd knows of. */
struct mtable_mta;
void check_limits(const struct postfix *p, const struct mtable_mta *known);

/* The transports by which a message comes by our own smtpd again. */
void check_ways_round(const struct postfix *p);

/* Services that take mail past the content filter that others have, or past
 * lsrd-milter(8); `limits`: connectors have some. */
void check_entrances(const struct postfix *p, bool limits);

/* Names messages that are kept on hops which are none any more; where there
 * is a table for lsrd-milter(8) in lsrd's directory, and for root alone. */
void check_frozen(const struct postfix *p, const char *state_directory);

#endif
