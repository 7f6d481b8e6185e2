#include "core/mta.h"

#include <string.h>

#include "base/mem.h"

#define LIFETIME_S (5 * 86400)

void
mta_init(struct mta *mta)
{
	*mta = (struct mta){ .ipv4 = true,
		.ipv6 = true,
		.queue_directory = "/var/spool/postfix",
		.lifetime_s = LIFETIME_S,
		.utf8 = true };
}

void
mta_copy(struct mta *to, const struct mta *from)
{
	*to = *from;
	to->local = mem_new(0, from->nlocal, sizeof(*to->local));
	for (size_t i = 0; i < from->nlocal; i++)
		to->local[i] = mem_str(from->local[i]);
}

void
mta_done(struct mta *mta)
{
	for (size_t i = 0; i < mta->nlocal; i++)
		mem_free(mta->local[i]);
	mem_free(mta->local);
	*mta = (struct mta){ 0 };
}

static bool
same_local(const struct mta *a, const struct mta *b)
{
	if (a->nlocal != b->nlocal)
		return false;
	for (size_t i = 0; i < a->nlocal; i++)
		if (strcmp(a->local[i], b->local[i]) != 0)
			return false;
	return true;
}

bool
mta_same(const struct mta *a, const struct mta *b)
{
	return a->asks == b->asks && a->asks_default == b->asks_default &&
	       strcmp(a->missing, b->missing) == 0 && a->read == b->read &&
	       a->ipv4 == b->ipv4 && a->ipv6 == b->ipv6 &&
	       addr_equal(&a->bind4, &b->bind4) &&
	       addr_equal(&a->bind6, &b->bind6) &&
	       strcmp(a->delimiters, b->delimiters) == 0 &&
	       strcmp(a->queue_directory, b->queue_directory) == 0 &&
	       a->lifetime_s == b->lifetime_s && a->utf8 == b->utf8 &&
	       same_local(a, b);
}

bool
mta_has(const struct mta *mta, const char *pattern)
{
	for (size_t i = 0; i < mta->nlocal; i++)
		if (strcmp(mta->local[i], pattern) == 0)
			return true;
	return false;
}

const char *
mta_asks_word(enum mta_asks asks)
{
	static const char *const words[] = { "unknown", "yes", "no" };

	return words[asks];
}
