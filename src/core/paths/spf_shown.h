/*
 * spf_shown.h - the paths that are shown, kept as a tree: who stands before
 * each node on the least of its least ways by names.
 *
 * All least ways to a node have as many hops, so the least of them begins with
 * the least to whom it comes from: one server a node tells all of it. Which of
 * several that is, is found by going back from both to where they part.
 */

#ifndef CORE_SPF_SHOWN_H
#define CORE_SPF_SHOWN_H

#include "core/paths/spf.h"

/* The search is to keep it from now on: once spf_from() has run. */
void spf_shown_keep(struct spf *s);

/* Of one node, from those nearer than it. True: it is another than it was. */
bool spf_shown_find(struct spf *s, uint32_t node);

/* As spf_path(). */
uint32_t spf_shown_path(const struct spf *s, uint32_t to, uint32_t *out);

#endif
