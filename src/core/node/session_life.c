#include "core/node/session_life.h"

#include <stddef.h>

#include "base/check.h"

/* clang-format off */
static const struct session_life_move moves[SESSION_STATES][SESSION_EVENTS] = {
	[SESSION_DOWN] = {
		[SESSION_OPEN]     = { SESSION_GREET, SESSION_SEND_HELLO },
		[SESSION_LOST]     = { SESSION_DOWN,  0 },
	},
	[SESSION_GREET] = {
		[SESSION_HELLO]    = { SESSION_SYNC,  SESSION_SEND_DIGEST },
		[SESSION_LOST]     = { SESSION_DOWN,  SESSION_MISS },
	},
	[SESSION_SYNC] = {
		[SESSION_EXCHANGE] = { SESSION_SYNC,  0 },
		[SESSION_UPDATE]   = { SESSION_SYNC,  0 },
		[SESSION_ALIVE]    = { SESSION_SYNC,  0 },
		[SESSION_AGREED]   = { SESSION_FULL,  SESSION_ANNOUNCE },
		[SESSION_LOST]     = { SESSION_DOWN,  SESSION_MISS },
	},
	[SESSION_FULL] = {
		[SESSION_EXCHANGE] = { SESSION_FULL,  0 },
		[SESSION_UPDATE]   = { SESSION_FULL,  0 },
		[SESSION_ALIVE]    = { SESSION_FULL,  0 },
		[SESSION_AGREED]   = { SESSION_FULL,  0 },
		[SESSION_LOST]     = { SESSION_DOWN,  SESSION_MISS },
	},
};
/* clang-format on */

const struct session_life_move *
session_life_move(enum session_life_state state, enum session_life_event event)
{
	const struct session_life_move *move;

	CHECK(state < SESSION_STATES && event < SESSION_EVENTS);
	move = &moves[state][event];
	return move->next == SESSION_NONE ? NULL : move;
}

const char *
session_life_word(enum session_life_state state)
{
	static const char *const words[] = { "none", "down", "greet", "sync",
		"full" };

	return words[state];
}
