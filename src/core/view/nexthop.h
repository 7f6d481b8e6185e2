/*
 * nexthop.h - next hops as a table shows them: addresses that may be
 * published, in an order that is stable and spreads load.
 *
 * The addresses are what our configuration gives for a connector's bridgehead
 * where the step is that connector's, else what the server itself announces.
 * Of several the first that answers our probe is the next hop; the others are
 * alternates, those that are down left out. Never published: what the MTA
 * beside us cannot connect to for want of the family, ourselves, an own
 * address, loopback (but in a lab), and what nobody can be sent to. (HACKING
 * 6, Tables)
 *
 * Equal next hops are ordered by the rank of the hop's name for the pattern
 * (base/rank.h), the greatest first: a hop that goes or comes moves no other
 * destination.
 */

#ifndef CORE_NEXTHOP_H
#define CORE_NEXTHOP_H

#include "core/view/facts.h"
#include "core/view/rib.h"

/*
 * One of our IP addresses with one of our ports: our mail service listens on
 * all of them. With another port it is another server behind the same public
 * address.
 */
bool nexthop_is_own(const struct setup *setup, const struct addr *a);

struct nexthop_book; /* addresses found already */

/* What it is given is lent. */
struct nexthop_book *nexthop_new(
    const struct facts *facts, const struct view_input *in);
void nexthop_free(struct nexthop_book *book);

/* What the addresses of a server (FACTS_NONE: of all) are made of may be other
 * now: they are found again. */
void nexthop_forget(struct nexthop_book *book, uint32_t server);

/*
 * The address for the step of this cost from ourselves to the server; family
 * 0 when it has none that may be published.
 */
struct addr nexthop_addr(
    struct nexthop_book *book, uint32_t server, uint64_t cost);

/* The address for our connector's bridgehead, which is this server; family 0
 * when it has none that may be published. */
struct addr nexthop_bridgehead(const struct nexthop_book *book,
    const struct setup_bridgehead *bridgehead, uint32_t server);

/* Steps of a route, with their costs. */
struct nexthop_list {
	const uint32_t *server;
	const uint64_t *cost; /* by place in `server` */
	uint32_t n;
};

/* Appends the best of them for route->pattern, as far as there is room, the
 * first one first. Their names are lent by the facts. */
void nexthop_equal(
    struct nexthop_book *book, struct nexthop_list list, struct route *route);

/* Appends them as alternates, in the order given; likewise. */
void nexthop_alternates(
    struct nexthop_book *book, struct nexthop_list list, struct route *route);

#endif
