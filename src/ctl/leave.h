/*
 * leave.h - the way out of the organization, step by step.
 *
 * Each step is looked at anew, so the verb goes on where it stopped: what is so
 * already is said and passed. It does what is lsrd's own (the drain, the wait,
 * the tables when nobody reads them any more, and then what lsrd keeps), stops
 * where something else is to
 * be typed, and prints that. A file of the mail server is never written by it.
 */

#ifndef CTL_LEAVE_H
#define CTL_LEAVE_H

#include "ctl/verbs.h"

extern const struct verb_option leave_options[];

/* CALL_OK: this host has left. CALL_NO: there is something to do, and it has
 * been said. */
int leave_run(const struct call *call);

#endif
