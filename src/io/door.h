/*
 * door.h - a listener that rests while this process has no descriptors.
 *
 *     open --- accept(2): none left ---> resting --- a moment later ---> open
 *
 * It is said once, until nobody was kept out for a minute; who waits outside
 * waits in the kernel's queue. libevent's own listener would be asked again at once,
 * for ever, with a line in the log each time.
 */

#ifndef IO_DOOR_H
#define IO_DOOR_H

#include "io/loop.h"
#include "io/sink.h"

struct door;

struct door_house {
	const char *name; /* of the socket, for the log; copied */
	/* Somebody has come; the descriptor is yours. `from` is lent. */
	void (*came)(void *ctx, int fd, const struct sockaddr *from);
	/* There is no descriptor left: make room, if you can. May be NULL. */
	void (*full)(void *ctx);
	void *ctx;
};

/* Takes over a listening socket. Loop and sink are lent for its life. */
struct door *door_new(struct loop *loop, struct sink *sink, int fd,
    const struct door_house *house);

/* Closes the socket. NULL is nothing to free. */
void door_free(struct door *door);

#endif
