/*
 * outcome.h - what is told of a mail service: that it went up or down and why,
 * and what was wrong with it last. Nothing is decided by it.
 */

#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include "core/node/service.h"

/* Why it is down, a fixed text; NULL: it is not known. */
const char *outcome_reason(const struct service *service);

/* It is about to go from its state to this one: of a connector's bridgehead
 * an event for each connector that has it. */
void outcome_turned(
    struct engine *e, const struct service *s, enum service_state to);

/* Our own mail service is in the state that it was in: the event once more. */
void outcome_still(struct engine *e, const struct service *s);

/* Keeps what this IN_PROBE found wrong, if it did. */
void outcome_error(struct engine *e, struct service *s, const struct input *in);

#endif
