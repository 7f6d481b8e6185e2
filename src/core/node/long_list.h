/*
 * long_list.h - what we say of a long list of patterns (address-space-file):
 * which of them are said now, in which chunks (core/lsa/lsa_list.h).
 *
 * It is made again only when it may be another: with another setup, when
 * something of it was heard, and while patterns wait, with each table that
 * is published. A first one waits until every server that has a server LSA
 * reads lists: who does not would send the mail of those patterns elsewhere,
 * and the way to us may lead by him. A server of an older version that comes
 * later is told of, and takes nothing back.
 */

#ifndef CORE_LONG_LIST_H
#define CORE_LONG_LIST_H

#include <stdbool.h>

#include "base/mono.h"

struct buf;
struct engine;
struct lsa_space;

/* Another setup, or something of ours was heard that we have not said. */
void long_list_due(struct engine *e);

/* The authority says something else of us: what is denied by it is counted once
 * no more of it has come for a second, for a grant has hundreds of parts. */
void long_list_granted(struct engine *e);

/* When that is to be looked at, or MONO_NEVER. */
struct mono long_list_calm(struct engine *e);

/* Another server has come, gone, or says something else of itself. */
void long_list_server(struct engine *e);

/* Whether it is to be made again now. */
bool long_list_is_due(struct engine *e);

typedef void long_list_chunk(struct engine *e, const char *id,
    const struct lsa_space *space, const struct buf *packed);

/* Gives each chunk of what is to be said now, lent for the call. */
void long_list_make(struct engine *e, long_list_chunk *chunk);

#endif
