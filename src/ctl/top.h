/*
 * top.h - `top`: links, waiting mail and what changed last on one screen, drawn
 * again every few seconds; into a file once.
 */

#ifndef CTL_TOP_H
#define CTL_TOP_H

#include "ctl/verbs.h"

extern const struct verb_option top_options[];

int top_run(const struct call *call);

#endif
