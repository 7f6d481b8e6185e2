#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "core/lsa/lsa_list.h"
#include "t/core/world.h"

static char *
list_word(char **at)
{
	return strtok_r(NULL, " \t", at);
}

/* The patterns of one chunk stand in the order of a list. */
void
world_list(struct world *w, char *line, uint8_t type)
{
	struct lsa_space space = { 0 };
	struct buf packed = { 0 }, body = { 0 };
	const char *option, *last = "";
	struct lsa_key key = { .type = type };
	char *at = NULL;

	key.id = strtok_r(line, " \t", &at);
	key.origin = list_word(&at);
	CHECK(key.id != NULL && key.origin != NULL);
	while ((option = list_word(&at)) != NULL) {
		if (strcmp(option, "cost") == 0) {
			space.cost =
			    (uint32_t)strtoul(list_word(&at), NULL, 10);
		} else if (strcmp(option, "relay") == 0) {
			space.relay = true;
		} else {
			lsa_list_pack(&packed, last, option);
			last = option;
		}
	}
	lsa_list_encode(&body, type, &space, &packed);
	world_install(w, &key, packed.n > 0 ? &body : NULL);
	buf_done(&packed);
	buf_done(&body);
}

static int
by_space(const void *a, const void *b)
{
	const struct setup_space *x = a, *y = b;

	return strcmp(x->pattern, y->pattern);
}

void
world_listed(struct world *w, const char *pattern)
{
	struct setup *s = &w->setup;

	s->spaces = mem_grow(s->spaces, s->nspaces + 1, sizeof(*s->spaces));
	s->spaces[s->nspaces++] =
	    (struct setup_space){ .pattern =
				      mem_str(pattern + strspn(pattern, " ")),
		    .relay = true,
		    .listed = true };
	qsort(s->spaces, s->nspaces, sizeof(*s->spaces), by_space);
}
