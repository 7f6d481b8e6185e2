/*
 * relaying.h - asks next hops whether they relay for us, before mail does.
 *
 * For most patterns a hop's own word tells: who claims one with `relay`, and
 * who has it from there, takes mail for it from anybody. Not for `*`, and not
 * for what is claimed with `relay = no`: there it takes mail from whom its MTA
 * knows, and 554 is all that one hears who is not known. So a probe that is due
 * anyway asks further, once in ten minutes a hop, for one pattern after the
 * other: a RCPT by the null sender. One that refuses to relay is asked the
 * same again; any other answer is none. (refusal.h)
 */

#ifndef CORE_RELAYING_H
#define CORE_RELAYING_H

#include <stdbool.h>

struct engine;
struct service;

/* The recipient by which the probe that begins is to ask whether this hop
 * relays for us, until the next step; NULL: nothing is asked. */
const char *relaying_ask(struct engine *e, struct service *service);
/* It will not, or it accepts. */
void relaying_told(struct engine *e, struct service *service, bool refused);
/* The table is another. */
void relaying_table(struct engine *e);

#endif
