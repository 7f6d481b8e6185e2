/*
 * contest.h - of two servers that name one address, which is sent to by it.
 *
 * An address in a server LSA is that server's word alone. Where two name the
 * same, mail for the one arrives at the other, who routes it by another
 * place in the graph than the sender thought: it may come back. So one of
 * them loses its steps: never ourselves and never whom our configuration
 * gives the address; else who named it before stays, and where we cannot know
 * that (at a start) whom we did not report down last, then the older
 * certificate, then the smaller name.
 *
 * That is a judgement by what we know and others may not. It makes no second
 * graph, for nobody computes with it: it is said. A step within a group counts
 * by what its owner reports, and a connector's by what its owner says; so who
 * loses here is reported down, and every server computes from that.
 *
 * Networks of different sites use the same private addresses (RFC 1918,
 * RFC 4193): those are compared within a routing group.
 */

#ifndef CORE_CONTEST_H
#define CORE_CONTEST_H

#include <stdbool.h>

struct engine;
struct lsa;
struct names;

/* Looks at all that is known, once: what comes later came later. */
void contest_start(struct engine *e);
/* A server LSA was installed; it is gone. */
void contest_learnt(struct engine *e, const struct lsa *lsa);
void contest_gone(struct engine *e, const char *name);
/* The configuration is another. */
void contest_look(struct engine *e);
/* The address that this server names is another's: no step there. */
bool contest_lost(const struct engine *e, const char *name);
/* Those of our group, sorted; lent. */
void contest_members(const struct engine *e, struct names *out);
void contest_done(struct engine *e);

#endif
