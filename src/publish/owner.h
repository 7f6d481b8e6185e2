/*
 * owner.h - what the tables' directory says of itself besides the tables:
 * who writes them now, and whether anybody ever did.
 */

#ifndef PUBLISH_OWNER_H
#define PUBLISH_OWNER_H

#include <stdbool.h>

struct owner {
	const char *tables; /* the tables' directory */
	const char *state;  /* lsrd's own: says the same */
};

/* Says that a table was published here, for good. RC_OK, or RC_IO. */
int owner_publish(const struct owner *owner);

/* True if it ever said so. */
bool owner_published(const struct owner *owner);

/*
 * Tries to become the only writer of the directory, for the life of the
 * process. RC_OK; RC_STATE: somebody else is; RC_IO: errno tells.
 */
int owner_claim(const struct owner *owner);

#endif
