/*
 * srv_pick.h - which targets of an answer to an SRV question are dialled.
 *
 * A target is a name that a certificate could prove, or it is nothing; each once.
 * An answer comes in another order each time, and of a long one the same are to be
 * left out: the lesser priority comes first, then the name.
 */

#ifndef IO_SRV_PICK_H
#define IO_SRV_PICK_H

#include <stddef.h>

#include "io/srv.h"

struct ares_srv_reply; /* c-ares's */

/* How many there are, into out; lent by the answer, whose names are in lower case
 * from now on. */
size_t srv_pick(
    struct ares_srv_reply *replies, struct ares_srv_reply *out[SRV_TARGETS]);

#endif
