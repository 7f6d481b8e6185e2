/*
 * cable.h - ordered byte streams between hosts, as TCP gives them.
 *
 * What is written arrives in order, after the delay of its path, cut into
 * pieces at random. A reset loses what is under way and tells both ends; a
 * silence holds everything back and tells nobody, and what was held arrives
 * when the path is healed, as TCP's repetitions would.
 */

#ifndef T_SIM_CABLE_H
#define T_SIM_CABLE_H

#include "t/sim/world.h"

void cable_dial(
    struct world *world, struct node *node, const struct effect *effect);
void cable_send(
    struct world *world, struct node *node, const struct effect *effect);
void cable_close(struct world *world, struct node *node, uint32_t who);

/* Whether there is a session between them, at both ends. */
bool cable_joins(
    struct world *world, const struct node *from, const struct node *to);

/* Octets that come to `to` behind everything that `from` has sent on their
 * session, as if it had sent them. Fails the world when there is none. */
void cable_slip(struct world *world, struct node *from, struct node *to,
    const struct buf *octets);

/* lsrd has ended on a host: the kernel resets its streams, if it is up. */
void cable_end(struct world *world, struct node *node);

/* Sets the path of streams between two hosts, in both directions. */
void cable_path(
    struct world *world, struct node *a, struct node *b, enum path path);

/* Nothing that one says comes to the other, or it does again: a path that is
 * half open. */
void cable_mute(
    struct world *world, struct node *from, struct node *to, bool mute);

/* What the path between two hosts carries from now on. */
void cable_line(struct world *world, struct node *a, struct node *b,
    const struct line *line);

/* Takes it over. */
void cable_happens(struct world *world, struct happening *happening);

void cable_done(struct world *world);

#endif
