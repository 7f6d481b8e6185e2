/*
 * facts_read.h - how one LSA becomes facts: for the files facts*.c alone,
 * which read all of them, or those that changed.
 */

#ifndef CORE_FACTS_READ_H
#define CORE_FACTS_READ_H

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

/* The claim of another server. */
void facts_claim_read(const struct view_input *in, const struct lsa *lsa,
    struct facts_claim *claim);

/* Our own, said already or not. False: our certificate does not allow it. */
bool facts_claim_own(const struct view_input *in, const struct setup_space *own,
    struct facts_claim *claim);

/* Where our own connectors stand. */
void facts_own_find(struct facts *facts);

#endif
