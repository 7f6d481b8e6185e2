/*
 * exim.h - `lsrctl import exim`: the routers of several servers that have a list
 * of hosts for each domain (manualroute), and who delivers what.
 */

#ifndef CTL_IMPORT_EXIM_H
#define CTL_IMPORT_EXIM_H

#include "ctl/verbs.h"

extern const struct verb_option import_exim_options[];

int import_exim(const struct call *call);

#endif
