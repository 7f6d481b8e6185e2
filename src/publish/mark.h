/*
 * mark.h - what the tables' directory says of itself besides the tables:
 * who writes them now, and whether anybody ever did.
 */

#ifndef PUBLISH_MARK_H
#define PUBLISH_MARK_H

#include <stdbool.h>

struct mark {
	const char *tables; /* the tables' directory */
	const char *state;  /* lsrd's: the second place of the mark */
};

/* Says that a table was published here, for good. RC_OK, or RC_IO. */
int mark_set(const struct mark *mark);

/* True if it ever said so. */
bool mark_is_set(const struct mark *mark);

/*
 * Tries to become the only writer of the directory, for the life of the
 * process. RC_OK; RC_STATE: somebody else is; RC_IO: errno tells.
 */
int mark_own(const struct mark *mark);

#endif
