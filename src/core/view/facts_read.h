/*
 * facts_read.h - how one LSA becomes facts: for the files facts*.c alone,
 * which read all of them, or those that changed.
 */

#ifndef CORE_FACTS_READ_H
#define CORE_FACTS_READ_H

#include "core/lsa/listed.h"
#include "core/view/facts.h"

/* What its server LSA says, the group and other servers apart. */
void facts_server_read(struct facts_server *server, const struct lsa *lsa);

/* What it says of other servers, once all have a number and a group. */
void facts_sets_read(struct facts *facts, uint32_t server);

/* False: it is ours and no more configured. It is not judged yet. */
bool facts_connector_read(const struct facts *facts,
    const struct view_input *in, const struct lsa *lsa,
    struct facts_connector *connector);

/* Which bridgeheads certificates do not let it lead to; its edges, where
 * those of what its owner said before stood if there is room. */
void facts_connector_judge(struct facts *facts, const struct view_input *in,
    struct facts_connector *connector);

/* Likewise all that another server claims by this LSA, or by its list; of our
 * own facts_claims_gather() reads the setup, once all others are read. */
void facts_claim_add(struct facts *facts, const struct view_input *in,
    uint32_t server, const struct lsa *lsa);
void facts_list_add(
    struct facts *facts, const struct view_input *in, uint32_t server);
void facts_claims_gather(struct facts *facts, const struct view_input *in);

/* The claim of another server. */
void facts_claim_read(const struct view_input *in, const struct lsa *lsa,
    struct facts_claim *claim);

/* A server's list, and what the authority grants it: both are asked for one
 * pattern after the other, in their order. In place. */
struct facts_lists {
	struct listed said, granted;
};

void facts_lists_begin(struct facts_lists *lists, const struct lsdb *db,
    const char *origin, const char *from);

/* What another server claims by its list. False: not this pattern, or it may
 * not: neither its certificate nor a grant allows it. */
bool facts_claim_listed(const struct view_input *in, struct facts_lists *lists,
    const char *pattern, struct facts_claim *claim);

/* Our own, said already or not; `lists` are ours. False: neither our
 * certificate nor, of a list, a grant allows it. */
bool facts_claim_own(const struct view_input *in, struct facts_lists *lists,
    const struct setup_space *own, struct facts_claim *claim);

/* Where our own connectors stand. */
void facts_own_find(struct facts *facts);

#endif
