#include "core/lsa/mta.h"

#include <stdio.h>
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

static bool
smtp_same(const struct mta *a, const struct mta *b)
{
	if (a->nsmtp != b->nsmtp)
		return false;
	for (size_t i = 0; i < a->nsmtp; i++)
		if (!addr_equal(&a->smtp[i], &b->smtp[i]))
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
	       smtp_same(a, b) && a->filters_smtp == b->filters_smtp &&
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

/* --- several on one host ----------------------------------------------------- */

static enum mta_asks
asks_join(enum mta_asks a, enum mta_asks b)
{
	if (a == MTA_NO || b == MTA_NO)
		return MTA_NO;
	return a == MTA_UNKNOWN || b == MTA_UNKNOWN ? MTA_UNKNOWN : MTA_YES;
}

/* "Postfix: transport_maps, Exim: a router with transport.cdb" */
static void
missing_join(struct mta *out, const struct mta_of *of)
{
	size_t n = strlen(out->missing);

	if (of->mta->asks == MTA_YES)
		return;
	snprintf(out->missing + n, sizeof(out->missing) - n, "%s%s: %s",
	    n > 0 ? ", " : "", of->name, of->mta->missing);
}

static void
delimiters_join(struct mta *out, const struct mta *other)
{
	for (const char *c = other->delimiters; *c != '\0'; c++) {
		size_t n = strlen(out->delimiters);

		if (strchr(out->delimiters, *c) == NULL &&
		    n + 1 < sizeof(out->delimiters)) {
			out->delimiters[n] = *c;
			out->delimiters[n + 1] = '\0';
		}
	}
}

/* What is local in one alone is mail to be relayed in the other. */
static void
local_join(struct mta *out, const struct mta *other)
{
	struct mta_patterns all = out->local;

	out->local = (struct mta_patterns){ 0 };
	for (size_t i = 0; i < all.n; i++)
		if (mta_has(other, all.v[i]))
			mta_patterns_add(&out->local, all.v[i]);
	mta_patterns_done(&all);
}

static void
facts_join(struct mta *out, const struct mta *other)
{
	out->ipv4 &= other->ipv4;
	out->ipv6 &= other->ipv6;
	out->utf8 &= other->utf8;
	if (out->bind4.family == 0)
		out->bind4 = other->bind4;
	if (out->bind6.family == 0)
		out->bind6 = other->bind6;
	delimiters_join(out, other);
	if (other->lifetime_s < out->lifetime_s)
		out->lifetime_s = other->lifetime_s;
	out->filters_smtp |= other->filters_smtp;
	out->filters_local |= other->filters_local;
	out->copies |= other->copies;
	local_join(out, other);
	for (size_t i = 0; i < other->routed.n; i++)
		if (!mta_routes(out, other->routed.v[i]))
			mta_patterns_add(&out->routed, other->routed.v[i]);
}

void
mta_join(struct mta *out, const struct mta_of *of, size_t n)
{
	size_t first = 0;

	while (first + 1 < n && !of[first].mta->read)
		first++;
	mta_copy(out, of[first].mta);
	if (n == 1)
		return;
	out->asks = out->asks_default = MTA_YES;
	out->missing[0] = '\0';
	out->writing = false;
	for (size_t i = 0; i < n; i++) {
		const struct mta *one = of[i].mta;

		out->asks = asks_join(out->asks, one->asks);
		out->asks_default =
		    asks_join(out->asks_default, one->asks_default);
		missing_join(out, &of[i]);
		out->writing |= one->writing;
		if (i > first && one->read)
			facts_join(out, one);
	}
	out->writing &= out->asks == MTA_UNKNOWN;
}

const char *
mta_asks_word(enum mta_asks asks)
{
	static const char *const words[] = { "unknown", "yes", "no" };

	return words[asks];
}
