#include "t/sim/agenda.h"

#include "base/check.h"

static bool
before(const struct agenda_item *a, const struct agenda_item *b)
{
	if (a->at.ms != b->at.ms)
		return a->at.ms < b->at.ms;
	return a->serial < b->serial;
}

static void
swap(struct agenda *agenda, size_t i, size_t j)
{
	struct agenda_item item = agenda->heap.v[i];

	agenda->heap.v[i] = agenda->heap.v[j];
	agenda->heap.v[j] = item;
}

void
agenda_add(struct agenda *agenda, struct mono at, void *what)
{
	struct agenda_item item = { at, agenda->serial++, what };
	size_t i = agenda->heap.n;

	vec_push(&agenda->heap, item);
	for (; i > 0; i = (i - 1) / 2) {
		if (!before(&agenda->heap.v[i], &agenda->heap.v[(i - 1) / 2]))
			break;
		swap(agenda, i, (i - 1) / 2);
	}
}

struct mono
agenda_next(const struct agenda *agenda)
{
	return agenda->heap.n == 0 ? MONO_NEVER : agenda->heap.v[0].at;
}

void *
agenda_take(struct agenda *agenda)
{
	void *what;
	size_t i = 0;

	CHECK(agenda->heap.n > 0);
	what = agenda->heap.v[0].what;
	agenda->heap.v[0] = agenda->heap.v[--agenda->heap.n];
	for (;;) {
		size_t least = i;

		for (size_t j = 2 * i + 1; j <= 2 * i + 2; j++)
			if (j < agenda->heap.n &&
			    before(&agenda->heap.v[j], &agenda->heap.v[least]))
				least = j;
		if (least == i)
			return what;
		swap(agenda, i, least);
		i = least;
	}
}

void
agenda_done(struct agenda *agenda)
{
	vec_done(&agenda->heap);
}
