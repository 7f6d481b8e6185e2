/*
 * world.h - a database and a setup from a few lines of text, for tests.
 *
 *     self NAME GROUP              (first; with a server LSA only if said)
 *     server NAME GROUP [nbr A,B] [up A,B] [down A,B] [drain] [starting]
 *                       [at IP:PORT] [mark TEXT]
 *     connector NAME OWNER GROUP BRIDGEHEAD=COST{+|-}[@IP:PORT] ...
 *                       [drain] [cong N] [since TEXT] [size N] [prio BITS]
 *                       [deny SENDER] [by TRANSPORT: of the own ones behind it]
 *     space PATTERN SERVER [cost N] [local] [fallback] [relay] [down]
 *                       [way TEXT]
 *     purge PATTERN SERVER
 *     list ID SERVER [cost N] [relay] [PATTERN ...]   (none: purged)
 *     grant ID SERVER [relay] [PATTERN ...]
 *     listed PATTERN               (in the setup alone, as of a file)
 *     probe NAME {up|down} [CONNECTOR]
 *     key N                        (signs what follows)
 *     forget SERVER N              (with that key)
 *     revoke N
 *     lose SERVER [PATTERN]        (what it said, without a trace)
 *     unspace PATTERN              (in the setup alone)
 *     own IP:PORT                  (our own mail service)
 *     lab
 *
 * Lines end with `;` or a line feed. Whatever `self` owns enters the setup
 * too. The n-th server has the address 10.0.x.y:25 with n = 256 x + y.
 * A line that cannot be read aborts the test.
 */

#ifndef T_CORE_WORLD_H
#define T_CORE_WORLD_H

#include "core/lsa/lsdb.h"
#include "core/view/rib.h"
#include "core/view/view.h"

struct world {
	struct lsdb db;
	struct setup setup;
	struct view_probe probes[64];
	struct view_input in;
	uint64_t seq;
	uint64_t issued; /* of what is said from now on */
	uint32_t key;
	uint32_t servers;
};

void world_init(struct world *w);
void world_done(struct world *w);

/* More lines; an LSA said again replaces the one before. */
void world_say(struct world *w, const char *text);

/* An LSA that no line can say; without a body a purge. */
void world_install(
    struct world *w, const struct lsa_key *key, struct buf *body);

/* For world.c: the rest of a line that says a chunk of a list, or of a grant;
 * and a pattern of our setup's list. */
void world_list(struct world *w, char *line, uint8_t type);
void world_listed(struct world *w, const char *pattern);

/* A cheap digest in place of SHA-256. */
extern const struct crypto world_seal;

/*
 * One line a route: `PATTERN remote HOP[~TRANSPORT],HOP|ALTERNATE COST/HOPS
 * [last] [relay]`, `PATTERN here COST`, `PATTERN way WAY COST`, `PATTERN hold
 * REASON`. The caller frees it.
 */
char *world_text(const struct rib *rib);

/* The table of what was said, as text. */
char *world_rib(struct world *w);

#endif
