/*
 * etrn.h - Exim, asked by SMTP to try deferred mail again (RFC 1985).
 *
 *     220 --> EHLO --> 250 --> ETRN #PATTERN --> 250 --> ... --> QUIT
 *                                 |
 *                                 +--> 458: no key of this name: ETRN #@
 *
 * `exim -R` is what ETRN starts, with Exim's own rights. By conf/exim it is
 * `exim -Rrf`, past all of Exim's retry hints, for the addresses of a key of
 * our table, and for `#!PATTERN` `exim -Rrff`, which thaws; where a site has no smtp_etrn_command it is `exim -R PATTERN`, and
 * the hints of others than the first message hold. Each ETRN starts a run of its own, and runs
 * side by side share the messages: a word that is said four times is four runs.
 */

#ifndef EXIM_ETRN_H
#define EXIM_ETRN_H

#include "plugins/plugin.h"

/* Of one reply: whoever says more has something else to say. */
#define ETRN_REPLY_OCTETS 65536

extern const struct plugin_talk etrn_talk;

#endif
