/*
 * host.h - one host of the world: its engine's inputs and effects, its
 * disk, its mail service and the table its MTA reads.
 */

#ifndef T_SIM_HOST_H
#define T_SIM_HOST_H

#include "t/sim/world.h"

/* The texts live as long as the world. */
void host_init(struct node *node, char *server, char *group);
void host_free(struct node *node);

/* A new host that takes itself for the other one. */
void host_twin(struct world *world, const char *name, struct node *of);

/* The host's key has signed this; ctx is the host. */
void host_signed(void *ctx, const uint8_t *p, size_t n);

/* Feeds the engine, which runs, and carries out its effects. */
void host_input(struct world *world, struct node *node, struct input *in);
/* The MTA's configuration is read in a moment. */
void host_read_mta(struct world *world, struct node *node, uint64_t ms);
void host_tick(struct world *world, struct node *node);

/* What was to happen to this host happens. Takes it over. */
void host_happens(struct world *world, struct happening *happening);

/* What its next configuration would move is asked: without its last space, and
 * with nobody behind its connectors. */
void host_try(struct world *world, struct node *node);

#endif
