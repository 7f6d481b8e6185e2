/*
 * postfix.h - `lsrctl import postfix`: transport maps, relay_domains, relayhost
 * and sender-dependent maps of several servers.
 */

#ifndef CTL_IMPORT_POSTFIX_H
#define CTL_IMPORT_POSTFIX_H

#include "ctl/verbs.h"

extern const struct verb_option import_postfix_options[];

int import_postfix(const struct call *call);

#endif
