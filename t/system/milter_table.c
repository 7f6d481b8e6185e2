#include "t/system/milter_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rc.h"
#include "core/trace/mtable.h"
#include "core/trace/mtable_net.h"
#include "crypt/keys.h"

#define KEYS 64

struct making {
	struct mtable_key keys[KEYS];
	size_t nkeys;
	struct mtable_history history;
	VEC(struct route) routes;
	struct mtable_net net;
	struct policy policies[2 * KEYS]; /* of its steps */
	struct mtable_mta mta;
};

static void
fail(const char *what)
{
	fprintf(stderr, "milter_table: %s\n", what);
	exit(1);
}

static struct mtable_version
version(char **argv)
{
	return (struct mtable_version){ strtoull(argv[0], NULL, 10),
		strtoull(argv[1], NULL, 10) };
}

static void
key(struct making *m, char **argv)
{
	struct mtable_key *k = &m->keys[m->nkeys++];

	if (m->nkeys == KEYS ||
	    keys_mark_public(argv[1], k->public_key) != RC_OK)
		fail(argv[1]);
	snprintf(k->name, sizeof(k->name), "%s", argv[0]);
	keys_digest(k->public_key, k->digest);
}

static void
route(struct making *m, char **argv)
{
	struct route r = { .pattern = argv[0],
		.kind = ROUTE_REMOTE,
		.server = argv[1],
		.cost = 1,
		.hops = 1,
		.nhops = 1 };

	r.hop[0].name = argv[1];
	if (!addr_read(&r.hop[0].addr, argv[2]))
		fail(argv[2]);
	vec_push(&m->routes, r);
}

static void
step(struct making *m, const char *address, uint64_t size, char *schedule)
{
	struct policy *policy = &m->policies[m->net.own.n];
	struct mtable_step own = { .to = (uint32_t)m->net.net.servers.n - 1,
		.cost = (uint32_t)(10 * (m->net.own.n + 1)),
		.policy = policy };

	if (m->net.own.n == 2 * KEYS || !addr_read(&own.addr, address))
		fail(address);
	policy->max_size = size;
	policy->schedule = schedule;
	vec_push(&m->net.own, own);
	vec_push(&m->net.net.steps,
	    ((struct net_step){ 0, own.to, own.cost, 1, policy }));
}

static void
server(struct making *m, const char *name, uint64_t widest)
{
	uint32_t n = (uint32_t)m->net.net.servers.n;

	vec_push(
	    &m->net.net.servers, ((struct net_server){ name, n, true, true }));
	vec_push(&m->net.widest, widest);
}

static void
limits(struct making *m, char **argv)
{
	uint64_t cheap = strtoull(argv[4], NULL, 10);
	uint64_t other = strtoull(argv[7], NULL, 10);

	if (m->net.net.servers.n == 0)
		server(m, argv[0], UINT64_MAX);
	server(m, argv[1], cheap > other ? cheap : other);
	vec_push(&m->net.net.claims,
	    ((struct net_claim){ .pattern = argv[2],
		.server = (uint32_t)m->net.net.servers.n - 1 }));
	step(m, argv[3], cheap, argv[5][0] == '\0' ? NULL : argv[5]);
	step(m, argv[6], other, NULL);
}

static void
mta(struct making *m, char **argv)
{
	snprintf(m->mta.delimiters, sizeof(m->mta.delimiters), "%s", argv[0]);
	m->mta.filters_smtp = strchr(argv[1], 's') != NULL;
	m->mta.filters_local = strchr(argv[1], 'l') != NULL;
	m->mta.copies = strchr(argv[1], 'c') != NULL;
}

/* So many words follow. */
static bool
left(char **argv, int n)
{
	while (n > 0 && argv[1] != NULL) {
		argv++;
		n--;
	}
	return n == 0;
}

static void
words(struct making *m, char **argv)
{
	while (*argv != NULL) {
		if (strcmp(*argv, "since") == 0 && argv[1] && argv[2] &&
		    argv[3]) {
			mtable_history_add(&m->history, version(argv + 1),
			    strtoull(argv[3], NULL, 10));
			argv += 4;
		} else if (strcmp(*argv, "key") == 0 && argv[1] && argv[2]) {
			key(m, argv + 1);
			argv += 3;
		} else if (strcmp(*argv, "route") == 0 && argv[1] && argv[2] &&
			   argv[3]) {
			route(m, argv + 1);
			argv += 4;
		} else if (strcmp(*argv, "mta") == 0 && left(argv, 2)) {
			mta(m, argv + 1);
			argv += 3;
		} else if (strcmp(*argv, "limits") == 0 && left(argv, 8)) {
			limits(m, argv + 1);
			argv += 9;
		} else
			fail(*argv);
	}
}

static void
finish(struct making *m, const char *path, struct mtable_version now)
{
	struct buf annex_octets = { 0 }, keys = { 0 }, net = { 0 };
	struct mtable_writer writer = { 0 };
	struct buf out = { 0 };
	struct mtable_annex annex;
	char next[512];
	FILE *file;

	mtable_keys_encode(&keys, m->keys, m->nkeys);
	if (m->net.net.servers.n > 0)
		mtable_net_encode(&net, &m->net);
	mtable_annex_encode(&annex_octets, now, &m->mta, &keys, &net);
	if (mtable_annex_decode(annex_octets.p, annex_octets.n, &annex) !=
	    RC_OK)
		fail("no annex");
	mtable_history_add(
	    &m->history, now, (uint64_t)time(NULL) * 1000 - 1000);
	mtable_net_done(&m->net);
	for (size_t i = 0; i < m->routes.n; i++)
		mtable_add_route(&writer, &m->routes.v[i], now);
	vec_done(&m->routes);
	mtable_end(&writer, &annex, &m->history, &out);
	snprintf(next, sizeof(next), "%s.new", path);
	file = fopen(next, "wb");
	if (file == NULL || fwrite(out.p, 1, out.n, file) != out.n ||
	    fclose(file) != 0 || rename(next, path) != 0)
		fail(path);
	buf_done(&keys);
	buf_done(&net);
	buf_done(&annex_octets);
	buf_done(&out);
}

static int
keys_make(char **paths)
{
	for (; *paths != NULL; paths++) {
		struct evp_pkey_st *key = keys_new();

		if (keys_write(*paths, key, KEYS_MARK, &keys_force) != RC_OK)
			fail(*paths);
		keys_free(key);
	}
	return 0;
}

int
milter_table(int argc, char **argv)
{
	static struct making m;

	if (argc > 2 && strcmp(argv[1], "new") == 0)
		return keys_make(argv + 2);
	if (argc < 4)
		fail("usage: FILE EPOCH GENERATION WORD...");
	words(&m, argv + 4);
	finish(&m, argv[1], version(argv + 2));
	return 0;
}
