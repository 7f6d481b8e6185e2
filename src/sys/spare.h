/*
 * spare.h - the last descriptors are for what must go on: sessions with
 * peers, the control socket, the state, the publisher. What can wait (a
 * probe, a reading of the MTA's queue) does without, and says so.
 *
 * The system gives the lowest number that is free, so a number says how many
 * are left; nothing is counted.
 */

#ifndef SYS_SPARE_H
#define SYS_SPARE_H

#include <stdbool.h>

/* An eighth of what the process may have, and not more than this. */
#define SPARE_DESCRIPTORS 32

/* True if the descriptor, just opened, is one of the last. */
bool spare_reached(int fd);

/*
 * The word for what is missing on this host, by an errno: "no-descriptors",
 * "no-memory", "no-ports", "no-network", "forbidden"; NULL where the other
 * side may be the reason.
 */
const char *spare_word(int error);

#endif
