#include "core/lsa/mta.h"

#include <string.h>

#include "base/mem.h"

#define LIFETIME_S (5 * 86400)

void
mta_init(struct mta *mta)
{
	*mta = (struct mta){ .ipv4 = true,
		.ipv6 = true,
		.dns = true,
		.queue_directory = "/var/spool/postfix",
		.lifetime_s = LIFETIME_S,
		.utf8 = true };
}

void
mta_patterns_add(struct mta_patterns *patterns, const char *pattern)
{
	patterns->v =
	    mem_grow(patterns->v, patterns->n + 1, sizeof(*patterns->v));
	patterns->v[patterns->n++] = mem_str(pattern);
}

void
mta_patterns_done(struct mta_patterns *patterns)
{
	for (size_t i = 0; i < patterns->n; i++)
		mem_free(patterns->v[i]);
	mem_free(patterns->v);
	*patterns = (struct mta_patterns){ 0 };
}

static struct mta_patterns
patterns_copy(const struct mta_patterns *from)
{
	struct mta_patterns to = { 0 };

	for (size_t i = 0; i < from->n; i++)
		mta_patterns_add(&to, from->v[i]);
	return to;
}

void
mta_copy(struct mta *to, const struct mta *from)
{
	*to = *from;
	to->local = patterns_copy(&from->local);
	to->routed = patterns_copy(&from->routed);
}

void
mta_done(struct mta *mta)
{
	mta_patterns_done(&mta->local);
	mta_patterns_done(&mta->routed);
	*mta = (struct mta){ 0 };
}

static bool
patterns_same(const struct mta_patterns *a, const struct mta_patterns *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

bool
mta_same(const struct mta *a, const struct mta *b)
{
	return a->asks == b->asks && a->asks_default == b->asks_default &&
	       strcmp(a->missing, b->missing) == 0 && a->read == b->read &&
	       a->ipv4 == b->ipv4 && a->ipv6 == b->ipv6 && a->dns == b->dns &&
	       a->native == b->native && a->chroot == b->chroot &&
	       addr_equal(&a->bind4, &b->bind4) &&
	       addr_equal(&a->bind6, &b->bind6) &&
	       strcmp(a->delimiters, b->delimiters) == 0 &&
	       strcmp(a->queue_directory, b->queue_directory) == 0 &&
	       a->lifetime_s == b->lifetime_s && a->utf8 == b->utf8 &&
	       a->filters_smtp == b->filters_smtp &&
	       a->filters_local == b->filters_local && a->copies == b->copies &&
	       patterns_same(&a->local, &b->local) &&
	       patterns_same(&a->routed, &b->routed);
}

static bool
lsa_mta_has(const struct mta_patterns *patterns, const char *pattern)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (strcmp(patterns->v[i], pattern) == 0)
			return true;
	return false;
}

bool
mta_has(const struct mta *mta, const char *pattern)
{
	return lsa_mta_has(&mta->local, pattern);
}

bool
mta_routes(const struct mta *mta, const char *pattern)
{
	return lsa_mta_has(&mta->routed, pattern);
}

const char *
mta_asks_word(enum mta_asks asks)
{
	static const char *const words[] = { "unknown", "yes", "no" };

	return words[asks];
}
