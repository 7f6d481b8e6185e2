#include "t/core/ring.h"

#include <stdio.h>

#include "base/mem.h"
#include "core/lsa/limits.h"

static void
ring_server(struct world *w, int i, int n)
{
	int next = (i + 1) % n, last = (i + n - 1) % n;
	struct buf out = { 0 };
	char *said;

	buf_printf(&out, "server s%06d.x g%06d nbr s%06d.x,s%06d.x%s", i, i,
	    next < last ? next : last, next < last ? last : next,
	    i == 0 ? ",t.x" : "");
	for (int k = 0; k < (i == 0 ? RING_NEAR : 4); k++) {
		int to = (int)((4L * i + k) % n);

		if (to == i)
			continue;
		buf_printf(&out,
		    ";connector c%d s%06d.x g%06d s%06d.x=%d+@10.9.%d.%d:25", k,
		    i, to, to, 1 + (i * 7 + to * 13) % 90, k, 1 + i % 200);
		if (i % 3 == 0 && k % 3 == 0)
			buf_printf(&out, " size %d", RING_SIZE);
	}
	buf_printf(&out, ";space d%06d.x s%06d.x", i, i);
	said = buf_string(&out);
	world_say(w, said);
	mem_free(said);
}

void
ring_world(struct world *w, int servers)
{
	world_init(w);
	world_say(w, "self s000000.x g000000");
	for (int i = 0; i < servers; i++)
		ring_server(w, i, servers);
}

static void
ring_connector(struct world *w, int number, int servers)
{
	char name[16], text[LIMIT_BRIDGEHEADS + LIMIT_SENDERS][16], times[40];
	char *deny[LIMIT_SENDERS], group[] = "g000000";
	struct lsa_bridgehead to[LIMIT_BRIDGEHEADS];
	struct lsa_connector said = { .group = group,
		.bridgeheads = to,
		.nbridgeheads = LIMIT_BRIDGEHEADS,
		.policy = &(struct policy){
		    .deny = deny, .ndeny = LIMIT_SENDERS, .schedule = times } };
	struct lsa_key key = { "t.x", name, LSA_CONNECTOR };
	struct buf body = { 0 };
	int first = number * LIMIT_BRIDGEHEADS % (servers - LIMIT_BRIDGEHEADS);

	snprintf(name, sizeof(name), "c%03d", number);
	snprintf(times, sizeof(times), "00:00-%02d:%02d", 1 + number / 60 % 23,
	    number % 60);
	for (int i = 0; i < LIMIT_BRIDGEHEADS; i++) {
		snprintf(text[i], sizeof(text[i]), "s%06d.x", first + i);
		to[i] = (struct lsa_bridgehead){ text[i], true, 65000 };
	}
	for (int i = 0; i < LIMIT_SENDERS; i++) {
		deny[i] = text[LIMIT_BRIDGEHEADS + i];
		snprintf(deny[i], sizeof(text[0]), "a%02d.x", i);
	}
	lsa_connector_encode(&body, &said);
	world_install(w, &key, &body);
	buf_done(&body);
}

void
ring_insider(struct world *w, int servers, int connectors)
{
	world_say(w, "server t.x g nbr s000000.x");
	for (int i = 0; i < connectors; i++)
		ring_connector(w, i, servers);
}
