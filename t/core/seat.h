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

/* The table and the net are read from the octets, which the seat owns. */
struct seat {
	struct buf file, octets;
	struct mtable table;
	struct mtable_net net;
	bool limits; /* there is a net */
};

/* Fills the octets: these routes, and this net. */
void seat_write(
    struct seat *seat, const struct rib *rib, const struct buf *net);

#endif
