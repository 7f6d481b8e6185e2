#include "message/reply.h"

const struct reply reply_loop = { "451", "4.4.6",
	"Routes disagree for now: this message came back; keep it" };

const struct reply reply_odd = { "452", "4.5.3",
	"This recipient needs another way for such a message; send it by "
	"itself" };

const struct reply *
reply_of(enum ruling ruling)
{
	static const struct reply held = { "451", "4.7.0", NULL };
	static const struct reply never = { "552", "5.3.4", NULL };
	static const struct reply split = { "451", "4.3.1", NULL };

	switch (ruling) {
	case RULING_HELD:
		return &held;
	case RULING_NEVER:
		return &never;
	case RULING_SPLIT:
		return &split;
	case RULING_PASSES:
	case RULING_STEERED:
	case RULING_REINJECT:
		break;
	}
	return NULL;
}
