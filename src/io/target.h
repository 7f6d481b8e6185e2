/*
 * target.h - whom a probe asks: one address, or those of a name in turn, as the
 * MTA would try them.
 *
 *     its name is not answered yet: waits
 *        |
 *        v      it fails
 *     connects -----------> connects to the next one --> ... --> over
 */

#ifndef IO_TARGET_H
#define IO_TARGET_H

#include "core/node/engine.h"
#include "io/names.h"
#include "plugins/plugin.h"

#define TARGET_SAID 161

struct target {
	char *name;      /* the addresses of that; NULL: `addr` alone */
	char *recipient; /* of the question; "": none */
	enum plugin_ask ask;
	struct addr addr;       /* as it was given */
	struct addr to;         /* that it was connected to last */
	struct addr sources[2]; /* of a family each, or of none */
	size_t nth;             /* so many have been tried */
	/* What is said when it is over. */
	enum probe_verdict verdict;
	const char *why;
	char said[TARGET_SAID]; /* by the last that was asked, when it failed */
};

enum target_is { TARGET_CONNECTS, TARGET_WAITS, TARGET_OVER };

/* Of an FX_PROBE with an address. */
void target_begin(struct target *target, const struct effect *fx, bool by_name);

/* *fd is a socket that is being connected to the next address, yours; where
 * none is left it is over. `names` may be NULL: there are none to be asked. */
enum target_is target_connect(
    struct target *target, struct names *names, int *fd);

/* There is a further one. */
bool target_has_more(const struct target *target, struct names *names);

/* The one that was connected to last has failed; why, good for ever, and what
 * it had said, or NULL. */
void target_failed(struct target *target, const char *why, const char *said);

void target_done(struct target *target);

#endif
