/*
 * mtable_net.h - the net in the milter's table, for messages that a connector
 * does not admit: what routing sees (net.h), where our own steps lead, and
 * what could pass if every link were up. It is there only where a connector
 * has limits.
 *
 *     u32  our number among the servers; u32 n of servers, of parts, of
 *          policies, of steps, of claims, of own steps
 *     servers by name: u8 n name, u32 group, u8 flags (1 present, 2
 *          transit), u64 widest
 *     policies: u64 largest, u8 priorities, u64 large, u16 n schedule, u16 n
 *          large schedule, u16 n of senders allowed, of those denied, each
 *          u16 n sender
 *     steps: u32 from, u32 to, u32 cost, u8 hops, u32 policy + 1 (0: none)
 *     claims by pattern, then server: u16 n pattern, u32 server, u32 cost,
 *          u8 flags (1 local, 2 fallback, 4 relay, 8 down)
 *     own steps: u32 to, u32 cost, u32 policy + 1, u8 family, 4 or 16
 *          octets, u16 port
 *     hops that refuse to relay, if there are any: u32 n, n times u16 n
 *          pattern, u8 family, 4 or 16 octets, u16 port. Who does not know of
 *          them takes no net with some.
 *     transports of own steps, if one has any: for each u16 n transport.
 *          Likewise; the number of hops that refuse stands before them then,
 *          0 perhaps.
 */

#ifndef CORE_MTABLE_NET_H
#define CORE_MTABLE_NET_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/cur.h"
#include "core/paths/net.h"

/* A step of our own, and the mail service it leads to. */
struct mtable_step {
	uint32_t to, cost;
	const struct policy *policy; /* NULL: no limits */
	struct addr addr;
	const char *by; /* our transport for it (way_by()); NULL: that of all */
};

/* A hop that refuses to relay for a pattern (refusal.h): left out. */
struct mtable_refusal {
	const char *pattern;
	struct addr hop;
};

struct mtable_net {
	struct net net;
	uint32_t self;
	VEC(struct mtable_step) own;
	VEC(struct mtable_refusal) refusals;

	/* By server: the largest message that some way there admits if all
	 * that is configured is up; UINT64_MAX: any, 0: there is no way. */
	VEC(uint64_t) widest;

	struct policy *policies; /* of the steps; read from octets */
	size_t npolicies;
	VEC(char *) texts; /* likewise: names and patterns */
};

/* Whether a step has limits. */
bool mtable_net_limits(const struct net *net);

void mtable_net_encode(struct buf *out, const struct mtable_net *net);

/*
 * On RC_OK *out owns all it points at and is ended with mtable_net_done();
 * else there is nothing to end.
 */
int mtable_net_decode(struct cur in, struct mtable_net *out);

/*
 * What limits there are in a net, by their sums: sorted, each once. A message
 * that all of these admit was admitted everywhere before as well, if there were
 * none but these. Starts as all zero.
 */
struct mtable_limits {
	VEC(uint64_t) sums;
};

/* In place of what is in it; of octets that are no net: none. */
void mtable_limits_read(struct mtable_limits *limits, struct cur net);

/* Each of them is among those. */
bool mtable_limits_within(
    const struct mtable_limits *limits, const struct mtable_limits *those);

bool mtable_net_refuses(
    const struct mtable_net *net, const char *pattern, const struct addr *hop);

void mtable_net_done(struct mtable_net *net);

#endif
