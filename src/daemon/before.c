#include "daemon/before.h"

#include <string.h>

#define PLACES (BEFORE_MOST + 1)

static void
place_move(struct reload *to, struct reload *from)
{
	reload_done(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

void
before_put(struct before *b, struct reload *old)
{
	size_t n = b->n == 0 ? 1 : b->n;
	size_t kept = n - b->at; /* with what is in force now */

	place_move(&b->place[b->at], old);
	for (size_t i = 0; i < b->at; i++)
		reload_done(&b->place[i]);
	for (size_t i = 0; b->at > 0 && i < kept; i++)
		place_move(&b->place[i], &b->place[b->at + i]);
	if (kept == PLACES)
		reload_done(&b->place[--kept]);
	for (size_t i = kept; i > 0; i--)
		place_move(&b->place[i], &b->place[i - 1]);
	b->n = kept + 1;
	b->at = 0;
}

struct reload *
before_look(struct before *b, size_t place)
{
	return place < b->n && place != b->at ? &b->place[place] : NULL;
}

void
before_turn(struct before *b, size_t place)
{
	struct reload was = b->place[place];

	memset(&b->place[place], 0, sizeof(was));
	b->place[b->at] = was;
	b->at = place;
}

const struct conf *
before_newest(const struct before *b)
{
	return b->at == 0 ? NULL : b->place[0].conf;
}

void
before_done(struct before *b)
{
	for (size_t i = 0; i < PLACES; i++)
		reload_done(&b->place[i]);
	b->n = b->at = 0;
}
