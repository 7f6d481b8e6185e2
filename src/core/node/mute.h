/*
 * mute.h - a bridgehead that is probed by a command: what follows when that
 * says nothing. It hung, was killed, is not there, or who runs it is not.
 *
 * That is no evidence, so what the command said last stands for ten minutes,
 * and its mail tells meanwhile as it does of one that is not probed. What was
 * never asked is up, as that one is.
 */

#ifndef CORE_MUTE_H
#define CORE_MUTE_H

#include <stdbool.h>

#include "core/node/service.h"

/* It has said that the bridgehead is up, or that it is down. */
void mute_ends(struct engine *e, struct service *service);

/* It said nothing; `why` is good for ever. True: that is as good as an answer,
 * for mail alone tells of this one now. */
bool mute_begins(struct engine *e, struct service *service, const char *why);

/* Nobody tells of it but its mail. */
bool mute_is(const struct service *service);

#endif
