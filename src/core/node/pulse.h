/*
 * pulse.h - whether a session lives: what is heard and confirmed, how long an
 * exchange may take, and when it is too late. Part of the engine (node.h).
 */

#ifndef CORE_PULSE_H
#define CORE_PULSE_H

#include <stdint.h>

struct cur;
struct engine;
struct nbr;
struct session;

void pulse_begin(struct engine *e, struct session *s);
/* So many octets have come; and what is a message, with them. */
void pulse_came(struct engine *e, struct session *s, uint64_t octets);
void pulse_whole(struct engine *e, struct session *s);

/* An exchange goes on, by so many octets. */
void pulse_progress(struct engine *e, struct session *s, uint64_t octets);
/* The body of an ALIVE: how much of what we sent has come there; what was
 * never sent has not. Returns why the session must end, or NULL. */
const char *pulse_confirm(
    struct engine *e, struct session *s, struct cur *body);
void pulse_alive(struct engine *e, struct session *s);
/* Why the session is over, or NULL. */
const char *pulse_overdue(struct engine *e, struct session *s);
/* It ends: what that tells of the path. */
void pulse_end(struct engine *e, const struct session *s, struct nbr *nbr);

#endif
