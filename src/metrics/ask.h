/*
 * ask.h - asks lsrd what it has counted, by its control socket, which lets
 * members of its group read (io/ctl_io.h).
 *
 * It waits for the answer: this process has nothing else to do meanwhile, and
 * lsrd answers it in a millisecond or is not well.
 */

#ifndef METRICS_ASK_H
#define METRICS_ASK_H

#include "metrics/told.h"

#define ASK_SOCKET "/run/lsrd/control"
#define ASK_MS 3000        /* all of it; a Prometheus waits for ten seconds */
#define ASK_OCTETS 8388608 /* one answer; at its bounds lsrd says a tenth */

/* Fills in *out (begun with told_init()). NULL, or why there is no answer: a
 * fixed text. */
const char *ask_lsrd(const char *path, struct told *out);

#endif
