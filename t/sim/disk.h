/*
 * disk.h - what a host keeps: the files of lsrd, the publisher's copy, the
 * table that its MTA reads and the queue beside it.
 *
 * A table goes to the copy first and to the MTA a moment later, as in
 * src/publish; a host that dies in between has the one without the other. On a
 * full disk nothing is saved. The copy has room of its own; when that is used
 * up it stays as it is, and of a table what is no new key is published even so.
 * An empty one is never put whole in place of one that is not: that one stays,
 * until there is something to publish, or somebody acts.
 */

#ifndef T_SIM_DISK_H
#define T_SIM_DISK_H

#include "t/sim/world.h"

void disk_done(struct node *node);

/* Before a start: as it is found. */
void disk_found(struct node *node, enum world_disk disk);

/* Another's files, and the tables beside them, are restored on this host. */
void disk_clone(struct node *node, const struct node *from);

/* An octet of its state is another, or what is behind it is gone. */
void disk_spoil(struct node *node, bool cut);

/* Gives the engine what the publisher kept; and what was saved. */
void disk_restore_table(struct world *world, struct node *node);
void disk_restore_state(struct world *world, struct node *node);

/* A life's first state is whole; what changed is then put behind it, once the
 * disk takes it (src/io/journal.h). */
void disk_state(struct node *node, const struct effect *fx);

/* The end of a life in order: what is on its way to the disk gets there. True: all
 * that it knew is there, also what it had from a life before and has not changed. */
bool disk_stop(struct node *node);

/*
 * Happenings that have come. True: they are done, and an input for the engine
 * follows; false: taken over, for later or for good.
 */
bool disk_saved(
    struct world *world, struct node *node, struct happening *happening);
bool disk_published(
    struct world *world, struct node *node, struct happening *happening);
bool disk_queue(
    struct world *world, struct node *node, struct happening *happening);

/* Room for so many routes, which are the table's and those' that are copies of
 * it: nobody changes them once it is whole. */
void mta_table_room(struct mta_table *table, size_t n);
void mta_table_done(struct mta_table *table);
const struct route *mta_table_find(
    const struct mta_table *table, const char *pattern);

#endif
