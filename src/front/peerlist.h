/*
 * peerlist.h - the addresses to which the verb is offered: those given as
 * options, and those of a file (one a line, # begins a comment), which can
 * be read again. Who a peer is, TLS inside the verb proves; this list only
 * says from where it may be tried.
 */

#ifndef FRONT_PEERLIST_H
#define FRONT_PEERLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/vec.h"

#define PEERLIST_MAX 10000

struct peerlist {
	VEC(struct addr) given, read;
};

/* RC_NAME: no address. */
int peerlist_add(struct peerlist *list, const char *text);

/*
 * Replaces what was read before. RC_IO: errno tells; RC_NAME, RC_LIMIT:
 * *line is where. Unless it returns RC_OK the list stays as it was.
 */
int peerlist_read(struct peerlist *list, const char *path, size_t *line);

/* Ports do not count. */
bool peerlist_has(const struct peerlist *list, const struct addr *addr);

void peerlist_done(struct peerlist *list);

#endif
