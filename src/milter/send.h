/*
 * send.h - one report to one datagram (core/wire/report.h). Never waits: what
 * cannot be sent is dropped, and that is counted in the next one.
 */

#ifndef MILTER_SEND_H
#define MILTER_SEND_H

#include <stdbool.h>

#include "core/wire/report.h"

/* To lsrd's socket at `path`. False: it could not be sent. */
bool send_report(const char *path, const struct report *report);

#endif
