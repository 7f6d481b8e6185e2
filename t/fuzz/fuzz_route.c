/*
 * fuzz_route.c - one route of the state file or the publisher's wire. What
 * is accepted is written again to the same octets (an older form: to octets
 * that are), and holds to the grammar of what may enter a table. What stands
 * behind it may be another, and whether they are the same does not depend on
 * which of them asks.
 */

#include <string.h>

#include "base/rc.h"
#include "base/str.h"
#include "core/view/rib.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 3000;

/* What it was read from, or the same once more. */
static void
again_look(const struct route *route, const uint8_t *p, size_t n)
{
	struct buf again = { 0 }, third = { 0 };
	struct route back;
	struct cur in;

	route_encode(&again, route);
	in = cur_over(again.p, again.n);
	FUZZ_CHECK(route_decode(&in, &back) == RC_OK && in.left == 0);
	FUZZ_CHECK(route_same_kept(route, &back));
	route_encode(&third, &back);
	FUZZ_CHECK(
	    third.n == again.n && memcmp(third.p, again.p, third.n) == 0);
	/* As long: of this form, so it was these octets. */
	if (again.n == n)
		FUZZ_CHECK(memcmp(again.p, p, n) == 0);
	else
		FUZZ_CHECK(again.n > n);
	route_done(&back);
	buf_done(&again);
	buf_done(&third);
}

static void
other_look(const struct route *route, struct cur in)
{
	struct route other;

	if (in.left == 0 || route_decode(&in, &other) != RC_OK)
		return;
	FUZZ_CHECK(route_same(route, &other) == route_same(&other, route));
	FUZZ_CHECK(
	    route_same_kept(route, &other) == route_same_kept(&other, route));
	FUZZ_CHECK(
	    !route_same_kept(route, &other) || route_same(route, &other));
	route_done(&other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	struct route route;

	if (route_decode(&in, &route) != RC_OK)
		return 0;
	FUZZ_CHECK(str_is_pattern(route.pattern));
	FUZZ_CHECK(route.nhops <= LIMIT_NEXT_HOPS);
	for (size_t i = 0; i < route.nhops; i++)
		FUZZ_CHECK(addr_is_hop(&route.hop[i].addr, true));
	for (const char *s = route.reason; s != NULL && *s != '\0'; s++)
		FUZZ_CHECK(*s >= ' ' && *s <= '~');
	FUZZ_CHECK(route.nclaims <= LIMIT_ROUTE_CLAIMS);
	for (size_t i = 0; i < route.nclaims; i++)
		FUZZ_CHECK(str_is_host(route.claims[i].server));
	again_look(&route, p, n - in.left);
	other_look(&route, in);
	route_done(&route);
	return 0;
}
