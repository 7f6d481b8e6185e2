/*
 * facts.h - the database read once: servers by number, and what each says.
 *
 * Servers are numbered in the order of their names, so comparing numbers
 * compares names; names in LSAs are resolved by a hash, and a name
 * nobody of that name has spoken for is left out. Nothing is judged here:
 * who is present, and which step counts, is the work of steps.h.
 *
 * Lends from the database and the setup. Names of servers, groups and
 * patterns are its own: they outlive the LSA they were read in.
 */

#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "core/lsa/lsdb.h"
#include "core/lsa/setup.h"
#include "core/view/view.h"

#define FACTS_NONE UINT32_MAX

/* Numbers of servers, ascending: facts.pool.v[at] to [at + n - 1]. */
struct facts_set {
	uint32_t at, n;
};

struct facts_server {
	const char *name;
	const struct lsa_server *body; /* NULL: it has no server LSA */
	const struct lsa *lsa;         /* that it is of; its claims are next */
	const char *group_name;        /* NULL: not known */
	uint32_t group;                /* FACTS_NONE: not known */
	bool transit; /* says it is up: not draining, not starting */
	bool unasked; /* is starting only since its MTA asks us no
				    more: may give transit as a last resort */
	struct facts_set neighbours;
	struct facts_set up, down; /* mail services of its own group; nobody
				      stands in both */
};

/* Where a connector leads that its owner says is up. */
struct facts_edge {
	uint32_t to;
	uint32_t cost; /* congestion included */
};

struct facts_connector {
	const char *name;
	uint32_t owner;
	const struct lsa_connector *body;
	const struct policy *limits; /* NULL: it has none */
	uint64_t barred;      /* bit k: certificates do not let it lead to the
			    bridgehead k of the body, or it is ours and that
			    is not configured */
	uint32_t at, n, room; /* its edges: facts.edges.v[at] and so on */
	const struct setup_connector *own; /* ours: as configured */
};

struct facts_claim {
	const char *pattern; /* the same text for each claim of it */
	uint32_t server;
	struct lsa_space space;
	const struct setup_space *own; /* ours: as configured */
	const struct lsa *lsa;         /* ours may not be said yet: NULL */
};

struct facts_slot {
	uint32_t hash;
	uint32_t server; /* FACTS_NONE: empty */
	const char *name;
};

struct facts {
	VEC(struct facts_server) servers;       /* by name */
	VEC(struct facts_connector) connectors; /* by owner, then name */
	VEC(struct facts_claim) claims;         /* by pattern, then server */
	VEC(const char *) groups;               /* names; sorted */
	VEC(uint32_t) pool;
	VEC(struct facts_edge) edges;
	VEC(char *) coined; /* patterns that came since all was read */
	size_t waste;       /* of the pool and edges: what was said anew */
	char *names;        /* of the servers, side by side: looked up often */
	char *group_names;  /* of the groups, too */
	char *patterns;     /* of the claims, each once */
	struct facts_slot *slots; /* names by hash: for looking up alone */
	uint32_t mask;
	uint32_t self;
	uint32_t own_at, own_n; /* our own among the connectors */
	uint32_t limited;       /* connectors that have limits */
};

void facts_init(struct facts *facts, const struct view_input *in);
void facts_done(struct facts *facts);

/*
 * The same facts as facts_init() would find now, from those of a moment
 * before which all changes of the database are in the news; all else of the
 * input is as it was. Work in proportion to what was said anew.
 *
 * False: the facts are void, and to be ended and read anew. That is where a
 * server comes, goes or takes another group, where the authority or an
 * identity says something, for that may move whatever anybody claims, and
 * once half of what is kept is waste: once in so many changes as there are
 * servers.
 */
bool facts_renew(
    struct facts *facts, const struct view_input *in, const struct news *news);

/* Where a connector leads: a server, of the group that its owner says if
 * nobody of that name has said its own. */
struct facts_way {
	const char *bridgehead, *group;
};

/* Whether certificates allow it, where the authority wants that. */
bool facts_may_step(const struct facts *facts, const struct view_input *in,
    const char *origin, const struct facts_way *way);

/* The cost of a connector's edge to this bridgehead, congestion included. */
uint32_t facts_cost(
    const struct lsa_connector *connector, const struct lsa_bridgehead *b);

/* Whether it leads to the bridgehead k of its body, by its owner's word and
 * by what the certificates allow. */
bool facts_up(const struct facts_connector *connector, size_t k);

/* Where the claims of a pattern begin, and how many they are. */
size_t facts_claims(const struct facts *facts, const char *pattern, size_t *n);

/* Where the connectors of a server begin, or would. */
size_t facts_connectors(const struct facts *facts, uint32_t owner);

/* The server's number, or FACTS_NONE. */
uint32_t facts_find(const struct facts *facts, const char *name);

/* True if `server` stands in the set. */
bool facts_has(
    const struct facts *facts, struct facts_set set, uint32_t server);

#endif
