#include "daemon/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/wire/msg.h"
#include "plugins/plugin.h"

static bool
merge_has_addr(const struct setup_peer *peer, const struct addr *addr)
{
	for (size_t i = 0; i < peer->naddrs; i++)
		if (addr_equal(&peer->addrs[i], addr))
			return true;
	return false;
}

/* The configuration's addresses come first. */
static void
add_addrs(struct setup_peer *to, const struct setup_peer *from)
{
	to->addrs =
	    mem_grow(to->addrs, to->naddrs + from->naddrs, sizeof(*to->addrs));
	for (size_t i = 0; i < from->naddrs; i++)
		if (!merge_has_addr(to, &from->addrs[i]))
			to->addrs[to->naddrs++] = from->addrs[i];
}

static struct setup_peer *
merge_peer_get(struct setup *setup, const char *name)
{
	struct setup_peer *peer;

	for (size_t i = 0; i < setup->npeers; i++)
		if (strcmp(setup->peers[i].name, name) == 0)
			return &setup->peers[i];
	peer = &setup->peers[setup->npeers++];
	peer->name = mem_str(name);
	return peer;
}

/* Where another server may be: nobody who may write our DNS has us dial
 * ourselves. */
static bool
merge_is_elsewhere(const struct setup *setup, const struct addr *addr)
{
	for (size_t i = 0; i < setup->announced.nlisten; i++)
		if (addr_equal(&setup->announced.listen[i], addr))
			return false;
	return addr_is_hop(addr, setup->lab);
}

/* What DNS has found of one, as far as it may be. */
static void
merge_found(struct setup *setup, const struct setup_peer *found)
{
	struct setup_peer may = { .name = found->name };

	if (strcmp(found->name, setup->server) == 0)
		return;
	may.addrs = mem_new(0, found->naddrs + 1, sizeof(*may.addrs));
	for (size_t i = 0; i < found->naddrs; i++)
		if (merge_is_elsewhere(setup, &found->addrs[i]))
			may.addrs[may.naddrs++] = found->addrs[i];
	if (may.naddrs > 0)
		add_addrs(merge_peer_get(setup, found->name), &may);
	mem_free(may.addrs);
}

static int
merge_order(const void *a, const void *b)
{
	const struct setup_peer *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
merge_peers(struct setup *setup, const struct conf *conf, const struct srv *srv)
{
	size_t n;
	const struct setup_peer *found = srv_peers(srv, &n);

	setup->npeers = 0;
	setup->peers =
	    mem_new(0, conf->setup.npeers + n, sizeof(*setup->peers));
	for (size_t i = 0; i < conf->setup.npeers; i++)
		add_addrs(merge_peer_get(setup, conf->setup.peers[i].name),
		    &conf->setup.peers[i]);
	for (size_t i = 0; i < n; i++)
		merge_found(setup, &found[i]);
	if (setup->npeers > 1)
		qsort(setup->peers, setup->npeers, sizeof(*setup->peers),
		    merge_order);
}

/* A message may wait as long as the one lets it that keeps it longest. */
static void
merge_mtas(struct setup *setup, const struct conf *conf)
{
	const char *mtas[CONF_MTAS];
	size_t n = conf_mtas(conf, mtas);

	setup->mta.queue_s = 0;
	for (size_t i = 0; i < n; i++) {
		struct mta mta;

		mta_init(&mta);
		plugin_queue_of(mtas[i])->look(
		    &mta, conf_mta_directory(conf, mtas[i]));
		if (mta.lifetime_s > setup->mta.queue_s)
			setup->mta.queue_s = mta.lifetime_s;
	}
}

struct setup *
merge_setup(const struct conf *conf, const struct srv *srv)
{
	struct setup *setup = mem_dup(&conf->setup, sizeof(*setup));

	merge_peers(setup, conf, srv);
	merge_mtas(setup, conf);
	setup->announced.program = PACKAGE_VERSION;
	setup->announced.reads = MSG_VERSION;
	setup->spaces = mem_dup(
	    conf->setup.spaces, setup->nspaces * sizeof(*setup->spaces));
	for (size_t i = 0; i < conf->nlookups; i++) {
		const struct conf_lookup *lookup = &conf->lookups[i];
		struct addr way = srv_way(srv, i);

		/* Before it has one: by its name all the same. */
		if (way.family == 0 && srv_is_built())
			way.port = lookup->port;
		setup->spaces[lookup->space].probe = way;
		setup->spaces[lookup->space].probe_name = lookup->host;
	}
	return setup;
}

void
merge_free(struct setup *setup)
{
	if (setup == NULL)
		return;
	for (size_t i = 0; i < setup->npeers; i++) {
		mem_free(setup->peers[i].name);
		mem_free(setup->peers[i].addrs);
	}
	mem_free(setup->peers);
	mem_free(setup->spaces);
	mem_free(setup);
}
