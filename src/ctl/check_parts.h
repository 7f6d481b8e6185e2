/*
 * check_parts.h - the parts of `check` that ask Postfix, a file each
 * (check_lines.c and so on). Each adds what it finds to the list of `p`.
 */

#ifndef CTL_CHECK_PARTS_H
#define CTL_CHECK_PARTS_H

#include "ctl/postconf.h"

/* Which of several instances this is about. False: not the one that asks our
 * tables, and nothing further is to be said of it. */
bool check_instance(const struct postfix *p);

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
#define POSTCONF_ROUTE_REFUSED "regexp:" MTADIR "/route-refused.regexp"

/* Those that lsrd.conf has mail of a connector handed to, each once. */
void check_transport_names(const struct setup *setup, struct words *out);

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
