/*
 * fuzz_route.c - one route of the state file or the publisher's wire. What
 * is accepted is written again to the same octets, and holds to the grammar
 * of what may enter a table.
 */

#include <string.h>

#include "base/rc.h"
#include "base/str.h"
#include "core/rib.h"
#include "t/fuzz/fuzz.h"

const unsigned fuzz_runs = 3000;

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cur in = cur_over(p, n);
	struct buf again = { 0 };
	struct route route;

	if (route_decode(&in, &route) != RC_OK)
		return 0;
	FUZZ_CHECK(str_is_pattern(route.pattern));
	FUZZ_CHECK(route.nhops <= LIMIT_NEXT_HOPS);
	for (size_t i = 0; i < route.nhops; i++)
		FUZZ_CHECK(addr_is_hop(&route.hop[i].addr, true));
	for (const char *s = route.reason; s != NULL && *s != '\0'; s++)
		FUZZ_CHECK(*s >= ' ' && *s <= '~');
	route_encode(&again, &route);
	FUZZ_CHECK(again.n == n - in.left && memcmp(again.p, p, again.n) == 0);
	buf_done(&again);
	route_done(&route);
	return 0;
}
