/*
 * authority_word.h - what the authority alone may say of others: that a server is
 * gone (forget), that a key is no longer to be trusted (revoke), that a
 * connector counts with a claim alone (enforce-connectors). Each is an
 * LSA signed by the authority's key (core/lsa/lsa.h), injected by any server.
 *
 *     where authority.key is                     on any server
 *     ----------------------                     -------------
 *     lsrctl keys revoke CERT --output FILE  ->  lsrctl inject FILE
 *
 * or both at once, where both are.
 */

#ifndef CTL_AUTHORITY_WORD_H
#define CTL_AUTHORITY_WORD_H

#include "ctl/verbs.h"

extern const struct verb_option authority_revoke_options[];
extern const struct verb_option authority_forget_options[];
extern const struct verb_option authority_enforce_options[];

int authority_revoke(const struct call *call);
int authority_forget(const struct call *call);
int authority_enforce(const struct call *call);

#endif
