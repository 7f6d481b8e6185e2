#include "core/node/nbr.h"

#include <stddef.h>

#include "base/check.h"

/* clang-format off */
static const struct nbr_move moves[NBR_STATES][NBR_EVENTS] = {
	[NBR_DOWN] = {
		[NBR_OPEN]     = { NBR_GREET, NBR_SEND_HELLO },
		[NBR_LOST]     = { NBR_DOWN,  0 },
	},
	[NBR_GREET] = {
		[NBR_HELLO]    = { NBR_SYNC,  NBR_SEND_DIGEST },
		[NBR_LOST]     = { NBR_DOWN,  NBR_MISS },
	},
	[NBR_SYNC] = {
		[NBR_EXCHANGE] = { NBR_SYNC,  0 },
		[NBR_UPDATE]   = { NBR_SYNC,  0 },
		[NBR_ALIVE]    = { NBR_SYNC,  0 },
		[NBR_AGREED]   = { NBR_FULL,  NBR_ANNOUNCE },
		[NBR_LOST]     = { NBR_DOWN,  NBR_MISS },
	},
	[NBR_FULL] = {
		[NBR_EXCHANGE] = { NBR_FULL,  0 },
		[NBR_UPDATE]   = { NBR_FULL,  0 },
		[NBR_ALIVE]    = { NBR_FULL,  0 },
		[NBR_AGREED]   = { NBR_FULL,  0 },
		[NBR_LOST]     = { NBR_DOWN,  NBR_MISS },
	},
};
/* clang-format on */

const struct nbr_move *
nbr_move(enum nbr_state state, enum nbr_event event)
{
	const struct nbr_move *move;

	CHECK(state < NBR_STATES && event < NBR_EVENTS);
	move = &moves[state][event];
	return move->next == NBR_NONE ? NULL : move;
}

const char *
nbr_word(enum nbr_state state)
{
	static const char *const words[] = { "none", "down", "greet", "sync",
		"full" };

	return words[state];
}
