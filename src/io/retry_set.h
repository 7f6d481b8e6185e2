/*
 * retry_set.h - patterns whose mail is to be tried again, each once, with the
 * time from which on.
 */

#ifndef IO_RETRY_SET_H
#define IO_RETRY_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/tree.h"

struct retry_entry {
	struct tree_node node;
	struct mono at; /* its second round; 0 before the first */
	char *pattern;
};

/* Takes the entry. When its pattern is there already that waits as long as the
 * one of both that waits longer: a second round too early finds an MTA that
 * still remembers what was before the newer change. */
void retry_set_put(struct tree *set, struct retry_entry *entry);

/* The first entry, taken out, the caller's; NULL when there is none. */
struct retry_entry *retry_set_take(struct tree *set);

/* Ms until the first of the set is due; UINT64_MAX when it is empty. */
uint64_t retry_set_wait(const struct tree *set);

bool retry_set_has(const struct tree *set, const char *pattern);
void retry_set_clear(struct tree *set);

#endif
