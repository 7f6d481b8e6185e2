/*
 * admit.h - where a message goes that a connector does not admit: which hops
 * its recipients take, or why they wait (lsrd-milter(8), Limits of connectors).
 *
 *     struct admit *a = admit_new(&table, &net, &message);
 *     admit_ask(a, "user@dom", &answer); ...
 *     admit_free(a);
 *
 * Every hop computes alike: over the steps that admit the message, by the
 * size, priority and sender of its first visit. So it goes by least ways of
 * one graph, which do not come back, and every connector it crosses admits
 * it. `lsrctl explain --size` asks the same routes.h over the same net.
 */

#ifndef CORE_ADMIT_H
#define CORE_ADMIT_H

#include "core/lsa/policy.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_net.h"

enum admit_kind {
	ADMIT_PLAIN, /* the published table's route stands */
	ADMIT_ROUTE, /* by `hop` */
	ADMIT_HOLD,  /* no way for it now: `why` */
	ADMIT_NEVER  /* nor, for its size, if all that is configured were up */
};

#define ADMIT_WHY 320

struct admit_hop {
	char name[STR_HOST_MAX + 1];
	struct addr addr;
	const char *by; /* our transport for it (way_by()), lent by the net;
			   NULL: that of all routes */
	bool alternate; /* loop-free, and no next hop */
};

struct admit_answer {
	enum admit_kind kind;
	struct admit_hop hop[LIMIT_NEXT_HOPS]; /* in the order to try */
	size_t nhops;
	char why[ADMIT_WHY]; /* for a person: printable ASCII; at length for
				the first that waits, of those asked */
};

struct admit;

/* True when every step admits the message: it goes as the table says. */
bool admit_everywhere(
    const struct mtable_net *net, const struct policy_message *message);

/*
 * All three are lent for its life. NULL when every step admits the message:
 * then all routes are those of the table.
 */
struct admit *admit_new(const struct mtable *table,
    const struct mtable_net *net, const struct policy_message *message);

/* One recipient, in lower case. */
void admit_ask(
    struct admit *admit, const char *address, struct admit_answer *out);

/* True if the hop has a place in the list of the answer's first one: an MTA
 * takes one transport for a list. */
bool admit_in_list(const struct admit_answer *answer, size_t hop);

/* True when one FILTER says both: the same kind, the same hops. */
bool admit_same(const struct admit_answer *a, const struct admit_answer *b);

void admit_free(struct admit *admit);

#endif
