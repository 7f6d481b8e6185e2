/*
 * filed.h - a table of the milter as it is in its file: of generation 7, with four
 * routes (*, .example.org, paris.example.org, u@paris.example.org) and three keys.
 */

#ifndef T_CORE_FILED_H
#define T_CORE_FILED_H

#include "core/trace/mtable.h"
#include "core/view/rib.h"

/* Opened, at its exact size; the caller frees it. */
uint8_t *filed_open(struct mtable *t);

/* What it is made of: the key of a letter, and a remote route by these hops, the
 * second one an alternate. */
void filed_key(struct mtable_key *key, char letter, const char *name);
void filed_route(
    struct mtable_writer *w, const char *pattern, const char *a, const char *b);

#endif
