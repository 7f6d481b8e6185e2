/*
 * wizard.h - six questions, and a first lsrd.conf with its keys' commands.
 * The file is written whole, and only if lsrd would take it.
 */

#ifndef CTL_WIZARD_H
#define CTL_WIZARD_H

#include "ctl/verbs.h"

extern const struct verb_option wizard_options[];

int wizard_verb(const struct call *call);

#endif
