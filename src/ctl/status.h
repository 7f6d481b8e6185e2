/*
 * status.h - `status`: how the daemon is, a screen of it.
 */

#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "ctl/verbs.h"

extern const struct verb_option status_options[];

int status_run(const struct call *call);

#endif
