/*
 * session.h - one session with a neighbour: hello, keep-alives, its end.
 */

#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <stdint.h>

struct engine;
struct input;
struct session;

void session_open(struct engine *e, const struct input *in);
void session_bytes(struct engine *e, const struct input *in);
void session_drained(struct engine *e, uint32_t who);
void session_closed(struct engine *e, uint32_t who);
void session_tick(struct engine *e);

void session_free(struct session *s);

#endif
