#include "t/core/seat.h"

#include <check.h>

#include "base/rc.h"

void
seat_write(struct seat *seat, const struct rib *rib, const struct buf *net)
{
	struct mtable_history history = { .n = 0 };
	struct mtable_writer writer = { 0 };
	struct buf keys = { 0 }, route = { 0 };
	const struct mtable_mta mta = { .delimiters = "+" };
	struct mtable_annex annex;
	int rc;

	mtable_keys_encode(&keys, NULL, 0);
	mtable_annex_encode(
	    &seat->octets, (struct mtable_version){ 1, 1 }, &mta, &keys, net);
	rc = mtable_annex_decode(seat->octets.p, seat->octets.n, &annex);
	ck_assert_int_eq(rc, RC_OK);
	mtable_history_add(&history, annex.version, 1);
	for (size_t i = 0; i < rib->n; i++) {
		buf_reset(&route);
		route_encode(&route, &rib->routes[i]);
		ck_assert_int_eq(mtable_add(&writer, route.p, route.n), RC_OK);
	}
	mtable_end(&writer, &annex, &history, &seat->file);
	buf_done(&keys);
	buf_done(&route);
}
