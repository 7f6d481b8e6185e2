/*
 * keys.h - the verbs about keys and certificates: they work on files, and
 * need no daemon. Nothing is overwritten without --force, but the mark key
 * before the previous one.
 */

#ifndef CTL_KEYS_H
#define CTL_KEYS_H

#include "ctl/verbs.h"

#define KEYS_DIRECTORY "/etc/lsrd/keys"

/* The rows of the table of verbs that keys.c and order.c offer. */
extern const struct verb_option keys_authority_options[];
extern const struct verb_option keys_issue_options[];
extern const struct verb_option keys_mark_options[];
extern const struct verb_option keys_show_options[];

int keys_verb_authority(const struct call *call);
int keys_verb_issue(const struct call *call);
int keys_verb_mark(const struct call *call);
int keys_verb_show(const struct call *call);

#endif
