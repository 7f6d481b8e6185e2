#include "io/names.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/mono.h"
#include "base/tree.h"
#include "sys/clock.h"

struct name {
	struct tree_node node;
	char *name;
	bool asking;
	struct mono old_at;
	enum names_is is;
	struct addr addrs[SRV_ADDRESSES];
	size_t naddrs;
};

struct names {
	struct srv *srv;
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
	return names;
}

static void
on_name_answer(
    void *ctx, enum srv_answer answer, const struct addr *addrs, size_t n)
{
	struct name *name = ctx;

	name->asking = false;
	if (answer == SRV_NO_ANSWER)
		return;
	name->is = n > 0 ? NAMES_THERE : NAMES_NOWHERE;
	name->naddrs = n;
	memcpy(name->addrs, addrs, n * sizeof(*addrs));
}

static struct name *
name_of(struct names *names, const char *text)
{
	struct tree_node *n = tree_find(&names->all, text, by_name_text);
	struct name *name;

	if (n != NULL)
		return tree_entry(n, struct name, node);
	name = mem_new(sizeof(*name), 0, 0);
	name->name = mem_str(text);
	tree_insert(&names->all, &name->node, name->name, by_name_text);
	return name;
}

static struct addr
best_address(const struct name *name, const struct addr *like)
{
	struct addr first = name->addrs[0], kin = { 0 };

	for (size_t i = 0; i < name->naddrs; i++) {
		struct addr addr = name->addrs[i];

		addr.port = like->port;
		if (addr_equal(&addr, like))
			return addr;
		if (kin.family == 0 && addr.family == like->family)
			kin = addr;
	}
	first.port = like->port;
	return kin.family != 0 ? kin : first;
}

void
names_by(struct names *names, const struct mta *mta)
{
	struct resolv resolv = { 0 };

	if (mta != NULL && mta->read) {
		resolv.dns = mta->dns;
		resolv.native = mta->native;
	}
	if (mta != NULL && mta->read && mta->chroot)
		snprintf(resolv.path, sizeof(resolv.path), "%s/etc/resolv.conf",
		    mta->queue_directory);
	if (!srv_by(names->srv, &resolv))
		return;
	for (struct tree_node *n = tree_first(&names->all); n != NULL;
	     n = tree_next(n))
		tree_entry(n, struct name, node)->old_at = (struct mono){ 0 };
}

enum names_is
names_look(struct names *names, const char *text, struct addr *addr)
{
	struct name *name = name_of(names, text);
	struct mono now = clock_mono();

	if (!name->asking && mono_due(name->old_at, now)) {
		name->asking = true;
		name->old_at = mono_after(now, NAMES_OLD_MS);
		srv_resolve(names->srv, name->name, on_name_answer, name);
	}
	if (name->is == NAMES_THERE)
		*addr = best_address(name, addr);
	return name->is;
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
