#include "io/names.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/mono.h"
#include "base/tree.h"
#include "sys/clock.h"

struct name {
	struct tree_node node;
	struct names *names;
	char *name;
	bool asking;
	struct mono old_at;
	enum names_is is; /* by the last answer */
	struct addr addrs[SRV_ADDRESSES];
	size_t naddrs;
	struct addr last;   /* that answered a probe */
	unsigned fails;     /* while others were answered in between */
	struct mono failed; /* the last time */
};

struct names {
	struct srv *srv;
	uint64_t old_ms, again_ms;
	bool begun;           /* it is known by what to ask */
	struct mono answered; /* any of them, the last time */
	void (*told)(void *ctx);
	void *ctx;
	struct tree all; /* servers that were ever a next hop of ours: few */
};

static int
by_name_text(const void *key, const struct tree_node *node)
{
	return strcmp(key, tree_entry(node, const struct name, node)->name);
}

struct names *
names_new(struct srv *srv)
{
	struct names *names = mem_new(sizeof(*names), 0, 0);

	names->srv = srv;
	names_times(names, NAMES_OLD_MS, NAMES_AGAIN_MS);
	return names;
}

void
names_times(struct names *names, uint64_t old_ms, uint64_t again_ms)
{
	names->old_ms = old_ms;
	names->again_ms = again_ms;
}

void
names_watch(struct names *names, void (*told)(void *ctx), void *ctx)
{
	names->told = told;
	names->ctx = ctx;
}

static void
names_tell(struct names *names)
{
	if (names->told != NULL)
		names->told(names->ctx);
}

/* It counts where another name was answered since it failed before: a want of
 * this host's own is nothing that one name has. */
static void
name_failed(struct name *name)
{
	struct mono now = clock_mono();

	if (name->names->answered.ms > name->failed.ms)
		name->fails++;
	name->failed = now;
	name->old_at = mono_after(now, name->names->again_ms);
}

static void
on_name_answer(
    void *ctx, enum srv_answer answer, const struct addr *addrs, size_t n)
{
	struct name *name = ctx;

	name->asking = false;
	if (answer == SRV_NO_ANSWER) {
		name_failed(name);
	} else {
		name->fails = 0;
		name->names->answered = clock_mono();
		name->is = n > 0 ? NAMES_THERE : NAMES_NOWHERE;
		name->naddrs = n;
		memcpy(name->addrs, addrs, n * sizeof(*addrs));
	}
	names_tell(name->names);
}

static struct name *
name_of(struct names *names, const char *text)
{
	struct tree_node *n = tree_find(&names->all, text, by_name_text);
	struct name *name;

	if (n != NULL)
		return tree_entry(n, struct name, node);
	name = mem_new(sizeof(*name), 0, 0);
	name->names = names;
	name->is = NAMES_UNKNOWN;
	name->name = mem_str(text);
	tree_insert(&names->all, &name->node, name->name, by_name_text);
	return name;
}

/* 0: before all others. */
static unsigned
name_rank(const struct name *name, const struct addr *a, const struct addr *to)
{
	return addr_same_ip(a, &name->last) ? 0
	       : addr_same_ip(a, to)        ? 1
	       : a->family == to->family    ? 2
	                                    : 3;
}

/* The nth of them; false: there are fewer. */
static bool
name_address(const struct name *name, struct addr *to, size_t nth)
{
	for (unsigned rank = 0; rank <= 3 && nth < NAMES_TRIED; rank++) {
		for (size_t i = 0; i < name->naddrs; i++) {
			struct addr a = name->addrs[i];

			if (name_rank(name, &a, to) != rank || nth-- > 0)
				continue;
			a.port = to->port;
			*to = a;
			return true;
		}
	}
	return false;
}

static struct resolv
names_resolv(const struct mta *mta)
{
	struct resolv resolv = { 0 };

	if (mta == NULL || !mta->read)
		return resolv;
	resolv.dns = mta->dns;
	resolv.native = mta->native;
	resolv.family = !mta->ipv6 ? 4 : !mta->ipv4 ? 6 : 0;
	if (!mta->chroot)
		return resolv;
	snprintf(resolv.path, sizeof(resolv.path), "%s/etc/resolv.conf",
	    mta->queue_directory);
	snprintf(resolv.hosts, sizeof(resolv.hosts), "%s/etc/hosts",
	    mta->queue_directory);
	return resolv;
}

void
names_by(struct names *names, const struct mta *mta)
{
	struct resolv resolv = names_resolv(mta);
	bool begins = !names->begun;

	names->begun = true;
	if (!srv_by(names->srv, &resolv) && !begins)
		return;
	for (struct tree_node *n = tree_first(&names->all); n != NULL;
	     n = tree_next(n)) {
		struct name *name = tree_entry(n, struct name, node);

		name->is = NAMES_UNKNOWN;
		name->naddrs = name->fails = 0;
		name->old_at = (struct mono){ 0 };
	}
	names_tell(names);
}

static void
name_ask(struct names *names, struct name *name)
{
	struct mono now = clock_mono();

	if (name->asking || !mono_due(name->old_at, now))
		return;
	name->asking = true;
	name->old_at = mono_after(now, names->old_ms);
	srv_resolve(names->srv, name->name, on_name_answer, name);
}

enum names_is
names_look(struct names *names, const char *text, struct addr *addr, size_t nth)
{
	struct name *name = name_of(names, text);

	if (!names->begun)
		return NAMES_ASKING;
	name_ask(names, name);
	if (name->fails >= NAMES_FAILS)
		return NAMES_NOWHERE;
	if (name->is == NAMES_UNKNOWN)
		return name->asking ? NAMES_ASKING : NAMES_UNKNOWN;
	if (name->is == NAMES_THERE && name_address(name, addr, nth))
		return NAMES_THERE;
	return NAMES_NOWHERE;
}

void
names_answered(struct names *names, const char *text, const struct addr *addr)
{
	name_of(names, text)->last = *addr;
}

void
names_free(struct names *names)
{
	struct tree_node *n;

	while (names != NULL && (n = tree_first(&names->all)) != NULL) {
		struct name *name = tree_entry(n, struct name, node);

		tree_remove(&names->all, n);
		mem_free(name->name);
		mem_free(name);
	}
	mem_free(names);
}
