/*
 * seat.h - a table of lsrd as the milter beside it reads it, for tests.
 */

#ifndef T_CORE_SEAT_H
#define T_CORE_SEAT_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_net.h"
#include "core/view/rib.h"
#include "t/core/world.h"

/* The table and the net are read from the octets, which the seat owns. */
struct seat {
	struct buf file, octets;
	struct mtable table;
	struct mtable_net net;
	bool limits; /* there is a net */
};

/* Fills an empty one: these routes, and this net, which may be empty. */
void seat_write(
    struct seat *seat, const struct rib *rib, const struct buf *net);

/* The same of what lsrd would publish of this world, after the table `before`
 * (may be NULL). Returns its routes, the caller's to free. */
struct rib *seat_world(
    struct seat *seat, const struct world *w, const struct rib *before);

void seat_done(struct seat *seat);

#endif
